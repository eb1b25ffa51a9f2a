"""The first line of every page about one import: see it, or 404."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from crm.models import Import


def see(request: HttpRequest, pk: int) -> Import:
    of = Import.objects.visible_to(request.user).select_related("owner", "reverted_by").filter(pk=pk).first()
    if of is None:
        raise Http404
    return of
