"""A file in a form: refused beside its field, stored only once the whole form is right."""

from typing import Any

from django import forms

from ctg.files.kinds import MEDIA_TYPES, kind_of
from ctg.files.services import MAX_BYTES
from ctg.refusal import Refused

ACCEPTED = ",".join(f".{extension}" for extension in MEDIA_TYPES)


class StoredFileField(forms.FileField):
    """Cleaned to the upload itself, once its size and its bytes were looked at; the view stores it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ACCEPTED}))
        kwargs.setdefault(
            "help_text", "15 Mo au plus : PDF, Word, Excel, PowerPoint, LibreOffice, image ou texte."
        )
        super().__init__(**kwargs)
        self.error_messages |= {"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."}

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if not data:
            return upload
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError("Ce fichier pèse plus de 15 Mo : envoyez-en une version plus légère.")
        try:
            kind_of(upload.name, upload.read())
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused
        finally:
            upload.seek(0)
        return upload
