"""What becomes of a pack once it is made."""

from django.db import transaction
from django.utils import timezone

from ctg.refusal import Refused
from governance.models import Meeting, Pack


@transaction.atomic
def share_pack(pack: Pack) -> Pack:
    """Members read it from now on. Raises Refused before they know of the meeting: it shows the agenda."""
    pack = Pack.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=pack.pk)
    if not Meeting.objects.filter(Meeting.objects.announced(), pk=pack.meeting_id).exists():
        raise Refused("Convoquez d’abord la réunion : le dossier montre son ordre du jour.")
    if pack.shared_at is None:
        pack.shared_at = timezone.now()
        pack.save(update_fields=["shared_at"])
    return pack
