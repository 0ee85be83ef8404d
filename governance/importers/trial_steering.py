"""Committees, posts, meetings and weather: what the documents tell, then what is made up beside it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from actions.models import Indicator
from ctg.accounts.models import User
from governance.importers.trial_files import Table, TrialError
from governance.importers.trial_history import moment
from governance.importers.trial_people import found
from governance.importers.trial_plan import Load
from governance.models import (
    AgendaItem,
    Attendance,
    Committee,
    CooperationPost,
    Decision,
    Meeting,
    Seat,
    Weather,
)


def load_steering(load: Load) -> None:
    committees = load_committees(load)
    load_posts(load)
    for rank, (row, is_fictitious) in enumerate(both(load, "meeting"), 1):
        load_meeting(load, rank, row, committees, is_fictitious=is_fictitious)
    for rank, row in enumerate(load.files.made_up.get("subject", []), 1):
        load_subject(load, rank, row, committees)
    for rank, row in enumerate(load.files.made_up.get("weather", []), 1):
        load_weather(load, rank, row)
    load_feeds(load)


def both(load: Load, name: str) -> Iterator[tuple[Table, bool]]:
    """The rows of the document, then those made up; each with whether it is."""
    yield from ((row, False) for row in load.files.plan.get(name, []))
    yield from ((row, True) for row in load.files.made_up.get(name, []))


def completed(load: Load, name: str) -> Iterator[tuple[Table, bool]]:
    """By their key: the rows of the document with what is made up for them, then those made up whole."""
    made_up = {row["key"]: row for row in load.files.made_up.get(name, [])}
    for row in load.files.plan.get(name, []):
        beside = made_up.pop(row["key"], {})
        if clash := (row.keys() & beside.keys()) - {"key"}:
            raise TrialError(f"{load.files.slug}.fictif.toml, {row['key']} : déjà dit : {', '.join(clash)}.")
        yield row | beside, False
    yield from ((row, True) for row in made_up.values())


def account(load: Load, key: str | None) -> User:
    user = load.directory.contact(key).user if key else None
    return user or load.coordinator


# --- Committees and posts -------------------------------------------------------------------------
def load_committees(load: Load) -> dict[str, Committee]:
    """By key. Their members are always made up."""
    committees = {}
    for row, is_fictitious in completed(load, "committee"):
        committee = Committee.objects.create(
            uuid=load.uuid("committee", row["key"]),
            convention=load.convention,
            kind=row["kind"],
            name=row["name"],
            purpose=row.get("purpose", ""),
            per_year=row.get("per_year"),
            inhabitants=row.get("inhabitants"),
            is_fictitious=is_fictitious,
        )
        committee.themes.set(load.themes(row))
        load.timeline.at(committee, load.since)
        committees[row["key"]] = committee
        for rank, line in enumerate(row.get("seats", []), 1):
            seat = Seat.objects.create(
                uuid=load.uuid("committee", row["key"], "seat", rank),
                committee=committee,
                contact=load.directory.contact(line["person"]),
                quality=line["quality"],
                is_president=line.get("president", False),
                is_substitute=line.get("substitute", False),
                is_fictitious=True,
            )
            load.timeline.at(seat, load.since)
    return committees


def load_posts(load: Load) -> None:
    """A post of the document is fictitious too once its state or its hours are made up."""
    made_up = {row["key"] for row in load.files.made_up.get("post", [])}
    for row, _ in completed(load, "post"):
        post = CooperationPost.objects.create(
            uuid=load.uuid("post", row["key"]),
            convention=load.convention,
            title=row["title"],
            employer=load.directory.organisation(row["employer"]) if "employer" in row else None,
            scope=row["scope"],
            etp=Decimal(str(row["etp"])) if "etp" in row else None,
            cofunding=row.get("cofunding", ""),
            state=row["state"],
            holder=load.directory.contact(row["holder"]) if "holder" in row else None,
            missions=row.get("missions", ""),
            trainings=row.get("trainings", ""),
            is_fictitious=row["key"] in made_up,
        )
        post.themes.set(load.themes(row))
        load.timeline.at(post, load.since)


# --- Meetings -------------------------------------------------------------------------------------
def load_meeting(
    load: Load, rank: int, row: Table, committees: dict[str, Committee], *, is_fictitious: bool
) -> None:
    """In the state that it is in. One that the document tells of was held, whether it gives its day or not."""
    state = row.get("state", Meeting.State.CLOSED)
    held_on = row.get("date") or load.since
    prepared_on = row.get("prepared_on") or held_on
    meeting = Meeting.objects.create(
        uuid=load.uuid("meeting", rank),
        convention=load.convention,
        committee=found(committees, row["committee"], "instance") if "committee" in row else None,
        state=state,
        president=load.directory.contact(row["president"]) if "president" in row else None,
        author=load.coordinator,
        created_at=moment(prepared_on),
        is_fictitious=is_fictitious,
        **moments(row, held_on),
        **{
            name: row[name]
            for name in (
                *("kind", "title", "date", "year", "date_words", "starts_at", "ends_at", "place"),
                *("message", "cancel_reason", "notes", "people"),
            )
            if name in row
        },
    )
    day = held_on if state == Meeting.State.CLOSED else prepared_on
    load.timeline.at(meeting, day)
    load_attendances(load, meeting, row, day)
    items = [load_item(load, meeting, place, line) for place, line in enumerate(row.get("item", []))]
    for place, line in enumerate(row.get("decision", [])):
        load_decision(load, meeting, place, line, items)


def moments(row: Table, held_on: date) -> dict[str, Any]:
    """When it went from one state to the next, and its minutes."""
    state = row.get("state", Meeting.State.CLOSED)
    values: dict[str, Any] = {"minutes_state": row.get("minutes", Meeting.Minutes.DRAFT)}
    for name in ("convened", "cancelled", "minutes_sent", "minutes_approved"):
        if day := row.get(f"{name}_on"):
            values[f"{name}_at"] = moment(day)
    if state == Meeting.State.CLOSED:
        values["closed_at"] = moment(held_on)
    return values


def load_attendances(load: Load, meeting: Meeting, row: Table, day: date) -> None:
    """Those who sit on its committee, with what each said; those who said nothing came, if it was held."""
    if meeting.committee is None or not meeting.is_fictitious:
        return
    said = {line["person"]: line for line in row.get("attendance", [])}
    by_contact = {load.directory.contact(key).pk: line for key, line in said.items()}
    silent = Attendance.Presence.PRESENT if meeting.state == Meeting.State.CLOSED else ""
    rows = []
    for seat in meeting.committee.seats.current():
        line = by_contact.get(seat.contact_id, {})
        answer = line.get("answer", "")
        rows.append(
            Attendance(
                uuid=load.uuid("meeting", meeting.uuid, "attendance", seat.uuid),
                meeting=meeting,
                contact_id=seat.contact_id,
                quality=seat.quality,
                answer=answer,
                answered_at=moment(line["on"]) if answer else None,
                represented_by=line.get("represented_by", ""),
                words=line.get("words", ""),
                presence=answer if answer and silent else silent,
                is_fictitious=True,
            )
        )
    for attendance in Attendance.objects.bulk_create(rows):
        load.timeline.at(attendance, day)


def load_item(load: Load, meeting: Meeting, place: int, row: Table) -> AgendaItem:
    item = AgendaItem.objects.create(
        uuid=load.uuid("meeting", meeting.uuid, "item", place),
        convention=load.convention,
        meeting=meeting,
        position=place,
        author=load.coordinator,
        created_at=meeting.created_at,
        is_fictitious=True,
        **item_values(row),
    )
    furnish_item(load, item, row)
    return item


def item_values(row: Table) -> dict[str, Any]:
    names = ("title", "text", "minutes", "presenter", "asks_decision", "outcome", "notes")
    return {name: row[name] for name in names if name in row}


def furnish_item(load: Load, item: AgendaItem, row: Table) -> None:
    item.fiches.set([found(load.fiches, number, "fiche") for number in row.get("fiches", [])])
    for place, line in enumerate(row.get("options", [])):
        option = item.options.create(
            uuid=load.uuid("item", item.uuid, "option", place), position=place, **line
        )
        load.timeline.at(option, item.created_at.date())
    load.timeline.at(item, item.created_at.date())


def load_decision(load: Load, meeting: Meeting, place: int, row: Table, items: list[AgendaItem]) -> None:
    """`item` and `option` count from 1. What it changed in the plan is in the history of the fiche."""
    item = items[row["item"] - 1] if "item" in row else None
    option = list(item.options.all())[row["option"] - 1] if item and "option" in row else None
    assert meeting.date is not None
    decision = Decision.objects.create(
        uuid=load.uuid("meeting", meeting.uuid, "decision", place),
        convention=load.convention,
        meeting=meeting,
        item=item,
        option=option,
        responsible=load.directory.contact(row["responsible"]) if "responsible" in row else None,
        position=place,
        author=load.coordinator,
        created_at=moment(meeting.date),
        is_fictitious=True,
        **{
            name: row[name]
            for name in ("text", "kind", "due_on", "state", "state_words", "done_on")
            if name in row
        },
    )
    load.timeline.at(decision, meeting.date)
    for line in row.get("effects", []):
        effect = decision.effects.create(
            fiche=found(load.fiches, line["fiche"], "fiche"),
            status=line.get("status", ""),
            applied_at=moment(meeting.date) if "status" in line else None,
        )
        load.timeline.at(effect, meeting.date)


def load_subject(load: Load, rank: int, row: Table, committees: dict[str, Committee]) -> None:
    """A subject that waits for a meeting."""
    item = AgendaItem.objects.create(
        uuid=load.uuid("subject", rank),
        convention=load.convention,
        committee=found(committees, row["committee"], "instance"),
        position=rank,
        author=account(load, row.get("author")),
        created_at=moment(row["on"]),
        is_fictitious=True,
        **item_values(row),
    )
    furnish_item(load, item, row)


# --- Weather and cadences -------------------------------------------------------------------------
def load_weather(load: Load, rank: int, row: Table) -> None:
    weather = Weather.objects.create(
        uuid=load.uuid("weather", rank),
        convention=load.convention,
        axe=found(load.axes, row["axe"], "axe") if "axe" in row else None,
        level=row["level"],
        text=row["text"],
        date=row["date"],
        published_at=moment(row["date"]),
        author=load.coordinator,
        is_fictitious=True,
    )
    load.timeline.at(weather, row["date"])


def load_feeds(load: Load) -> None:
    """The indicators that count held meetings by themselves."""
    for row in load.files.made_up.get("feed", []):
        indicator = Indicator.objects.get(
            uuid=load.uuid("fiche", row["fiche"], "indicator", row["indicator"])
        )
        indicator.fed_by, indicator.fed_from = row["source"], row["from"]
        indicator.save(update_fields=["fed_by", "fed_from"])
        load.timeline.at(indicator, row["from"])
