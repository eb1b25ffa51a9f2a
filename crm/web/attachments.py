"""The files of a record: shown, brought, downloaded, taken off."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.actions.attachments import attach_file, attachments_of, remove_attachment
from crm.errors import CrmError
from crm.models import Attachment
from crm.queries.addresses import address_of
from crm.queries.named import record_named
from crm.web.frame import frame_of
from crm.web.pages import answer, done, is_htmx
from crm.web.requests import SignedIn

SHOWN = 50


def files_panel(request: HttpRequest, record: Any) -> SafeString:
    """The box “Files” on a record's page."""
    return SafeString(render_to_string("crm/attachments/_files.html", _context(request, record), request))


def _context(request: HttpRequest, record: Any, problems: list[str] | None = None) -> dict[str, Any]:
    files = list(attachments_of(record).select_related("by")[: SHOWN + 1])
    return {
        "record": record,
        "label": f"{record._meta.label_lower}:{record.pk}",
        "files": files[:SHOWN],
        "has_more": len(files) > SHOWN,
        "may_change": frame_of(request, record).may_change,
        "problems": problems or [],
    }


@login_required
def all_files(request: SignedIn, label: str) -> HttpResponse:
    """Every file of a record, where the box shows only the newest."""
    from crm.web.lists import page_of

    record = _seen(label, request)
    page = page_of(request, attachments_of(record).select_related("by"))
    context = {"record": record, "page": page, "address": address_of(record)}
    return render(request, "crm/attachments/page.html", context)


@login_required
@require_POST
def attach(request: SignedIn, label: str) -> HttpResponse:
    """Bring one or more files; those that are not taken say why, the others stay."""
    record = _seen(label, request).must_be_editable_by(request.user)
    problems, taken = [], 0
    for upload in request.FILES.getlist("file"):
        try:
            attach_file(record, upload, by=request.user)
            taken += 1
        except CrmError as problem:
            problems.append(problem.message)
    if not taken and not problems:
        problems.append(_("Choose a file first."))
    if is_htmx(request):
        status = 422 if problems else 200
        return render(request, "crm/attachments/_files.html", _context(request, record, problems), status=status)
    return done(request, " ".join(problems) or _("Attached."), address_of(record) or "/")


@login_required
def download(request: SignedIn, pk: int) -> FileResponse:
    """The bytes: a picture may be drawn, everything else is saved. Never a page of our origin."""
    attachment = _visible(pk, request)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    is_drawn = attachment.is_picture and "download" not in request.GET
    response = FileResponse(content, as_attachment=not is_drawn, filename=attachment.name)
    response["Content-Type"] = attachment.media_type if is_drawn else "application/octet-stream"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    attachment = _visible(pk, request)
    record: Any = attachment.record
    record.must_be_editable_by(request.user)
    try:
        remove_attachment(attachment, by=request.user)
    except CrmError as problem:
        return answer(request, problem, address_of(record))
    if is_htmx(request):
        return render(request, "crm/attachments/_files.html", _context(request, record))
    return done(request, _("%s is gone.") % attachment.name, address_of(record) or "/")


def _seen(label: str, request: SignedIn) -> Any:
    record = record_named(label, request.user)
    if record is None or not hasattr(record, "must_be_editable_by"):
        raise Http404
    return record


def _visible(pk: int, request: SignedIn) -> Attachment:
    """Who sees the record sees its files."""
    attachment = get_object_or_404(Attachment.objects.select_related("record_type"), pk=pk)
    model: Any = attachment.record_type.model_class()
    see_or_404(model, attachment.record_id, request.user)
    return attachment
