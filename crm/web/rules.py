"""What the rule builder asks while somebody edits: the vocabulary, and what the rule would give.

`?of=sales.lead` speaks of that kind of record, for a list that its reader filters; with `&me=no`, and without it of contacts,
for a rule that works by itself (a segment, a branch of a journey).
"""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access.depths import may
from crm.errors import Forbidden
from crm.hooks import records
from crm.models import Contact
from crm.rules.forms import LONGEST
from crm.rules.preview import preview
from crm.rules.tree import CONTACT
from crm.rules.vocabulary import vocabulary_of


@login_required
@require_GET
def rule_vocabulary(request: HttpRequest) -> JsonResponse:
    of, reader = _asked(request)
    return JsonResponse(vocabulary_of(of, reader))


@login_required
@require_POST
def rule_preview(request: HttpRequest) -> JsonResponse:
    """Body: {"rule": …}. Answers words, problems with their paths, and the exact count with ten records."""
    of, reader = _asked(request)
    if not may(request.user, of, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % records.get(of).plural)
    try:
        stored = json.loads(request.body[: LONGEST + 1000])["rule"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"problems": [{"path": "rule", "message": "This is not a rule."}]}, status=400)
    found = preview(stored, timezone.now(), request.user, of=of, reader=reader)
    return JsonResponse(
        {
            "words": found.words,
            "problems": [{"path": one.path, "message": one.message} for one in found.problems],
            "count": found.count,
            "sample": [_row(one) for one in found.sample],
        }
    )


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
