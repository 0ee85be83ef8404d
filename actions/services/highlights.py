"""Temps forts: what a person may report, what becomes of it when it comes in, and what of it may be changed."""

from collections.abc import Iterable

from actions.models import Convention, FicheAction, Highlight, Review
from actions.services.plan import touch
from ctg.accounts.models import User
from territories.models import Commune, Theme
from territories.standing import standings


class Reporter:
    """What one person may do with the temps forts of a convention. The facts are read once."""

    def __init__(self, convention: Convention, user: User) -> None:
        self.user = user
        self.roles = [
            one
            for one in standings(user)
            if one.role == "coordinator" and one.organisation == convention.carrier_id
        ]
        fiches = FicheAction.objects.visible_to(user).of(convention).reportable_by(user).order_by()
        self.reported = {fiche.pk for fiche in fiches}
        self.edited = {fiche.pk for fiche in fiches if fiche.can_edit}

    def coordinates(self, themes: Iterable[Theme] = (), commune: Commune | None = None) -> bool:
        """Whether what belongs to no fiche is theirs: a scoped coordination shares a theme or the commune."""
        keys = {theme.pk for theme in themes}
        return any(
            one.is_whole or keys & set(one.themes) or (commune is not None and commune.pk in one.communes)
            for one in self.roles
        )

    def settle(self, highlight: Highlight, themes: Iterable[Theme]) -> None:
        """What comes in counts at once on one's own fiches; the rest is proposed to the coordination."""
        if highlight.fiche_id:
            accepted = highlight.fiche_id in self.reported
        else:
            accepted = self.coordinates(themes, highlight.commune)
        highlight.status = Review.ACCEPTED if accepted else Review.PROPOSED
        highlight.return_reason = ""

    def may_change(self, highlight: Highlight) -> bool:
        """The coordination; and its author, as long as it is not accepted or on a fiche of theirs."""
        if highlight.fiche_id:
            coordinates = highlight.fiche_id in self.edited
        else:
            coordinates = self.coordinates(highlight.themes.all(), highlight.commune)
        open_to_author = highlight.fiche_id in self.reported or highlight.status != Review.ACCEPTED
        return coordinates or (highlight.author_id == self.user.pk and open_to_author)


def reported(highlight: Highlight) -> None:
    """What was accepted is news of its fiche."""
    if highlight.fiche is not None and highlight.status == Review.ACCEPTED:
        touch(highlight.fiche)
