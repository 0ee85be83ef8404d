from typing import Any

from django import forms

from ctg.notices.models import Preferences


class MailsForm(forms.ModelForm):
    """What a person agrees to receive."""

    class Meta:
        model = Preferences
        fields = ["by_mail", "digest"]
        widgets = {"digest": forms.RadioSelect}
        help_texts = {
            "by_mail": (
                "Quand on s’adresse à vous, qu’on vous confie une fiche ou une décision, ou qu’un partenaire répond "
                "à votre demande : quelques minutes plus tard, regroupés, et seulement si vous ne les avez pas lus. "
                "Ils restent de toute façon dans « Avis »."
            ),
            "digest": (
                "Ce qui a changé sur vos fiches, ce que l’on attend de vous et les réunions à venir. Jamais le "
                "dimanche ni un jour férié, et jamais vide."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        digest: Any = self.fields["digest"]
        digest.choices = [(key, label.capitalize()) for key, label in Preferences.Digest.choices]
