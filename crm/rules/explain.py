"""A rule in words, for the person who wrote it and for the one who wonders about it a year later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.hooks import rankings, records, sources
from crm.hooks.registry import Text
from crm.log import kinds
from crm.models import TrackedLink, User
from crm.rules import facts
from crm.rules.operators import operator
from crm.rules.tree import LAST, All, Did, Either, First, Has, Me, Not, Rule, Source, Test, Top


def explain(rule: Rule, reader: User | None = None) -> str:
    """One sentence without its full stop: “Country is India or Germany, and Commercial consent: yes”.

    Records are named for a `reader` who may see them; for everybody else they are numbers.
    """
    match rule:
        case All(rules):
            return _(", and ").join(_inner(one, reader) for one in rules)
        case Either(rules):
            return _(", or ").join(_inner(one, reader) for one in rules)
        case Not(inner):
            return _("not ({what})").format(what=explain(inner, reader))
        case Test():
            return _test(rule, reader)
        case Did():
            return _did(rule)
        case Has():
            return _has(rule, reader)
        case Top():
            return _top(rule)


def _inner(rule: Rule, reader: User | None) -> str:
    words = explain(rule, reader)
    return f"({words})" if isinstance(rule, All | Either) and len(rule.rules) > 1 else words


def _test(test: Test, reader: User | None) -> str:
    attribute = facts.get(test.attribute, test.kind)
    op = operator(attribute.kind, test.op)
    if op is None:
        raise LookupError(f"“{attribute.label}” cannot be tested with “{test.op}”.")
    name = str(attribute.label)
    if attribute.subjects:
        name = f"{name} “{_label(test.of, attribute.subjects())}”"
    if attribute.to:
        choices: Sequence[tuple[Any, Text]] = _names(attribute.to, test.value, reader)
    else:
        choices = attribute.choices() if attribute.choices else ()
    return op.say(name, _value(test.value, choices, _(" and ") if test.op == "has_all_of" else _(" or ")))


def _names(kind: str, value: Any, reader: User | None) -> list[tuple[int, str]]:
    ids = value if isinstance(value, tuple) else (value,)
    model: Any = apps.get_model(kind)
    noun = model._meta.verbose_name
    seen = {row.pk: str(row) for row in model.objects.visible_to(reader).filter(pk__in=ids)} if reader else {}
    return [(pk, f"“{seen[pk]}”" if pk in seen else f"{noun} {pk}") for pk in ids if pk is not None]


def _value(value: Any, choices: Sequence[tuple[Any, Text]], last: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, Me):
        return _("me")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        if hasattr(value[0], "as_tuple") or hasattr(value[0], "year"):
            last = _(" and ")
        parts = [_value(one, choices) for one in value]
        return last.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    if choices:
        return _label(value, choices)
    if hasattr(value, "year"):
        return date_format(value, "j M Y")
    return str(value)


def _label(value: Any, choices: Sequence[tuple[Any, Text]]) -> str:
    return next((str(label) for key, label in choices if key == value), str(value))


def _did(did: Did) -> str:
    words = kinds.get(did.kind).label + _source(did.source)
    if did.link:
        words += " " + _("by the link “{link}”").format(link=_link(did.link))
    if did.page:
        words += " " + _("on a page with “{page}” in its address").format(page=did.page)
    if did.at_most == 0:
        words = _("never: {what}").format(what=words)
    else:
        least = did.at_least or (None if did.at_most is not None else 1)
        if least and (least > 1 or did.at_most):
            words += " " + _("at least {n}×").format(n=least)
        if did.at_most is not None:
            words += " " + _("at most {n}×").format(n=did.at_most)
    if did.within_days:
        words += " " + _("in the last {n} days").format(n=did.within_days)
    if did.before_days:
        words += " " + _("longer than {n} days ago").format(n=did.before_days)
    if did.since:
        words += " " + _("since {day}").format(day=date_format(did.since, "j M Y"))
    if did.until:
        words += " " + _("until {day}").format(day=date_format(did.until, "j M Y"))
    return words + (" " + _("(machines count too)") if did.machines else "")


def _link(pk: int) -> str:
    link = TrackedLink.objects.filter(pk=pk).first()
    return str(link.label or link.url) if link else str(pk)


def _has(has: Has, reader: User | None) -> str:
    kind = records.get(has.kind)
    if has.at_most == 0:
        words = _("no {what}").format(what=str(kind.label).lower())
    else:
        least = has.at_least or (None if has.at_most is not None else 1)
        parts = [_("at least {n}").format(n=least)] if least and (least > 1 or has.at_most) else []
        parts += [_("at most {n}").format(n=has.at_most)] if has.at_most is not None else []
        plural = str(kind.plural).lower()
        words = f"{_(' and ').join(parts)} {plural}" if parts else _("a {what}").format(what=str(kind.label).lower())
    said = _("has {what}").format(what=words)
    return _("{has} with: {which}").format(has=said, which=explain(has.rule, reader)) if has.rule else said


def _source(source: Source | None) -> str:
    if source == LAST:
        return " " + _("(the last email)")
    return f" “{sources.name_of(*source)}”" if source else ""


def _top(top: Top) -> str:
    ranking = rankings.get(top.by)
    by = ranking.label.lower()
    if ranking.subjects:
        by += f" “{_label(top.subject, ranking.subjects())}”"
    words = _("among the top {n} by {by} of those who match: {of}").format(n=top.n, by=by, of=explain(top.of))
    return words + (_(" (ties: {first} first)").format(first=_tie(top.ties)) if top.ties else "")


def _tie(first: First) -> str:
    return kinds.get(first.kind).label + _source(first.source)
