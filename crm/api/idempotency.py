"""`Idempotency-Key` on writes: the same key with the same request gets the same answer, for a day."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.problems import Replay
from crm.errors import Invalid, NotAllowed
from crm.models import IdempotentRequest, User

KEPT_FOR = timedelta(days=1)


def begin(request: Request) -> IdempotentRequest | None:
    """Reserve the request's key. Raises Replay with the stored answer, or NotAllowed while the first one still runs."""
    key = request.headers.get("Idempotency-Key", "")
    user = request.user
    if not key or not isinstance(user, User) or request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    if len(key) > 100:
        raise Invalid("An Idempotency-Key has at most 100 characters.", field="Idempotency-Key")
    print_ = _fingerprint(request)
    IdempotentRequest.objects.filter(user=user, key=key, at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(user=user, key=key, fingerprint=print_)
    except IntegrityError:
        earlier = IdempotentRequest.objects.get(user=user, key=key)
    if earlier.fingerprint != print_:
        raise Invalid("This Idempotency-Key was used for another request.", field="Idempotency-Key")
    if earlier.status is None:
        raise NotAllowed("The first request with this Idempotency-Key is still being worked on.")
    raise Replay(Response(json.loads(earlier.body) if earlier.body else None, status=earlier.status))


def finish(reserved: IdempotentRequest, response: Any) -> None:
    """Keep the answer; after a server error forget the key, so that the client may try again."""
    if response.status_code >= 500:
        reserved.delete()
        return
    body = response.content.decode() if "json" in response.headers.get("Content-Type", "") else ""
    IdempotentRequest.objects.filter(pk=reserved.pk).update(status=response.status_code, body=body)


def _fingerprint(request: Request) -> str:
    """Of a JSON body all of it; of an upload only its size, which may be many megabytes."""
    is_json = "json" in (request.content_type or "")
    body = request._request.body if is_json else request.headers.get("Content-Length", "").encode()
    return hashlib.sha256(
        b"\n".join([str(request.method).encode(), request.get_full_path().encode(), body])
    ).hexdigest()
