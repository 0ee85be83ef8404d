from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.utils import timezone

if TYPE_CHECKING:
    from ctg.mail.models import Envelope

# One statement, committed by itself: what became of the last row is written as the next one is taken. Two workers
# never take the same row, and neither waits for the other. A row that a person asked for again meanwhile has one
# attempt more: it is left alone.
SETTLE_AND_TAKE = """
WITH settled AS (
    UPDATE mail_envelope
    SET state = %(state)s, detail = %(detail)s, subject = %(subject)s, job_key = NULL,
        next_try_at = %(next_try_at)s, settled_at = %(settled_at)s
    WHERE id = %(pk)s AND attempts = %(attempts)s
)
UPDATE mail_envelope
SET state = 'sending', job_key = %(job_key)s, attempts = attempts + 1, sending_at = %(now)s,
    next_try_at = NULL, detail = ''
WHERE id = (
    SELECT id FROM mail_envelope
    WHERE batch = %(batch)s AND state = 'waiting' AND next_try_at <= %(now)s
    ORDER BY next_try_at, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING *
"""


# A host takes so many letters a minute, of all batches together. Those of this batch that are due by `start` are
# put behind those already planned for their host; the first minute's worth leaves at once.
SPREAD = """
WITH due AS (
    SELECT id, host, count(*) OVER hosts AS number, row_number() OVER (hosts ORDER BY next_try_at, id) AS place
    FROM (
        SELECT id, next_try_at, lower(split_part(address, '@', -1)) AS host FROM mail_envelope
        WHERE batch = %(batch)s AND state = 'waiting' AND next_try_at <= %(start)s
    ) AS addressed
    WINDOW hosts AS (PARTITION BY host)
), hosts AS (
    INSERT INTO mail_host (name, taken_until)
    SELECT host, %(start)s + max(number) * %(each)s FROM due GROUP BY host ORDER BY host
    ON CONFLICT (name) DO UPDATE
    SET taken_until = GREATEST(mail_host.taken_until, %(start)s) + (EXCLUDED.taken_until - %(start)s)
    RETURNING name, taken_until
), planned AS (
    SELECT id, taken_until - (number - place) * %(each)s - interval '1 minute' AS at
    FROM due JOIN hosts ON name = host
)
UPDATE mail_envelope SET next_try_at = at, detail = %(detail)s
FROM planned WHERE mail_envelope.id = planned.id AND at > %(start)s AND state = 'waiting'
"""


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    def due(self) -> "EnvelopeQuerySet":
        """Waiting, and their time has come."""
        return self.filter(state="waiting", next_try_at__lte=timezone.now())

    def take(self, batch: str, job_key: int, settled: "Envelope | None" = None) -> "Envelope | None":
        """The next due row of the batch, already `sending` for everybody; None when there is none. The row `settled`
        is written as it now is.
        """
        of_settled = ("pk", "attempts", "state", "detail", "subject", "next_try_at", "settled_at")
        values = {name: getattr(settled, name, None) for name in of_settled}
        values |= {"batch": batch, "job_key": job_key, "now": timezone.now()}
        with connections[self.db].cursor() as cursor:
            cursor.execute(SETTLE_AND_TAKE, values)
            row, names = cursor.fetchone(), [column.name for column in cursor.description]
        return self.model.from_db(self.db, names, row) if row else None

    def spread(self, batch: str, start: datetime, *, pace: int, detail: str) -> None:
        """Give the due rows of the batch their time from `start` on: at most `pace` a minute to one host, 0 for no
        limit. `detail` says why they wait.
        """
        if not pace:
            return
        each = timedelta(minutes=1) / pace
        values: Any = {"batch": batch, "start": start, "each": each, "detail": detail}
        with connections[self.db].cursor() as cursor:
            cursor.execute(SPREAD, values)

    def cancel(self) -> int:
        """Of these, those that have not left will not. Returns how many."""
        waiting = self.filter(state="waiting")
        return waiting.update(state="cancelled", next_try_at=None, settled_at=timezone.now())
