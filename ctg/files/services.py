"""Keeping what people send in, and letting go of what nothing refers to any more."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ctg.files.kinds import kind_of
from ctg.files.models import StoredFile
from ctg.refusal import Refused

MAX_BYTES = 15_000_000
KEEP_UNUSED = timedelta(days=1)


def store(upload: UploadedFile) -> StoredFile:
    """Keep what was sent in. Raises Refused: too heavy, empty, or not what its name says."""
    if (upload.size or 0) > MAX_BYTES:
        raise Refused(
            f"Ce fichier pèse plus de {MAX_BYTES // 1_000_000} Mo : envoyez-en une version plus légère."
        )
    upload.seek(0)
    return store_bytes(upload.name or "", upload.read())


def store_bytes(name: str, content: bytes) -> StoredFile:
    """The one copy of these bytes, whoever sends them and however often. Raises Refused."""
    kind = kind_of(name, content)
    digest = sha256(content).hexdigest()
    now = timezone.now()
    known = StoredFile.objects.filter(sha256=digest)
    # Dated anew: `purge` does not take what was just asked for again.
    if known.update(stored_at=now):
        return known.get()
    stored = StoredFile(
        sha256=digest, media_type=kind.media_type, extension=kind.extension, size=len(content)
    )
    stored.file.save(digest, ContentFile(content), save=False)
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:  # sent twice in the same instant
        stored.file.delete(save=False)
        return known.get()
    return stored


def purge() -> int:
    """Delete the files that nothing refers to since a day. Returns how many."""
    unused = StoredFile.objects.filter(stored_at__lt=timezone.now() - KEEP_UNUSED)
    for relation in _references():
        rows = relation.related_model._base_manager
        unused = unused.exclude(
            pk__in=rows.exclude(**{relation.field.name: None}).values(relation.field.name)
        )
    gone = 0
    for stored in unused:
        with transaction.atomic():
            # Asked for again in the meantime: it stays.
            locked = StoredFile.objects.select_for_update().filter(pk=stored.pk, stored_at=stored.stored_at)
            deleted, _ = locked.delete() if locked.exists() else (0, {})
        if deleted:
            stored.file.storage.delete(str(stored.file.name))
            gone += 1
    return gone


def _references() -> list[Any]:
    """The relations of other apps that point to a stored file, events of the history apart."""
    return [
        field
        for field in StoredFile._meta.get_fields(include_hidden=True)
        if isinstance(field, models.ManyToOneRel) and getattr(field.field, "db_constraint", False)
    ]
