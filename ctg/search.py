"""French full-text search without accents: the index of a table, and the words that a person looks for.

A table is searched by the expression of its own index, so that the two never part: `search_index` in its Meta,
`matching` in its queries.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import reduce
from html import escape, unescape
from operator import or_
from typing import Any, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchVector
from django.db.models import Expression, Func, IntegerField, Model, QuerySet
from django.db.models.lookups import Exact
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

M = TypeVar("M", bound=Model)

FRENCH = "french_unaccent"
# What is typed beyond that is not looked for: each word costs a search.
LONGEST, MOST_WORDS = 200, 6
# « par » begins too many words; « péri » is the beginning of one.
LEAST_BEGINNING = 4
# « périscolaire », « 1.2 », « co-construction ».
PIECE = r"[^\W_]+(?:[.-][^\W_]+)*"
# Words that say nothing, and that the dictionary of the database does not know for such.
TOO_COMMON = {
    *("a", "cet", "cette", "elles", "ils", "les", "leurs"),
    *("entre", "sans", "sous", "tous", "vers"),
}
START, STOP = "\ue000", "\ue001"  # private characters: no text holds them


def search_index(name: str, *columns: str) -> GinIndex:
    """The index of the words of a table, over these columns together."""
    return GinIndex(SearchVector(*columns, config=FRENCH), name=f"{name}_search")


def vector_of(model: type[Model]) -> Expression:
    """The words of a row: the expression of the index of its table."""
    index = next(one for one in model._meta.indexes if one.name.endswith("_search"))
    return index.expressions[0]


def bare(text: str) -> str:
    """Without accents, in lower case."""
    split = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    return "".join(letter for letter in split if not unicodedata.combining(letter)).lower()


@dataclass(frozen=True)
class Word:
    """Something to be found: the word in any of its forms, or what begins as it is typed."""

    typed: str

    @property
    def french(self) -> SearchQuery:
        return SearchQuery(self.typed, config=FRENCH, search_type="plain")

    @property
    def query(self) -> Any:
        if len(self.typed) < LEAST_BEGINNING or not self.typed.isalnum():
            return self.french
        return self.french | SearchQuery(f"{bare(self.typed)}:*", config="simple", search_type="raw")

    @property
    def is_empty(self) -> Exact:
        """« de », « la »: a word that French texts are not searched for."""
        return Exact(Func(self.french, function="numnode", output_field=IntegerField()), 0)


def words_of(typed: str) -> list[Word]:
    """The words to look for in what a person typed."""
    pieces = re.findall(PIECE, typed[:LONGEST])
    telling = [piece for piece in pieces if bare(piece) not in TOO_COMMON]
    return [Word(piece) for piece in (telling or pieces)[:MOST_WORDS]]


def matching(rows: QuerySet[M], query: Any) -> QuerySet[M]:
    """The rows that hold the words of a query."""
    found: Any = rows.alias(_words=vector_of(rows.model)).filter(_words=query)
    return found


def any_of(words: list[Word]) -> Any:
    return reduce(or_, (word.query for word in words))


def excerpt(text: Any, words: list[Word]) -> SearchHeadline:
    """A piece of a text around the words found in it; `marked` makes it fit to show."""
    look: Any = {"min_words": 8, "max_words": 20, "short_word": 0, "max_fragments": 1}
    return SearchHeadline(text, any_of(words), config=FRENCH, start_sel=START, stop_sel=STOP, **look)


def beginnings(found: str) -> set[str]:
    """The words that an excerpt marks, told apart by how they begin: « école » and « écoles » are one."""
    return {bare(word)[:5] for word in re.findall(f"{START}(.*?){STOP}", found)}


def marked(found: str) -> SafeString:
    """An excerpt for a page: its words in <mark>, whatever else it held made plain."""
    text = escape(" ".join(unescape(strip_tags(found)).split()))
    return mark_safe(text.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - escaped above
