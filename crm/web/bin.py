"""The bin: what was deleted, by whom, what went along; bring it back, or destroy it for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.access.see import must_be_able_to, see_or_404
from crm.actions.bin import delete_record, restore_record
from crm.actions.purging import purge_deletion
from crm.errors import CrmError, Forbidden
from crm.hooks import records
from crm.models import Deletion, User
from crm.queries.bin import kinds_in_bin, lines_of, what_went_along
from crm.web.lists import page_of
from crm.web.pages import answer, done
from crm.web.requests import SignedIn


@login_required
@require_GET
def bin_(request: SignedIn) -> HttpResponse:
    seen = _seen(request)
    rows = _narrowed(request, seen)
    page = page_of(request, rows.select_related("deleted_by"))
    context = {
        "page": page,
        "lines": lines_of(list(page)),
        "restorable": set(_restorable(request).filter(pk__in=[one.pk for one in page]).values_list("pk", flat=True)),
        "may_destroy": request.user.may("crm.deletion", "delete"),
        "kinds": kinds_in_bin(seen),
        "people": User.objects.filter(pk__in=seen.order_by().values("deleted_by")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "kind", "by")),
    }
    return render(request, "crm/bin/list.html", context)


def _narrowed(request: SignedIn, rows: QuerySet[Deletion]) -> QuerySet[Deletion]:
    text, label, by = (request.GET.get(name, "") for name in ("q", "kind", "by"))
    for word in text.replace("\0", "").split()[:6]:
        rows = rows.filter(name__icontains=word)
    if label:
        app, __, model = label.partition(".")
        rows = rows.filter(record_type=ContentType.objects.filter(app_label=app, model=model).first())
    if by.isdigit():
        rows = rows.filter(deleted_by=int(by))
    return rows


@login_required
@require_GET
def deletion(request: SignedIn, pk: int) -> HttpResponse:
    shown = get_object_or_404(_seen(request).select_related("deleted_by"), pk=pk)
    context = {
        "line": lines_of([shown])[0],
        "along": what_went_along(shown, request.user),
        "may_restore": _restorable(request).filter(pk=pk).exists(),
        "may_destroy": request.user.may("crm.deletion", "delete"),
    }
    return render(request, "crm/bin/detail.html", context)


@login_required
@require_POST
def delete(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """Delete from the ⋯ menu of a record: into the bin, with a way back in the toast."""
    if not records.known(label):
        raise Http404
    kind = records.get(label)
    record = see_or_404(kind.model, pk, request.user)
    must_be_able_to(request.user, "delete", record)
    try:
        put = delete_record(record, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())  # type: ignore[attr-defined]
    return done(request, undo_toast(put), reverse(kind.list_url))


def undo_toast(put: Deletion) -> SafeString:
    """“Northwind” is in the bin. Undo"""
    return render_to_string("crm/bin/_undo.html", {"deletion": put})


@login_required
@require_POST
def restore(request: SignedIn, pk: int) -> HttpResponse:
    shown = get_object_or_404(_seen(request), pk=pk)
    back = reverse("crm:bin")
    if not _restorable(request).filter(pk=pk).exists():
        raise Forbidden(_("You may see that this was deleted, but your role does not let you restore it."))
    try:
        record = restore_record(shown, by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    address = record.get_absolute_url() if hasattr(record, "get_absolute_url") else back
    return done(request, _("“%s” is back.") % record, address)


@login_required
@require_POST
def restore_many(request: SignedIn) -> HttpResponse:
    """Those ticked on the page; what cannot come back says why."""
    done_, problems = _each(request, _restorable(request), lambda one: restore_record(one, by=request.user))
    if done_:
        messages.success(request, ngettext("%s record is back.", "%s records are back.", done_) % done_)
    return _back_with(request, problems)


@login_required
@require_POST
def purge(request: SignedIn) -> HttpResponse:
    """Destroy what is ticked, for good. Administrators only, unless the roles say otherwise."""
    if not request.user.may("crm.deletion", "delete"):
        raise Forbidden(_("Only administrators destroy what is in the bin."))
    now = timezone.now()
    done_, problems = _each(request, _seen(request), lambda one: purge_deletion(one, by=request.user, now=now))
    if done_:
        messages.success(request, ngettext("%s record is destroyed.", "%s records are destroyed.", done_) % done_)
    return _back_with(request, problems)


def _each(request: SignedIn, rows: QuerySet[Deletion], act: Callable[[Deletion], Any]) -> tuple[int, list[str]]:
    """Each on its own, so that one which cannot does not hold back the others. A page's worth at the most."""
    ids = [int(pk) for pk in request.POST.getlist("ids")[:200] if pk.isdigit()]
    count, problems = 0, []
    for one in rows.filter(pk__in=ids).order_by("deleted_at", "pk"):
        try:
            act(one)
            count += 1
        except CrmError as problem:
            problems.append(problem.message)
    return count, problems


def _back_with(request: SignedIn, problems: list[str]) -> HttpResponse:
    for sentence in problems[:5]:
        messages.error(request, sentence)
    if len(problems) > 5:
        messages.error(request, _("%s more could not.") % (len(problems) - 5))
    return redirect(f"{reverse('crm:bin')}?{request.GET.urlencode()}")


def _seen(request: SignedIn) -> QuerySet[Deletion]:
    if not request.user.may("crm.deletion", "view"):
        raise Forbidden(_("Your role does not let you look into the bin."))
    return Deletion.objects.in_bin().visible_to(request.user)


def _restorable(request: SignedIn) -> QuerySet[Deletion]:
    return Deletion.objects.in_bin().restorable_by(request.user)
