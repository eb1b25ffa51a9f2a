"""Set-up › Exports: what is no list of records, as a file that the importer reads back."""

from __future__ import annotations

import logging
from tempfile import TemporaryFile

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.access.depths import may
from crm.bulk.sheets import MEDIA_TYPES
from crm.errors import Forbidden
from crm.exporting import write_export
from crm.hooks import exports as hook
from crm.hooks import records
from crm.web.requests import SignedIn

log = logging.getLogger(__name__)


@login_required
@require_GET
def exports(request: SignedIn) -> HttpResponse:
    """Each kind with its two files; records are exported from their lists."""
    kinds = [kind for kind in records.all_kinds() if may(request.user, kind.name, "export")]
    offered = hook.open_to(request.user)
    if not kinds and not offered:
        raise Forbidden(_("Your role does not let you export anything."))
    return render(request, "crm/exports.html", {"exports": offered, "kinds": kinds})


@login_required
@require_GET
def download(request: SignedIn, name: str, file_format: str) -> HttpResponse | FileResponse:
    """404 for what there is not, or what the role does not let one export."""
    export = next((one for one in hook.open_to(request.user) if one.name == name), None)
    if export is None or file_format not in MEDIA_TYPES:
        raise Http404
    spool = TemporaryFile()  # noqa: SIM115 – the response closes it
    count = write_export(export, file_format=file_format, user=request.user, into=spool)
    log.info("%s exported %s rows of %s.", request.user.email, count, export.name)
    spool.seek(0)
    shown = f"{export.label} {timezone.localdate():%Y-%m-%d}.{file_format}"
    return FileResponse(spool, as_attachment=True, filename=shown, content_type=MEDIA_TYPES[file_format])
