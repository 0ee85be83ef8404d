"""The plan that comes back: sending the workbook, then deciding of what it changes."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from actions.forms.basis import BasisFields
from actions.importers.workbook.report import FILE, HERE
from actions.models import Convention, PlanWorkbook
from ctg.accounts.models import User
from ctg.files.kinds import kind_of
from ctg.refusal import Refused
from ctg.sheets import Limits

# Those whose formulas can be told from their values.
ACCEPTED = (".xlsx", ".ods")
MEGABYTES = Limits().size // 1_000_000


class WorkbookForm(forms.Form):
    """Cleaned to the name of the file and its bytes; what is in it is read in the background."""

    file = forms.FileField(
        label="Classeur",
        help_text=f"Le « Plan complet, modifiable » que vous avez changé. Excel ou LibreOffice, {MEGABYTES} Mo au plus.",
        widget=forms.FileInput(attrs={"accept": ",".join(ACCEPTED)}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )

    def clean_file(self) -> tuple[str, bytes]:
        file: UploadedFile = self.cleaned_data["file"]
        name = file.name or ""
        if PurePath(name).suffix.lower() not in ACCEPTED:
            raise forms.ValidationError("Envoyez un classeur Excel (.xlsx) ou LibreOffice (.ods).")
        if (file.size or 0) > Limits().size:
            raise forms.ValidationError(f"Ce fichier pèse plus de {MEGABYTES} Mo.")
        content = file.read()
        try:
            kind_of(name, content)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused
        return name, content


class WorkbookApplyForm(BasisFields):
    """One choice a conflict, and one basis for the whole."""

    def __init__(
        self, *args: Any, convention: Convention, user: User, sent: PlanWorkbook, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.convention, self.asked = convention, sent.report["conflicts"]
        for place in range(len(self.asked)):
            self.fields[f"conflict_{place}"] = forms.ChoiceField(
                label="Ce qui doit rester",
                choices=[(HERE, "Garder ce qui est enregistré"), (FILE, "Prendre ce que dit le classeur")],
                widget=forms.RadioSelect,
                error_messages={"required": "Choisissez ce qui doit rester."},
            )
        if sent.report["asks_basis"]:
            self.ask_basis(user)

    @property
    def questions(self) -> list[tuple[dict[str, Any], forms.BoundField]]:
        """Each conflict with its choice."""
        return [(conflict, self[f"conflict_{place}"]) for place, conflict in enumerate(self.asked)]

    @property
    def decisions(self) -> dict[str, str]:
        return {
            conflict["key"]: self.cleaned_data[f"conflict_{place}"]
            for place, conflict in enumerate(self.asked)
        }
