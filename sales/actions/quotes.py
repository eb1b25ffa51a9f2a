"""Quotes: made from a deal or alone, changed as drafts, sent, revised, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.actions.bin import delete_record
from crm.errors import Invalid, NotAllowed, Stale
from crm.models import Account, Contact, Currency, User
from sales.actions.documents import billing_of, company_today, next_number, taken_over, tell
from sales.actions.lines import LineInput, price_quote, put_lines
from sales.models import CloseReason, Opportunity, PriceList, Quote, QuoteLine
from sales.queries.prices import usual_price_list

VALID_FOR = timedelta(days=30)
EDITABLE = frozenset(
    [
        "owner",
        "account",
        "contact",
        "price_list",
        "valid_until",
        "notes",
        "discount_percent",
        "discount_amount",
        "freight",
        "billing_name",
        "billing_street",
        "billing_postal_code",
        "billing_city",
        "billing_country",
        "billing_vat_id",
    ]
)


@transaction.atomic
def create_quote(
    *,
    opportunity: Opportunity | None = None,
    account: Account | None = None,
    contact: Contact | None = None,
    currency: Currency | None = None,
    price_list: PriceList | None = None,
    lines: Sequence[LineInput] | None = None,
    owner: User | None = None,
    by: User,
    **fields: Any,
) -> Quote:
    """A draft with a number of its own. From an opportunity it takes customer, currency and, unless `lines` are given, lines.

    Raises NotAllowed where the opportunity is closed, Invalid (with `field`) where customer, currency or a line is wrong.
    """
    copied: list[QuoteLine] = []
    if opportunity:
        opportunity = Opportunity.objects.select_for_update().get(pk=opportunity.pk)
        if not opportunity.is_open:
            raise NotAllowed(_("“{}” is closed. Reopen it to quote again.").format(opportunity))
        if currency and currency != opportunity.currency:
            raise Invalid(_("The deal is in {}; so is its quote.").format(opportunity.currency_id), field="currency")
        account, contact = account or opportunity.account, contact or opportunity.contact
        currency, owner = opportunity.currency, owner or opportunity.owner
        copied = [QuoteLine(made_from=line, **line.copied()) for line in opportunity.lines.all()]
    if not (account or contact):
        raise Invalid(_("Say who the quote is for: an account or a contact."), field="account")
    if not currency:
        raise Invalid(_("Choose the currency of the quote."), field="currency")
    today = company_today()
    words = {"valid_until": today + VALID_FOR, **billing_of(account, contact)}
    words.update({name: value for name, value in fields.items() if value not in (None, "")})
    quote = Quote(
        number=next_number("Q", today),
        opportunity=opportunity,
        account=account,
        contact=contact,
        currency=currency,
        price_list=price_list or usual_price_list(currency.code),
        owner=owner or by,
        created_by=by,
        **words,
    )
    _check(quote)
    price_quote(quote, copied if lines is None else [])
    quote.save()
    if lines is None:
        _save_lines(quote, copied)
    else:
        put_lines(quote, lines)
        quote.save()
    return quote


@transaction.atomic
def change_quote(
    quote: Quote, *, by: User, lines: Sequence[LineInput] | None = None, version: int | None = None, **fields: Any
) -> Quote:
    """Change a draft: any of its fields, and its lines where `lines` is given (they replace what was there).

    Raises NotAllowed unless it is a draft, Stale where `version` is not the saved one, Invalid with a path.
    """
    quote = Quote.objects.select_for_update().get(pk=quote.pk)
    _must_be_draft(quote)
    if version is not None and version != quote.version:
        raise Stale(_("Somebody else saved this quote while you were typing. Your text is still here; look at both."))
    for name, value in fields.items():
        if name not in EDITABLE:
            raise Invalid(_("This cannot be changed on a quote."), field=name)
        setattr(quote, name, value)
    _check(quote)
    if lines is None:
        rows = list(quote.lines.all())
        price_quote(quote, rows)
        for row in rows:
            row.save()
    else:
        put_lines(quote, lines)
    quote.version += 1
    quote.save()
    return quote


def change_quote_lines(quote: Quote, *, lines: Sequence[LineInput], by: User) -> Quote:
    """Put these lines on the draft, in this order."""
    return change_quote(quote, lines=lines, by=by)


@transaction.atomic
def activate_quote(quote: Quote, *, by: User) -> Quote:
    """The quote as it goes to the customer: from now on only a revision changes it."""
    quote = Quote.objects.select_for_update().get(pk=quote.pk)
    today = company_today()
    if not can_proceed(quote.activate):
        raise NotAllowed(_("{} is {} already.").format(quote, quote.status_words.lower()))
    if not quote.lines.exists():
        raise Invalid(_("The quote has no lines yet. Add what you offer, then activate it."), field="lines")
    if quote.valid_until and quote.valid_until < today:
        raise Invalid(
            _("The quote was valid until {:%d %b %Y}. Choose a later day first.").format(quote.valid_until),
            field="valid_until",
        )
    quote.activate(today)
    _save(quote)
    tell("quote.activated", quote, by=by)
    return quote


@transaction.atomic
def revise_quote(quote: Quote, *, by: User) -> Quote:
    """Close this revision and answer the next one, a draft with the same number and the same lines."""
    old = Quote.objects.select_for_update().get(pk=quote.pk)
    if not can_proceed(old.close):
        raise NotAllowed(_("Only an active quote is revised; {} is {}.").format(old, old.status_words.lower()))
    today = company_today()
    old.close(CloseReason.REVISED, today)
    _save(old)
    new = Quote(
        number=old.number,
        revision=old.revision + 1,
        price_list_id=old.price_list_id,
        valid_until=max(old.valid_until or today, today + VALID_FOR),
        created_by=by,
        **taken_over(old),
    )
    new.save()
    _save_lines(
        new, [QuoteLine(made_from_id=line.made_from_id, revised_from=line, **line.copied()) for line in old.lines.all()]
    )
    tell("quote.revised", new, by=by)
    return new


@transaction.atomic
def close_quote(quote: Quote, *, reason: str, by: User) -> Quote:
    """Close as lost or cancelled. (A revision closes its forerunner by itself.)"""
    quote = Quote.objects.select_for_update().get(pk=quote.pk)
    if reason not in (CloseReason.LOST, CloseReason.CANCELLED):
        raise Invalid(_("A quote is closed as lost or cancelled."), field="reason")
    if not can_proceed(quote.close):
        hint = _(" A draft is deleted instead.") if quote.is_editable else ""
        raise NotAllowed(
            _("Only an active quote can be closed; {} is {}.").format(quote, quote.status_words.lower()) + hint
        )
    quote.close(reason, company_today())
    _save(quote)
    tell("quote.closed", quote, by=by, reason=reason)
    return quote


@transaction.atomic
def delete_quote(quote: Quote, *, by: User) -> Quote:
    """Put a draft into the bin; its number stays taken."""
    quote = Quote.objects.select_for_update().get(pk=quote.pk)
    _must_be_draft(quote)
    delete_record(quote, by=by)
    quote.refresh_from_db()
    return quote


def _must_be_draft(quote: Quote) -> None:
    if not quote.is_editable:
        hint = _(" Revise it to change it.") if can_proceed(quote.close) else ""
        raise NotAllowed(_("{} is {} and can no longer be changed.").format(quote, quote.status_words.lower()) + hint)


def _check(quote: Quote) -> None:
    if quote.price_list and quote.price_list.currency_id != quote.currency_id:
        raise Invalid(
            _("“{}” is a price list in {}; the quote is in {}.").format(
                quote.price_list.name, quote.price_list.currency_id, quote.currency_id
            ),
            field="price_list",
        )
    if not quote.billing_name.strip():
        raise Invalid(_("Write whom the quote is addressed to."), field="billing_name")


def _save(quote: Quote) -> None:
    quote.version += 1
    quote.save()


def _save_lines(quote: Quote, lines: Sequence[QuoteLine]) -> None:
    for line in lines:
        line.quote = quote
    QuoteLine.objects.bulk_create(lines)
