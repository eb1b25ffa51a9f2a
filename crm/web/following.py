"""What the reader follows, newest first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from crm.hooks import records
from crm.models import Follow
from crm.queries.naming import names_for
from crm.web.lists import page_of
from crm.web.requests import SignedIn


@login_required
def following(request: SignedIn) -> HttpResponse:
    page = page_of(request, Follow.objects.filter(user=request.user).select_related("record_type"))
    keys = {row.pk: (f"{row.record_type.app_label}.{row.record_type.model}", row.record_id) for row in page}
    named = names_for(request.user, keys.values())
    rows = [
        {
            "label": label,
            "pk": pk,
            "named": named[label, pk],
            "kind": records.get(label) if records.known(label) else None,
        }
        for label, pk in (keys[row.pk] for row in page)
    ]
    return render(request, "crm/following.html", {"page": page, "rows": rows})
