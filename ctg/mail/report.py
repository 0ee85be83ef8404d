"""What became of mailings, for a screen: `{% include "mail/report.html" with report=… resend_url=… %}`."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F, Max, Min, Window
from django.db.models.functions import RowNumber

from ctg.mail.models import MARKS, Envelope, State

# Rows listed for one batch: beyond, the counts tell.
SHOWN = 100
# In the order in which they are said: what a person should look at comes after what went well.
WORDS = {
    State.SENT: "envoyé",
    State.REFUSED: "refusé",
    State.UNCERTAIN: "incertain",
    State.SENDING: "en cours d’envoi,en cours d’envoi",
    State.WAITING: "en attente,en attente",
    State.CANCELLED: "annulé",
}


@dataclass
class Report:
    """One batch: how many in each state, the rows refused or uncertain, and why the rest waits."""

    batch: str = ""
    counts: dict[State, int] = field(default_factory=dict)
    troubles: list[Envelope] = field(default_factory=list)
    reason: str = ""
    next_try_at: datetime | None = None

    @property
    def parts(self) -> list[tuple[tuple[str, str], int, str]]:
        """Mark, number and words of each state that occurs."""
        return [
            (MARKS[state], self.counts[state], words)
            for state, words in WORDS.items()
            if state in self.counts
        ]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_over(self) -> bool:
        return not {State.WAITING, State.SENDING} & self.counts.keys()

    @property
    def uncertain(self) -> int:
        return self.counts.get(State.UNCERTAIN, 0)

    @property
    def unlisted(self) -> int:
        """Refused or uncertain rows beyond those listed."""
        return self.counts.get(State.REFUSED, 0) + self.uncertain - len(self.troubles)


def report(batches: Collection[str]) -> dict[str, Report]:
    """A report for each batch, an empty one for what was never sent: two queries, whatever their number."""
    reports = {batch: Report(batch) for batch in batches}
    envelopes = Envelope.objects.filter(batch__in=batches)
    states = envelopes.order_by().values("batch", "state")
    for row in states.annotate(number=Count("pk"), next=Min("next_try_at"), reason=Max("detail")):
        found = reports[row["batch"]]
        found.counts[State(row["state"])] = row["number"]
        if row["state"] == State.WAITING:
            found.next_try_at, found.reason = row["next"], row["reason"]
    place = Window(RowNumber(), partition_by="batch", order_by=F("pk").asc())
    troubles = envelopes.filter(state__in=[State.REFUSED, State.UNCERTAIN]).annotate(place=place)
    for envelope in troubles.filter(place__lte=SHOWN).order_by("pk"):
        reports[envelope.batch].troubles.append(envelope)
    return reports
