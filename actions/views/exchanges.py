"""The words between members, and the files of a fiche."""

from typing import Any

from django.db.models import Func, TextField, Value
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from actions.access import COMMENT, MemberRequest, get_fiche
from actions.models import Document
from actions.services.comments import mentionable
from ctg.access import member
from ctg.files.responses import serve

SUGGESTED = 8


@member(COMMENT)
@require_safe
def mention_suggest(request: MemberRequest) -> HttpResponse:
    """The members whose name holds what follows an « @ » (`?q=`), as JSON: a list of {name, says}."""
    words = Func(
        Value(request.GET.get("q", "").replace("\x00", "").strip()[:60]),
        function="sort_key",
        output_field=TextField(),
    )
    key = Func("name", function="sort_key", output_field=TextField())
    members = mentionable(request.space).exclude(pk=request.user.pk).annotate(key=key)
    found = members.filter(key__contains=words)[:SUGGESTED]
    return JsonResponse([{"name": user.name, "says": user.function} for user in found], safe=False)


@member()
@require_safe
def document_read(request: MemberRequest, uuid: Any, row: Any) -> HttpResponseBase:
    """The file, for those who may read the document."""
    fiche = get_fiche(request, uuid)
    documents = Document.objects.visible_to(request.user).filter(fiche=fiche).select_related("stored")
    found = documents.filter(uuid=row).first()
    if found is None:
        raise Http404("Document inconnu")
    return serve(found.stored, found.title)
