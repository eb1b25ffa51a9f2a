"""Reusable blocks, templates and brands: kept, changed, and taken away only where nobody is left with a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from crm.access.see import must_be_able_to, must_be_able_to_add
from crm.errors import Invalid, NotAllowed
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.uses import keep_uses
from marketing.models import Brand, ContentBlock, EmailDesign, MarketingEmail

if TYPE_CHECKING:
    from crm.models import User

EDITABLE = {
    ContentBlock: ("name", "blocks"),
    EmailDesign: ("name", "description", "subject", "preheader", "brand", "blocks"),
}


@transaction.atomic
def create_content_block(*, name: str, blocks: Any, by: User) -> ContentBlock:
    """Keep blocks under a name, to use them again. Raises Invalid where they are none, or hold a section."""
    must_be_able_to_add(by, ContentBlock)
    if not name.strip():
        raise Invalid("Give it a name.", field="name")
    stored = as_stored(parse_blocks(blocks, is_part=True))
    made = ContentBlock.objects.create(name=name.strip()[:200], blocks=stored, owner=by, created_by=by)
    keep_uses(made)
    return made


@transaction.atomic
def create_design(*, name: str, by: User, blocks: Any, **fields: Any) -> EmailDesign:
    """Keep a template that new emails begin with."""
    must_be_able_to_add(by, EmailDesign)
    if not name.strip():
        raise Invalid("Give it a name.", field="name")
    made = EmailDesign.objects.create(
        name=name.strip()[:200], blocks=as_stored(parse_blocks(blocks)), owner=by, created_by=by, **fields
    )
    keep_uses(made)
    return made


@transaction.atomic
def edit_kept(thing: Any, *, by: User, **fields: Any) -> Any:
    """Change a reusable block or a template; drafts that hold the block by reference show the change at once."""
    thing.must_be_editable_by(by)
    thing = type(thing).objects.select_for_update().get(pk=thing.pk)
    for name, value in fields.items():
        if name not in EDITABLE[type(thing)]:
            raise TypeError(f"A {thing._meta.verbose_name} has no {name} to change.")
        is_part = isinstance(thing, ContentBlock)
        setattr(thing, name, as_stored(parse_blocks(value, is_part=is_part)) if name == "blocks" else value)
    thing.version += 1
    thing.save()
    keep_uses(thing)
    return thing


@transaction.atomic
def remove_kept(thing: Any, *, by: User) -> None:
    """Take away a reusable block, a template or a brand. Raises NotAllowed for a block that something holds by reference."""
    must_be_able_to(by, "delete", thing)
    if isinstance(thing, ContentBlock) and (uses := uses_of_block(thing)):
        words = ", ".join(f"“{one}”" for one in uses[:3])
        more = f" and {len(uses) - 3} more" if len(uses) > 3 else ""
        raise NotAllowed(f"“{thing}” stands by reference in {words}{more}. Take it out there first, or make it a copy.")
    thing.delete()


def uses_of_block(block: ContentBlock) -> list[MarketingEmail | EmailDesign]:
    return [*block.emails.alive().order_by("-updated_at"), *block.designs.alive().order_by("name")]


def outdated_emails(block: ContentBlock) -> Any:
    """Emails that are ready with the block as it was before: what they send does not follow until they are made ready anew."""
    return block.emails.alive().filter(status=MarketingEmail.Status.READY, updated_at__lt=block.updated_at)


@transaction.atomic
def save_brand(brand: Brand, *, by: User) -> Brand:
    """Keep it; where it is made the default, the former one is it no longer."""
    if brand.pk:
        brand.must_be_editable_by(by)
    else:
        must_be_able_to_add(by, Brand)
        brand.owner, brand.created_by = brand.owner or by, by
    if brand.is_default:
        Brand.objects.exclude(pk=brand.pk).filter(is_default=True).update(is_default=False)
    brand.save()
    return brand
