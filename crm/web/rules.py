"""What the rule builder asks while somebody edits: the vocabulary, and what the rule would give.

`?of=sales.lead` speaks of that kind of record, for a list that its reader filters; with `&me=no`, and without it of contacts,
for a rule that works by itself (a segment, a branch of a journey).
"""

import json
import time
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access.depths import may
from crm.errors import Forbidden
from crm.hooks import records, sources
from crm.models import Contact, TrackedLink
from crm.rules.forms import LONGEST
from crm.rules.parse import MOST, RuleInvalid
from crm.rules.parts import part
from crm.rules.preview import count_of, preview
from crm.rules.tree import CONTACT
from crm.rules.vocabulary import vocabulary_of

BREATH = 2
"""Seconds after which counting by condition pauses, so that an edit in the meantime does not wait for it."""
MOST_LINKS = 200


@login_required
@require_GET
def rule_vocabulary(request: HttpRequest) -> JsonResponse:
    of, reader = _asked(request)
    return JsonResponse(vocabulary_of(of, reader))


@login_required
@require_POST
def rule_preview(request: HttpRequest) -> JsonResponse:
    """Body: {"rule": …}. Answers words, problems with their paths, and the exact count with ten records.

    With {"rule": …, "path": "rule/all[0]"} it speaks of that condition alone.
    """
    try:
        body = _body(request)
        stored, of, reader = _part(request, body["rule"], body.get("path") or "rule")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _not_a_rule()
    found = preview(stored, timezone.now(), request.user, of=of, reader=reader)
    return JsonResponse(
        {
            "words": found.words,
            "problems": [{"path": one.path, "message": one.message} for one in found.problems],
            "count": found.count,
            "why": found.why,
            "sample": [_row(one) for one in found.sample],
        }
    )


@login_required
@require_POST
def rule_parts(request: HttpRequest) -> JsonResponse:
    """Body: {"rule": …, "paths": ["rule/all[0]", …]}. Answers the exact count of each condition by itself.

    It answers those that it managed within a few seconds; the editor asks again for the others, or no more.
    """
    try:
        body = _body(request)
        asked = [(str(path), *_part(request, body["rule"], str(path))) for path in list(body["paths"])[:MOST]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _not_a_rule()
    began, parts = time.monotonic(), []
    for path, stored, of, reader in asked:
        try:
            counted = count_of(stored, timezone.now(), request.user, of=of, reader=reader)
        except RuleInvalid:
            return _not_a_rule()
        parts.append({"path": path, "count": counted.count, "why": counted.why, "said": _said(counted.count, of)})
        if time.monotonic() - began > BREATH:
            break
    return JsonResponse({"parts": parts})


@login_required
@require_GET
def rule_links(request: HttpRequest) -> JsonResponse:
    """The links of `?source=marketing.email:7`, for those who may see the email; a click can be asked by one of them."""
    name, _colon, pk = request.GET.get("source", "").partition(":")
    source = next((one for one in sources.all_sources() if one.name == name), None)
    if source is None or source.visible is None or not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        raise Http404
    if not source.visible(request.user).filter(pk=pk).exists():
        raise Http404
    links = TrackedLink.objects.filter(content_type=name, content_id=pk).order_by("pk")[:MOST_LINKS]
    return JsonResponse({"links": [{"id": one.pk, "label": one.label, "url": one.url} for one in links]})


def _body(request: HttpRequest) -> dict[str, Any]:
    return json.loads(request.body[: LONGEST + 20_000])


def _not_a_rule() -> JsonResponse:
    return JsonResponse({"problems": [{"path": "rule", "message": "This is not a rule."}]}, status=400)


def _part(request: HttpRequest, rule: Any, path: str) -> tuple[Any, str, Any]:
    """A condition, over which kind of record, and for which reader. Raises LookupError, and Forbidden where it may not be seen."""
    of, reader = _asked(request)
    stored, kind = part(rule, path, of)
    if not records.known(kind):
        raise LookupError(kind)
    if not may(request.user, kind, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % records.get(kind).plural)
    return stored, kind, reader


def _said(count: int | None, of: str) -> str:
    kind = records.get(of)
    return "" if count is None else f"{count:,} {str(kind.label if count == 1 else kind.plural).lower()}"


def _asked(request: HttpRequest) -> tuple[str, Any]:
    """The kind of record, and who “me” is, if anybody."""
    of = request.GET.get("of", "")
    if of and not records.known(of):
        raise Http404
    return of or CONTACT, request.user if of and request.GET.get("me") != "no" else None


def _row(record: Any) -> dict[str, str]:
    return {"name": str(record), "sentence": _sentence(record), "url": record.get_absolute_url()}


def _sentence(record: Any) -> str:
    """What tells it from others of the same name."""
    if isinstance(record, Contact):
        return " · ".join(filter(None, [str(record.account or record.company_name or ""), record.email]))
    return " · ".join(str(one) for one in (getattr(record, "contact", None), getattr(record, "owner", None)) if one)
