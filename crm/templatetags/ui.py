"""The parts that every page is made of: icon, money, badge, avatar, field, pager, timeline, panels."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from auditlog.registry import auditlog
from babel.numbers import format_currency
from django import template
from django.db.models import Model
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.depths import Depth
from crm.access.words import MEANINGS
from crm.countries import country_name
from crm.hooks.panels import panels_on
from crm.hooks.resources import resources
from crm.mentions import with_mentions

register = template.Library()

TONES = {
    "neutral": "circle-dashed",
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "circle-x",
}
LOG_KINDS = [
    ("note", "note", lazy("Note")),
    ("call", "phone", lazy("Call")),
    ("task", "checkbox", lazy("Task")),
    ("appointment", "calendar-event", lazy("Meeting")),
]
KIND_ICONS = [*LOG_KINDS, ("email", "mail", lazy("Email"))]


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite. It is decoration unless it has a `label`."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', label, _sprite(), name
        )
    return _decoration(name)


@cache
def _decoration(name: str) -> SafeString:
    """Kept: a list draws hundreds of the same few."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', _sprite(), name)


@cache
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
def kind_icon(kind: str) -> SafeString:
    """The icon of an activity's kind, with the kind as its name."""
    return next((icon(drawn, str(label)) for name, drawn, label in KIND_ICONS if name == kind), icon("point"))


@register.simple_tag
def money(amount: Decimal | int | float | None, currency: Any = "") -> str:
    """“€48,000.00”; an en dash where there is no amount. Without a currency the company's decides nothing: a bare number."""
    if amount is None or amount == "":
        return "–"
    code = str(currency or "")
    if not code:
        return formats.number_format(Decimal(amount), decimal_pos=2, force_grouping=True)
    return format_currency(amount, code, locale=(get_language() or "en").replace("-", "_"))


@register.simple_tag
def status_badge(label: Any, tone: str = "neutral") -> SafeString:
    """Colour and icon and word. `tone` is neutral, info, success, warning or danger."""
    tone = tone if tone in TONES else "neutral"
    return format_html('<span class="status-badge is-{}">{}{}</span>', tone, icon(TONES[tone]), label)


@register.simple_tag
def avatar(someone: Any, size: str = "sm") -> SafeString:
    """The initials of a user or contact on a colour of their own; a silhouette where there is nobody."""
    if not someone:
        return format_html('<span class="face face-{} face-none" aria-hidden="true">{}</span>', size, icon("user"))
    return format_html(
        '<span class="face face-{} face-{}" aria-hidden="true">{}</span>',
        size,
        (someone.pk or 0) % 6,
        getattr(someone, "initials", str(someone)[:1].upper()),
    )


@register.simple_tag
def place(record: Any) -> str:
    """“Pune, India”: where a person or a company is."""
    return ", ".join(filter(None, [record.city, country_name(record.country) if record.country else ""]))


@register.filter
def person(someone: Any) -> str | SafeString:
    """Face and name; an en dash where there is nobody."""
    if not someone:
        return "–"
    return format_html('<span class="person">{}<span>{}</span></span>', avatar(someone, "xs"), someone)


@register.filter
def when(moment: date | datetime | None) -> str | SafeString:
    """A moment as a person says it, in the reader's zone, with the exact one in the tooltip.

    A bare date stays a date: a document's day is the company's, and “yesterday” would be the reader's.
    """
    if not moment:
        return "–"
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), _written(moment))
    local = timezone.localtime(moment)
    clock = local.strftime("%H:%M")
    day = _day(local.date())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        local.strftime("%A %-d %B %Y, %H:%M %Z"),
        clock if local.date() == timezone.localdate() else f"{day}, {clock}",
    )


def _day(day: date) -> str:
    away = (day - timezone.localdate()).days
    if away in (-1, 0, 1):
        return {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[away]
    return _written(day)


def _written(day: date) -> str:
    return formats.date_format(day, "j M" if day.year == timezone.localdate().year else "j M Y")


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField, label: str = "") -> dict[str, Any]:
    """A form field with label, help and error, as the whole product draws it."""
    widget = bound.field.widget
    return {
        "bound": bound,
        "label": label or bound.label,
        "control": control(bound),
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": getattr(widget, "use_fieldset", False),
        "is_wide": isinstance(widget, Textarea | CheckboxSelectMultiple) or "data-wide" in widget.attrs,
    }


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """The control of a form field alone, in the classes of its kind."""
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):  # a label each, which its own template draws
        return bound.as_widget()
    css = "form-check-input" if isinstance(widget, CheckboxInput) else "form-control"
    if isinstance(widget, Select):
        css = "form-select"
    classes = " ".join(filter(None, [widget.attrs.get("class", ""), css, "is-invalid" if bound.errors else ""]))
    return bound.as_widget(attrs={"class": classes})


@register.inclusion_tag("ui/_field.html")
def field_named(form: BaseForm, name: str) -> dict[str, Any]:
    return field(form[name])


@register.inclusion_tag("ui/_empty.html")
def empty(title: str, sentence: str = "", button: str = "", url: str = "", picture: str = "inbox") -> dict[str, Any]:
    """What an empty page teaches: one sentence, one picture, one button."""
    return {"title": title, "sentence": sentence, "button": button, "url": url, "picture": picture}


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(context: template.Context, page: Any) -> dict[str, Any]:
    return {"page": page, "request": context.get("request")}


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """This page's query string with some values changed; None or "" takes one out."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = value
    return f"?{params.urlencode()}" if params else "?"


@register.inclusion_tag("ui/_panels.html", takes_context=True)
def panels(context: template.Context, record: Model | str, of_its_own: bool = False) -> dict[str, Any]:
    """The boxes that apps hook onto this record's page, or onto a named place such as “admin.index”.

    `of_its_own`: only those that travel, where this record's boxes stand beside another one.
    """
    on = record if isinstance(record, str) else record._meta.label_lower
    offered = [panel for panel in panels_on(on) if panel.travels or not of_its_own]
    drawn = [(panel, panel.render(context["request"], record)) for panel in offered]
    return {"panels": [(panel, html) for panel, html in drawn if html]}


@register.simple_tag(takes_context=True)
def above(context: template.Context, place: str) -> SafeString:
    """What apps hook onto a named place (“record.above”), as they draw it, without boxes around it."""
    request = context["request"]
    return format_html_join("", "{}", ((panel.render(request, context["record"]),) for panel in panels_on(place)))


@register.inclusion_tag("ui/_timeline.html", takes_context=True)
def timeline(context: template.Context, record: Model) -> dict[str, Any]:
    """What happened with this contact, account, or with any record that has a `.contact`: newest first."""
    from crm.queries.timeline import Stream, Subject, mark_new

    request, frame = context["request"], context["frame"]
    return {
        "since": frame.since,
        "news": mark_new(frame.timeline, frame.since, request.user),
        "streams": Stream.choices,
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "subject": Subject.of(record),
        "page": context["frame"].timeline,
        "can_log": request.user.may("crm.activity", "add"),
        "log_kinds": LOG_KINDS,
    }


@register.inclusion_tag("ui/_up_next.html", takes_context=True)
def up_next(context: template.Context) -> dict[str, Any]:
    """The open activities of the frame's record."""
    return {
        "rows": context["frame"].timeline.open,
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def told(frame: Any, name: str) -> SafeString | str:
    """The value of one field alone: another record by its name and link, where the reader may see it."""
    value: SafeString | str = frame.fact(name).shown
    return value


@register.inclusion_tag("ui/_fact.html")
def fact(frame: Any, name: str) -> dict[str, Any]:
    """One fact of a record's frame, where its page wants it instead of among the key facts."""
    return {"fact": frame.fact(name)}


@register.simple_tag
def history_link(record: Model) -> SafeString | str:
    """The door to “who changed what when”, where the record's history is kept."""
    if not auditlog.contains(type(record)):
        return ""
    address = reverse("crm:history", args=[record._meta.label_lower, record.pk])
    return format_html('<a href="{}">{}{}</a>', address, icon("history"), _("History of changes"))


@register.simple_tag
def access_link(record: Model) -> SafeString | str:
    """The door to “who has access and why”, and to sharing."""
    if record._meta.label_lower not in resources:
        return ""
    address = reverse("crm:access", args=[record._meta.label_lower, record.pk])
    return format_html('<a href="{}" data-sheet>{}{}</a>', address, icon("users-group"), _("Who has access"))


@register.filter
def cell(row: Any, column: Any) -> Any:
    """The value of a list's column for a row."""
    return column.value_of(row)


@register.filter
def lines(text: str) -> SafeString:
    """Escaped text with its line breaks kept, and mentions marked."""
    return format_html('<span class="lines">{}</span>', with_mentions(text))


@register.filter
def mentions(text: str) -> SafeString:
    """Escaped text, each “@Name” of a user as a mark."""
    return with_mentions(text)


@register.simple_tag
def row_address(list_page: Any, row: Any) -> str:
    return list_page.row_url(row) if list_page.row_url else ""


@register.filter
def at(found: dict[str, Any], key: str) -> Any:
    """The value under a key that is only known as the page is drawn."""
    return found.get(key, "")


@register.simple_tag
def grant(cell: BoundField | Depth) -> SafeString:
    """A cell of the table of grants: a circle that is the fuller, the deeper; a choice lies over it where one may choose."""
    if isinstance(cell, Depth):
        name = next(name for depth, name, _meaning in MEANINGS if depth == cell)
        return format_html(
            '<span class="grant" data-depth="{}" title="{}"><i></i><span class="visually-hidden">{}</span></span>',
            cell.value,
            name,
            name,
        )
    control = cell.as_widget(attrs={"aria-label": str(cell.label), "title": str(cell.label)})
    return format_html('<span class="grant">{}<i></i></span>', control)
