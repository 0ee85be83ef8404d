"""A convention comes to be, is prolonged, wears a logo."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import pghistory
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, Subquery
from django.utils import timezone
from django.utils.text import slugify

from actions.models import Avenant, Convention, Signatory
from actions.services.plan import changing, next_position
from ctg.accounts.models import User
from ctg.refusal import Refused
from territories import services as people
from territories.models import Commune, Epci, Membership, Organisation, Role

SLUG_LENGTH = Convention._meta.get_field("slug").max_length or 80
# What may be prolonged: in force, or over; not what is still being written, replaced or broken off.
PROLONGABLE = (Convention.Status.EN_VIGUEUR, Convention.Status.PROLONGEE, Convention.Status.ECHUE)


@dataclass(frozen=True)
class Draft:
    """What is asked to create a convention. `carrier`: an organisation, or the place it is to be made from."""

    name: str
    territory_name: str
    caf: Organisation
    carrier: Organisation | Epci | Commune
    epci: Epci | None
    communes: Iterable[Commune]
    period_start: date
    period_end: date
    previous: Convention | None = None
    # Who signs: "caf", "carrier", "communes".
    signatories: Iterable[str] = ("caf", "carrier")
    coordinator_name: str = ""
    coordinator_email: str = ""
    # Of this perimeter, and the new one was asked all the same.
    beside: Iterable[Convention] = ()


def may_create(user: User) -> bool:
    """Members of a Caf, and the administrator."""
    return user.is_staff or Membership.objects.active().filter(user=user, role=Role.CAF).exists()


def has_coordination(carrier: Organisation) -> bool:
    """Whether somebody coordinates for that carrier already: they then coordinate its new convention too."""
    members = Membership.objects.active().filter(organisation=carrier, role=Role.COORDINATOR)
    return members.filter(themes=None, communes=None, user__is_active=True).exists()


@transaction.atomic
def create_convention(draft: Draft, *, by: User) -> Convention:
    """Create the convention with its signatories and invite its first coordinator. Raises Refused.

    Two creations of one Caf wait for each other: the second sees the first.
    """
    caf = Organisation.objects.select_for_update().get(pk=draft.caf.pk)
    if caf.kind != Organisation.Kind.CAF or not (by.is_staff or people.is_agent_of(by, caf)):
        raise Refused("Vous ne créez de convention que pour votre Caf.", "caf")
    carrier = (
        draft.carrier if isinstance(draft.carrier, Organisation) else people.organisation_of(draft.carrier)
    )
    require_allowed(draft, caf, carrier, by)
    with pghistory.context(user=by.pk):
        convention = save_with_slug(
            Convention(
                name=draft.name,
                territory_name=draft.territory_name,
                caf=caf,
                carrier=carrier,
                epci=draft.epci,
                period_start=draft.period_start,
                period_end=draft.period_end,
                previous=draft.previous,
            )
        )
        communes = list(draft.communes)
        convention.communes.set(communes)
        add_signatories(convention, signing(draft, caf, carrier, communes))
    # Whoever coordinates for the carrier already does so here: nobody else is put above them.
    if draft.coordinator_email and not has_coordination(carrier):
        try:
            invited = people.invite_member(
                carrier,
                email=draft.coordinator_email,
                name=draft.coordinator_name,
                role=Role.COORDINATOR,
                by=by,
                subject_url=convention.get_absolute_url(),
            )
        except Refused as refused:
            raise Refused(str(refused), "coordinator_email") from refused
        if not people.is_global(invited):
            raise Refused("Cette personne ne coordonne qu’une partie du plan.", "coordinator_email")
    return convention


def require_allowed(draft: Draft, caf: Organisation, carrier: Organisation, by: User) -> None:
    """What a new convention may not be: carried by a Caf, a second one by oversight, far away, without a head."""
    if carrier.kind == Organisation.Kind.CAF:
        raise Refused("Une Caf ne porte pas de convention : choisissez la collectivité.", "carrier")
    if twin := twin_of(draft, carrier):
        raise Refused(
            f"« {twin} » couvre déjà ce territoire du {twin.period_start:%d/%m/%Y} au {twin.period_end:%d/%m/%Y}.",
            "period_start",
        )
    known = {convention.pk for convention in draft.beside}
    if any(convention.pk not in known for convention in neighbours(draft, by)):
        raise Refused("Une convention couvre déjà ce périmètre.", "beside")
    require_near(draft, caf, by)
    if not has_coordination(carrier):
        require_own(carrier, caf, by)
    if not draft.coordinator_email and not has_coordination(carrier):
        raise Refused("Nommez la première personne chargée de la coordination.", "coordinator_email")


def require_near(draft: Draft, caf: Organisation, by: User) -> None:
    """A Caf makes conventions in its département. An EPCI may lie across two."""
    if by.is_staff or caf.departement_id is None:
        return
    communes = list(draft.epci.communes.all()) if draft.epci is not None else []
    communes = communes or list(draft.communes)
    if communes and caf.departement_id not in {commune.departement_id for commune in communes}:
        raise Refused("Ce territoire n’est pas du département de cette Caf.", "caf")


def require_own(carrier: Organisation, caf: Organisation, by: User) -> None:
    """Its first coordination would read the convention of the other Caf as well."""
    if not by.is_staff and Convention.objects.filter(carrier=carrier).exclude(caf=caf).exists():
        raise Refused(
            "Cette collectivité porte déjà une convention avec une autre Caf : sa coordination est "
            "nommée par l’administration du site.",
            "coordinator_email",
        )


def twin_of(draft: Draft, carrier: Organisation) -> Convention | None:
    """A convention of the same carrier for the same territory, whose period overlaps."""
    overlapping = Convention.objects.filter(
        carrier=carrier, period_start__lte=draft.period_end, period_end__gte=draft.period_start
    ).exclude(status=Convention.Status.RESILIEE)
    for convention in overlapping:
        same_epci = draft.epci is not None and convention.epci_id == draft.epci.pk
        if same_epci or slugify(convention.territory_name) == slugify(draft.territory_name):
            return convention
    return None


def neighbours(draft: Draft, by: User) -> list[Convention]:
    """The conventions being prepared or in force on this perimeter, but the one that ends where this one begins."""
    over = (Convention.Status.ECHUE, Convention.Status.RENOUVELEE, Convention.Status.RESILIEE)
    covered = Q(communes__in=list(draft.communes))
    if draft.epci is not None:
        covered |= Q(epci=draft.epci)
    found = Convention.objects.visible_to(by).filter(covered).exclude(status__in=over).distinct()
    return [
        convention
        for convention in found
        if convention != draft.previous or convention.period_end >= draft.period_start
    ]


def save_with_slug(convention: Convention) -> Convention:
    """Save under an address made of the territory and its years, numbered when it is taken."""
    years = f"-{convention.years}"
    words = convention.territory_name.replace("’", " ").replace("'", " ")
    stem = slugify(words)[: SLUG_LENGTH - len(years) - 4].strip("-") or "ctg"
    for number in range(1, 1000):
        convention.slug = f"{stem}{years}" + (f"-{number}" if number > 1 else "")
        if Convention.objects.filter(slug=convention.slug).exists():
            continue
        try:
            with transaction.atomic():
                convention.save()
        except IntegrityError:  # taken in the same instant
            continue
        return convention
    raise Refused("Trop de conventions portent ce nom : précisez le territoire.", "territory_name")


def signing(
    draft: Draft, caf: Organisation, carrier: Organisation, communes: list[Commune]
) -> list[Organisation]:
    """The signatories that were ticked, in the order of the printed document."""
    signing = set(draft.signatories)
    organisations = [caf] if "caf" in signing else []
    if "carrier" in signing:
        organisations.append(carrier)
    if "communes" in signing:
        organisations += [people.organisation_of(commune) for commune in communes]
    return list(dict.fromkeys(organisations))


def add_signatories(convention: Convention, organisations: Iterable[Organisation]) -> None:
    Signatory.objects.bulk_create(
        Signatory(convention=convention, organisation=organisation, position=position)
        for position, organisation in enumerate(organisations)
    )


def signing_organisation(
    convention: Convention, chosen: Organisation | Epci | Commune | None, *, name: str, kind: str
) -> Organisation:
    """The body that was chosen, made from its place if need be; without a choice, a new one of that name."""
    if isinstance(chosen, Organisation):
        return chosen
    if chosen is not None:
        return people.organisation_of(chosen)
    return Organisation.objects.create(name=name, kind=kind, departement_id=convention.caf.departement_id)


def add_signatory(convention: Convention, organisation: Organisation) -> Signatory:
    """Raises Refused when it signs already."""
    position = next_position(convention.signatories.all())
    try:
        with transaction.atomic():
            return Signatory.objects.create(
                convention=convention, organisation=organisation, position=position
            )
    except IntegrityError as error:
        raise Refused("Cet organisme est déjà signataire.", "organisation") from error


def remove_signatory(signatory: Signatory) -> None:
    """Raises Refused when it has acts: they would go with it."""
    if signatory.acts.exists():
        raise Refused(f"{signatory.organisation.name} a des actes enregistrés : retirez-les d’abord.")
    signatory.delete()


def next_avenant_number(convention: Convention) -> int:
    return (convention.avenants.aggregate(last=Max("number"))["last"] or 0) + 1


@transaction.atomic
def add_avenant(
    convention: Convention, *, number: int, on: date, subject: str, new_end: date | None, by: User
) -> Avenant:
    """Record an amendment; with a new end, the convention is prolonged in the same transaction. Raises Refused."""
    convention = Convention.objects.select_for_update(of=("self",)).get(pk=convention.pk)
    if not convention.is_contract:
        raise Refused("La convention n’est pas encore signée : modifiez-la directement, sans avenant.")
    if new_end and new_end <= convention.period_end:
        raise Refused(
            f"La nouvelle fin doit suivre la fin actuelle ({convention.period_end:%d/%m/%Y}).", "new_end"
        )
    with pghistory.context(user=by.pk):
        try:
            with transaction.atomic():
                avenant = Avenant.objects.create(
                    convention=convention, number=number, date=on, object=subject, new_end=new_end
                )
        except IntegrityError as error:
            raise Refused("Un avenant porte déjà ce numéro.", "number") from error
        if new_end:
            prolong(convention, new_end)
    return avenant


def remove_avenant(avenant: Avenant, *, by: User) -> None:
    """Forget an amendment recorded by mistake, and take back the end that it moved. Raises Refused."""
    with changing(by=by):
        convention = Convention.objects.select_for_update(of=("self",)).get(pk=avenant.convention_id)
        if avenant.bases.exists():
            raise Refused(f"L’{avenant} fonde des changements du plan : il ne se retire plus.")
        if avenant.acts.exists():
            raise Refused(f"Des signataires ont approuvé l’{avenant} : retirez d’abord leurs actes.")
        if avenant.new_end and convention.avenants.filter(new_end__gt=avenant.new_end).exists():
            raise Refused("Un autre avenant a prolongé la convention après celui-ci : retirez-le d’abord.")
        if avenant.new_end == convention.period_end:
            take_back_end(convention, avenant)
        avenant.delete()


def take_back_end(convention: Convention, avenant: Avenant) -> None:
    """The end and the status that the history knew before the amendment. Raises Refused when it knows none.

    Recording an amendment and prolonging are one act: their events share its context.
    """
    recorded = events_of(avenant).filter(pgh_label="insert", pgh_context__isnull=False)
    moved = events_of(convention).filter(
        pgh_context__in=recorded.values("pgh_context"), period_end=avenant.new_end
    )
    before = events_of(convention).filter(pgh_id__lt=Subquery(moved.values("pgh_id")[:1])).last()
    if before is None:
        raise Refused(
            "L’historique ne dit pas quelle était la fin avant cet avenant : "
            "corrigez-la d’abord dans « Identité et période »."
        )
    convention.period_end = before.period_end
    if convention.status == Convention.Status.PROLONGEE:
        convention.status = before.status
    convention.save(update_fields=["period_end", "status"])


def events_of(row: Convention | Avenant) -> Any:
    """What the history keeps of a row, the oldest first."""
    events = apps.get_model("actions", f"{type(row).__name__}Event")._default_manager
    return events.filter(pgh_obj=row.pk).order_by("pgh_id")


def prolong(convention: Convention, new_end: date) -> None:
    """A renewed or broken-off convention, or an end already past (old papers), keeps its status."""
    convention.period_end = new_end
    if convention.status in PROLONGABLE and new_end >= timezone.localdate():
        convention.status = Convention.Status.PROLONGEE
    convention.save(update_fields=["period_end", "status"])


@transaction.atomic
def set_logo(convention: Convention, picture: tuple[str, bytes] | None) -> None:
    """Keep a logo (extension, bytes), or take it away. The former file goes once the change is committed."""
    convention = Convention.objects.select_for_update(of=("self",)).get(pk=convention.pk)
    storage, former = convention.logo.storage, convention.logo.name
    if picture is None:
        convention.logo = ""  # type: ignore[assignment]
    else:
        suffix, content = picture
        # Another picture has another name: a browser may keep the one it knows.
        name = f"{convention.uuid}-{sha256(content).hexdigest()[:8]}.{suffix}"
        convention.logo.save(name, ContentFile(content), save=False)
    convention.save(update_fields=["logo"])
    if former:
        transaction.on_commit(lambda: storage.delete(former))
