"""Words looked for in the fiches of a plan, wherever they stand: in the fiche, its steps, its partners, its notes…

Each word must be found in the fiche, but not all in one place: « jeunes altkirch » finds a fiche on the young
with a step in Altkirch. A reader is told why a fiche was found, and finds nothing in what is confidential.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import NullIf
from django.utils.safestring import SafeString

from actions.models import FicheAction
from ctg.accounts.models import User
from ctg.search import LONGEST, Word, any_of, beginnings, excerpt, marked, matching, words_of

# For how many fiches the reason is looked for: beyond, the words are too common to tell anything.
EXPLAINED = 60


def together(columns: Iterable[str]) -> Func:
    """Columns as one text."""
    filled = [NullIf(column, Value("")) for column in columns]
    return Func(Value(" · "), *filled, function="CONCAT_WS", output_field=TextField())


@dataclass(frozen=True)
class Source:
    """Rows that hang on a fiche and hold words. `through`: what they point to holds them."""

    said: str
    model: str
    columns: tuple[str, ...]
    through: str = ""

    def found(self, query: Any, user: User) -> QuerySet[Any]:
        """The rows that hold the words, among those that the user may read."""
        rows = apps.get_model("actions", self.model)._default_manager.all()
        if self.model == "ProgressNote":
            rows = rows.visible_to(user)
        elif self.model == "Highlight":
            rows = rows.shown_to(user).exclude(fiche=None)
        if not self.through:
            return matching(rows, query).order_by()
        named: type[Model] = rows.model._meta.get_field(self.through).related_model
        return rows.filter(
            **{f"{self.through}__in": matching(named._default_manager.order_by(), query)}
        ).order_by()

    @property
    def text(self) -> Any:
        path = f"{self.through}__" if self.through else ""
        return together(f"{path}{column}" for column in self.columns)


# In the order in which a reason is given.
SOURCES = (
    Source("porteur", "FicheLead", ("name", "short_name"), "organisation"),
    Source("porteur", "FicheLead", ("label",)),
    Source("pilote", "FichePilot", ("name", "function"), "contact"),
    Source("partenaire", "FichePartner", ("name", "short_name"), "organisation"),
    Source("partenaire", "FichePartner", ("label",)),
    Source("dans l’étape", "Step", ("title", "details")),
    Source("dans l’objectif", "Objective", ("text", "details")),
    Source("dans l’indicateur", "Indicator", ("label", "target_words")),
    Source("dans le temps fort", "Highlight", ("title", "text")),
    Source("dans le point d’étape", "ProgressNote", ("text",)),
)
TITLE, OWN = -1, "dans la fiche"
OWN_TEXTS = (
    "public_cible",
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
    "participation_words",
    "echeancier",
    "status_reason",
)


@dataclass(frozen=True)
class Reason:
    """Where the words were found: « dans l’étape », and the words around."""

    said: str
    text: SafeString


def search(
    fiches: QuerySet[FicheAction], typed: str, user: User, within: Sequence[int] | None = None
) -> QuerySet[FicheAction]:
    """Those of these fiches that hold every word typed, or whose title holds it all as it was typed.

    `within`: the keys of the conventions that they are of; None for all.
    """
    words = words_of(typed)
    if not words:
        return fiches.none() if typed.strip() else fiches
    every = Q()
    for word in words:
        every &= Q(word.is_empty) | Q(pk__in=_holders(word, user, within))
    title = Func(Value(typed.strip()[:LONGEST]), function="sort_key", output_field=TextField())
    return fiches.filter(Q(sort_title__contains=title) | every)


def _holders(word: Word, user: User, within: Sequence[int] | None) -> QuerySet[Any]:
    """The keys of the fiches that hold a word."""
    own = matching(FicheAction.objects.order_by(), word.query)
    hung = [source.found(word.query, user) for source in SOURCES]
    if within is not None:
        own = own.filter(convention__in=within)
        hung = [rows.filter(fiche__convention__in=within) for rows in hung]
    return own.values("pk").union(*(rows.values("fiche") for rows in hung), all=True)


def explain(keys: Sequence[int], typed: str, user: User) -> dict[int, list[Reason]]:
    """Why each of these fiches was found, in one query; nothing for those whose title tells it all."""
    words = words_of(typed)
    if not words or not keys:
        return {}
    query, few = any_of(words), list(keys[:EXPLAINED])
    own = matching(FicheAction.objects.filter(pk__in=few).order_by(), query)
    arms = [
        own.values_list("pk", Value(TITLE), excerpt(together(["number", "title"]), words)),
        *(
            source.found(query, user)
            .filter(fiche__in=few)
            .values_list("fiche", Value(rank), excerpt(source.text, words))
            for rank, source in enumerate(SOURCES)
        ),
        own.values_list("pk", Value(len(SOURCES)), excerpt(together(OWN_TEXTS), words)),
    ]
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for key, rank, text in sorted(arms[0].union(*arms[1:], all=True)):
        found[key].append((rank, text))
    return {key: _told(texts, len(words)) for key, texts in found.items()}


def _told(texts: Iterable[tuple[int, str]], most: int) -> list[Reason]:
    """The first places that together hold the words, the title apart."""
    seen: set[str] = set()
    reasons = []
    for rank, text in texts:
        new = beginnings(text) - seen
        if new and len(seen) < most:
            seen |= new
            if rank != TITLE:
                said = SOURCES[rank].said if rank < len(SOURCES) else OWN
                reasons.append(Reason(said, marked(text)))
    return reasons
