from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from ctg.mail.models import Envelope

# One statement, committed by itself: two workers never take the same row, and neither waits for the other.
TAKE = """
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


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    def due(self) -> "EnvelopeQuerySet":
        """Waiting, and their time has come."""
        return self.filter(state="waiting", next_try_at__lte=timezone.now())

    def take(self, batch: str, job_key: int) -> "Envelope | None":
        """The next due row of the batch, already `sending` for everybody; None when there is none."""
        values = {"batch": batch, "job_key": job_key, "now": timezone.now()}
        return next(iter(self.raw(TAKE, values)), None)
