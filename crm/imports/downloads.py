"""Files for people: the lines with errors in the format of the file they came in, and an example to begin with."""

from __future__ import annotations

import csv
import tempfile

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from crm.errors import NotAllowed
from crm.hooks.importers import Importer
from crm.imports.files import errors_as_text, errors_as_workbook
from crm.models import Import

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def errors_file(of: Import) -> StreamingHttpResponse | FileResponse:
    """Raises NotAllowed where the file is kept no longer."""
    if not of.file:
        raise NotAllowed(
            "The file itself is kept no longer, as the rules of privacy say; so its lines cannot be given back."
        )
    name = f"{of.file_name.rpartition('.')[0] or of.file_name} – errors"
    if of.rows:
        spool = tempfile.NamedTemporaryFile(prefix="tandem-errors-", suffix=".xlsx")  # noqa: SIM115 – the response closes it
        errors_as_workbook(of, spool.name)
        return FileResponse(spool, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    disposition = content_disposition_header(True, f"{name}.csv") or "attachment"
    return StreamingHttpResponse(
        errors_as_text(of), content_type="text/csv", headers={"Content-Disposition": disposition}
    )


def example_file(importer: Importer) -> HttpResponse:
    """A CSV with the usual columns and a line that shows what goes where."""
    name = f"{importer.name.rpartition('.')[2]}-example.csv"
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    csv.writer(response).writerows(importer.examples)
    return response
