"""A file put on a fiche."""

from pathlib import PurePath
from typing import Any

from actions.forms.parts import PartForm
from actions.models import Document
from ctg.files.forms import StoredFileField
from ctg.files.services import store


class DocumentForm(PartForm):
    """A new document brings its file; later only its title and who reads it change."""

    upload = StoredFileField(label="Fichier")
    beside = (*PartForm.beside, "upload")

    class Meta:
        model = Document
        fields = ["title", "is_confidential"]
        help_texts = {"title": "Vide : le nom du fichier."}

    field_order = ["upload", "title", "is_confidential"]

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user

    def narrow(self) -> None:
        if self.instance.pk is None:
            self.fields["title"].required = False
        else:
            del self.fields["upload"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("title") and (upload := cleaned.get("upload")):
            cleaned["title"] = PurePath(upload.name).stem[:200] or "document"
        return cleaned

    def _create(self) -> bool:
        self.instance.title = self.cleaned_data["title"]
        self.instance.stored = store(self.cleaned_data["upload"])
        return super()._create()
