"""Putting tags on records and taking them off, one record or many; the history tells both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Subquery

from crm.audit import keep_in_bulk
from crm.errors import Invalid
from crm.models import Tag, Tagging, User

LONGEST = 60


def tag_named(name: str) -> Tag:
    """The tag of this name, made where nobody used it before. Raises Invalid for an empty or an overlong name."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise Invalid(f"A tag is a word or a few, at most {LONGEST} characters.", field="tags")
    return Tag.objects.filter(name__iexact=name).first() or Tag.objects.create(name=name)


@transaction.atomic
def tag_records(records: Sequence[Model], names: Iterable[str], *, by: User | None) -> int:
    """Put the tags on records of one model; answers how many were not tagged so before."""
    tags = [tag_named(name) for name in dict.fromkeys(names)]
    if not records or not tags:
        return 0
    before = tags_of(records)
    on = ContentType.objects.get_for_model(records[0])
    fresh = [
        Tagging(tag=tag, record_type=on, record_id=record.pk)
        for record in records
        for tag in tags
        if tag not in before.get(record.pk, [])
    ]
    Tagging.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    _keep(records, before, by)
    return len(fresh)


@transaction.atomic
def tag_each(pairs: Sequence[tuple[Model, Sequence[str]]], *, by: User | None) -> dict[int, list[str]]:
    """Put its own tags on each record of one model; answers which were new to it, by the record's id."""
    records = [record for record, _ in pairs]
    if not records:
        return {}
    words = {" ".join(name.split()).casefold(): name for _, names in pairs for name in names}
    tags = {word: tag_named(name) for word, name in words.items()}
    before = tags_of(records)
    fresh: dict[int, list[Tag]] = {}
    for record, names in pairs:
        wanted = dict.fromkeys(tags[" ".join(name.split()).casefold()] for name in names)
        if new := [tag for tag in wanted if tag not in before.get(record.pk, [])]:
            fresh[record.pk] = new
    on = ContentType.objects.get_for_model(records[0])
    rows = [Tagging(tag=tag, record_type=on, record_id=pk) for pk, new in fresh.items() for tag in new]
    Tagging.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    _keep(records, before, by)
    return {pk: [tag.name for tag in new] for pk, new in fresh.items()}


@transaction.atomic
def untag_records(records: Sequence[Model], names: Iterable[str], *, by: User | None) -> int:
    """Take the tags off records of one model; answers how many were on them."""
    if not records:
        return 0
    lowered = {" ".join(name.split()).casefold() for name in names}
    tags = [tag for tag in Tag.objects.all() if tag.name.casefold() in lowered]
    before = tags_of(records)
    on = ContentType.objects.get_for_model(records[0])
    gone, _ = Tagging.objects.filter(tag__in=tags, record_type=on, record_id__in=[r.pk for r in records]).delete()
    _keep(records, before, by)
    return gone


@transaction.atomic
def set_tags(record: Model, names: Iterable[str], *, by: User | None) -> list[Tag]:
    """Exactly these tags on one record."""
    tags = [tag_named(name) for name in dict.fromkeys(names)]
    before = tags_of([record])
    on = ContentType.objects.get_for_model(record)
    mine = Tagging.objects.filter(record_type=on, record_id=record.pk)
    mine.exclude(tag__in=tags).delete()
    Tagging.objects.bulk_create(
        [Tagging(tag=tag, record_type=on, record_id=record.pk) for tag in tags], ignore_conflicts=True
    )
    _keep([record], before, by)
    return tags


@transaction.atomic
def merge_tags(tags: Sequence[Tag], *, by: User | None) -> Tag:
    """Make tags one: the first stays, and whatever had another one has it. Raises Invalid for fewer than two.

    The history of each record does not tell it: the word changed, not the record.
    """
    if len(tags) < 2:
        raise Invalid("Choose at least two tags.", field="tags")
    kept, others = tags[0], list(tags[1:])
    rows = Tagging.objects.filter(tag__in=others)
    same = Tagging.objects.filter(tag=kept, record_type=OuterRef("record_type"), record_id=OuterRef("record_id"))
    rows.filter(Exists(same)).delete()
    first = rows.filter(record_type=OuterRef("record_type"), record_id=OuterRef("record_id")).order_by("pk")
    rows.exclude(pk=Subquery(first.values("pk")[:1])).delete()
    rows.update(tag=kept)
    Tag.objects.filter(pk__in=[tag.pk for tag in others]).delete()
    return kept


def tags_of(records: Sequence[Model]) -> dict[int, list[Tag]]:
    """The tags of records of one model, by the record's id, in one query."""
    found: dict[int, list[Tag]] = {}
    if not records:
        return found
    on = ContentType.objects.get_for_model(records[0])
    rows = Tagging.objects.filter(record_type=on, record_id__in=[record.pk for record in records])
    for tagging in rows.select_related("tag").order_by("tag__name"):
        found.setdefault(tagging.record_id, []).append(tagging.tag)
    return found


def _keep(records: Sequence[Model], before: dict[int, list[Tag]], by: User | None) -> None:
    after = tags_of(records)
    changed = [
        (record, {"tags": [_words(before.get(record.pk, [])), _words(after.get(record.pk, []))]})
        for record in records
        if before.get(record.pk, []) != after.get(record.pk, [])
    ]
    keep_in_bulk(changed, by=by)


def _words(tags: Iterable[Tag]) -> str:
    return ", ".join(tag.name for tag in tags)
