"""The history of the trial, spread over the years: triggers stamp the present, the trial tells a past."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

OFFICE_HOURS = time(10, 0)


def moment(day: date) -> datetime:
    """A moment of that day, in office hours."""
    return timezone.make_aware(datetime.combine(day, OFFICE_HOURS))


class Timeline:
    """When each row was created, then changed, in the order in which it is written."""

    def __init__(self) -> None:
        self._moments: dict[type[Model], dict[Any, list[datetime]]] = defaultdict(lambda: defaultdict(list))

    def at(self, row: Model, day: date) -> None:
        """The next event of this row happened that day."""
        self._moments[type(row)][row.pk].append(moment(day))

    def write(self) -> int:
        """Backdate the events, one query to read and a few to write for each model; how many there were.

        Events of one row keep their order: a minute apart when they are of the same day.
        """
        count = 0
        for model, by_row in self._moments.items():
            events: Any = model._meta.get_field("events").related_model
            rows = list(
                events._default_manager.filter(pgh_obj_id__in=by_row).order_by("pgh_obj_id", "pgh_id")
            )
            ranks: dict[Any, int] = defaultdict(int)
            for event in rows:
                moments, rank = by_row[event.pgh_obj_id], ranks[event.pgh_obj_id]
                event.pgh_created_at = moments[min(rank, len(moments) - 1)] + timedelta(minutes=rank)
                ranks[event.pgh_obj_id] += 1
            events._default_manager.bulk_update(rows, ["pgh_created_at"], batch_size=500)
            count += len(rows)
        return count
