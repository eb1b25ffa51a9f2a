"""Errors as application/problem+json (RFC 9457): a status, a sentence, and the path of each field it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from crm.errors import CrmError

CONTENT_TYPE = "application/problem+json"


class Replay(Exception):
    """Not an error: the stored answer to a request that came before with the same Idempotency-Key."""

    def __init__(self, response: Response) -> None:
        self.response = response


def handle(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Unknown errors fly on to the server's 500."""
    if isinstance(problem, Replay):
        return problem.response
    code, title, errors, headers = _read(problem)
    if not code:
        return None
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": code}
    if errors:
        body["errors"] = errors
    body |= getattr(problem, "more", {})
    return Response(body, status=code, headers=headers, content_type=CONTENT_TYPE)


def _read(problem: Exception) -> tuple[int, str, list[dict[str, str]], dict[str, str]]:
    match problem:
        case CrmError():
            errors = [{"path": problem.field, "message": problem.message}] if problem.field else []
            return problem.status, problem.message, errors, {}
        case Http404():
            return 404, "There is no such record, or you may not see it.", [], {}
        case PermissionDenied():
            return 403, "Your role does not let you do this.", [], {}
        case ProtectedError():
            return 409, "Other records need this one.", [], {}
        case DjangoValidationError():
            return _read(exceptions.ValidationError(as_serializer_error(problem)))
        case exceptions.ValidationError():
            errors = list(_flat(problem.detail, ""))
            return 400, "Some of the input cannot be used as it is.", errors, {}
        case exceptions.APIException():
            headers = {}
            if challenge := getattr(problem, "auth_header", None):
                headers["WWW-Authenticate"] = challenge
            if wait := getattr(problem, "wait", None):
                headers["Retry-After"] = str(int(wait))
            return problem.status_code, str(problem.detail), [], headers
    return 0, "", [], {}


def _flat(detail: Any, path: str) -> Iterator[dict[str, str]]:
    """{"lines": [{}, {"quantity": ["No."]}]} -> lines/1/quantity: No."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flat(inner, f"{path}/{name}".strip("/"))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            yield from _flat(inner, f"{path}/{index}" if isinstance(inner, dict | list) else path)
    else:
        yield {"path": path, "message": str(detail)}
