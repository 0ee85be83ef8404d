"""What is written to partners without an account: what they are asked, and what comes back to them."""

from actions.models import ContributionLink, Highlight, Measurement, ProgressNote, Review
from actions.rules.periods import label
from ctg.accounts.models import User
from ctg.mail import absolute, send
from ctg.templatetags.ui import date_long
from territories.models import Contact


def address_of(contact: Contact) -> str:
    """Where one writes to somebody; empty when nobody has said."""
    return contact.email or (contact.user.email if contact.user else "")


def page_of(token: str) -> str:
    """The page that a token opens, as a mail gives it or a person copies it."""
    return absolute("actions:contribute", token)


def ask(asked: ContributionLink, token: str, *, by: User | None) -> None:
    """What is asked of them, by whom, until when."""
    _write("contribution", asked, token, "votre contribution", by=by)


def say_returned(asked: ContributionLink, token: str, *, by: User | None) -> None:
    """What is to be taken up again, each with its reason."""
    _write("returned", asked, token, "à revoir", by=by, returned=returned_to(asked))


def returned_to(asked: ContributionLink) -> list[tuple[str, str]]:
    """What waits for its sender, with the reason why it came back."""
    back = {"via": asked, "status": Review.RETURNED}
    values = Measurement.objects.filter(**back).select_related("indicator").order_by("pk")
    notes = ProgressNote.objects.filter(**back).order_by("pk")
    return [
        *(
            (f"{one.indicator}, {label(one.period_start, one.period_end)}", one.return_reason)
            for one in values
        ),
        *((f"Point d’étape du {date_long(one.date)}", one.return_reason) for one in notes),
        *((one.title, one.return_reason) for one in Highlight.objects.filter(**back).order_by("pk")),
    ]


def _write(
    template: str, asked: ContributionLink, token: str, what: str, *, by: User | None, **more: object
) -> None:
    convention = asked.convention
    send(
        f"actions/mail/{template}.txt",
        {"asked": asked, "convention": convention, "link": page_of(token), "by": by} | more,
        to=address_of(asked.contact),
        subject=f"CTG {convention.of_place} : {what}",
    )
