"""Leads from a file: captured as by hand, so that a person has one record and one open lead."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.actions.notifications import tell
from crm.actions.records import change_record
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import cells
from crm.imports.headers import WORDS
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row, find_by_id
from crm.imports.targets import ID, may_assign, targets_of
from crm.models import Import, ImportLine
from sales.actions.assignment_news import bell_of_many
from sales.actions.leads import capture_lead, disqualify_lead
from sales.actions.unassigned import assign_by_rules
from sales.models import DisqualifyReason, Lead
from sales.models.leads import LeadStatus

MOST_NAMED = 5

PERSON = ("email", "first_name", "last_name", "phone", "job_title", "country")
OWN = (
    "rating", "campaign", "source", "need", "timeframe", "budget_status", "budget_amount", "currency", "decision_maker",
    "description", "owner", "custom", "source_kind", "progress", "purchase_process", "is_fit", "is_interested",
    "qualification_notes", "estimated_revenue", "estimated_close", "industry", "website", "employees", "annual_revenue",
    "priority", "preferred_contact", "follow_up_on", "qualify_by",
)  # fmt: skip


def targets(habits: Habits) -> list[Target]:
    left_out = ["team", *([] if may_assign(habits.by, "sales.lead") else ["owner"])]
    reasons = cells.one_of(DisqualifyReason.choices)
    return [
        Target("email", _("Email"), "email", WORDS["email"], cells.email, 254),
        Target("first_name", _("First name"), words=WORDS["first_name"], max_length=100),
        Target("last_name", _("Last name"), words=WORDS["last_name"], max_length=100),
        Target("full_name", _("Full name"), words=WORDS["full_name"], max_length=200),
        Target("phone", _("Phone"), "phone", (*WORDS["phone"], *WORDS["mobile"]), max_length=40),
        Target("job_title", _("Job title"), words=WORDS["job_title"], max_length=100),
        Target("country", _("Country"), "choice", WORDS["country"], cells.country, 100),
        *targets_of("sales.lead", habits, leave_out=left_out),
        Target("disqualify_reason", _("Disqualified because"), "choice", ("disqualifyreason",), reasons, 60),
        ID,
    ]


def complaint(names: set[str], creates: bool) -> str:
    if not names & {"id", "email", "last_name", "full_name"}:
        return "No column says who the lead is. Map “Email”, “Last name” or “Full name”."
    return ""


def finish(values: Values) -> str:
    if full := values.pop("full_name", ""):
        first, _space, last = str(full).rpartition(" ")
        values.setdefault("last_name", last[:100])
        if first:
            values.setdefault("first_name", first[:100])
    return "" if set(values) & {"id", "email", "last_name", "first_name"} else "Neither a name nor an email is given."


def key(values: Values) -> str:
    return f"id:{values['id']}" if "id" in values else str(values.get("email", "")).lower()


def find(rows: Sequence[Row], desk: Desk) -> None:
    """By id; else the open lead of the person with this address."""
    rest = [row for row in find_by_id(rows, desk, Lead) if "email" in row.values]
    addresses = {row.values["email"].lower() for row in rest}
    open_leads = Lead.objects.alive().open().filter(contact__email_normal__in=addresses).select_related("contact")
    known = {lead.contact.email_normal: lead for lead in open_leads}
    for row in rest:
        row.record = known.get(row.values["email"].lower())


def create(values: Values, desk: Desk) -> Lead:
    person = {name: values[name] for name in PERSON if name in values}
    said = {name: values[name] for name in OWN if name in values}
    company = values.get("company_name", "")
    topic = values.get("topic") or values.get("source") or company or "Imported"
    reason = values.get("disqualify_reason")
    by_rules = desk.of.assigns_by_rules and not reason
    lead, _is_new = capture_lead(
        topic=topic[:300], company=company, by=desk.by, by_rules=by_rules, later=True, **person, **said
    )
    if reason:
        lead = disqualify_lead(lead, reason=reason, by=desk.by)
    return lead


def change(lead: Lead, values: Values, desk: Desk) -> Lead:

    reason = values.pop("disqualify_reason", "")
    if values:
        lead = change_record(lead, values, by=desk.by)
    return disqualify_lead(lead, reason=reason, by=desk.by) if reason else lead


def settle(rows: Sequence[Row], desk: Desk) -> None:
    """The rules choose for the new leads of the batch that name nobody: few queries for all, undone with the batch."""
    if not desk.of.assigns_by_rules:
        return
    tried = assign_by_rules(Lead.objects.filter(pk__in=[row.line.record_id for row in rows]), by=desk.by, rings=False)
    versions = dict(Lead.objects.filter(pk__in=[lead.pk for lead in tried]).values_list("pk", "version"))
    for row in rows:
        row.line.version = versions.get(row.line.record_id or 0, row.line.version)


def finished(of: Import) -> str:
    """Who was given how many by the rules; each of them is told once."""
    if not of.assigns_by_rules:
        return ""
    made = of.lines.filter(verdict=ImportLine.Verdict.CREATE).values("record_id")
    leads = Lead.objects.filter(pk__in=made).order_by()
    given = leads.exclude(assignment_rule=None).exclude(owner=None)
    counts = list(given.values_list("owner", "owner__name").annotate(n=Count("pk")).order_by("-n", "owner__name"))
    tell([bell_of_many(owner, n, f"import:{of.pk}:given:{owner}") for owner, _name, n in counts])
    shares = [f"{name} {n:,}" for _owner, name, n in counts[:MOST_NAMED]]
    if len(counts) > MOST_NAMED:
        rest = sum(n for _owner, _name, n in counts[MOST_NAMED:])
        shares.append(gettext("others %(n)s") % {"n": f"{rest:,}"})
    said = gettext("Given by the rules: %(shares)s.") % {"shares": ", ".join(shares)} if shares else ""
    waiting = leads.filter(owner=None, status=LeadStatus.OPEN).count()
    left = ngettext("%(n)s lead is nobody’s yet.", "%(n)s leads are nobody’s yet.", waiting) % {"n": f"{waiting:,}"}
    return " ".join(filter(None, [said, left if waiting else ""]))


IMPORTER = Importer(
    name="sales.lead",
    label=_("Leads"),
    icon="user-star",
    targets=targets,
    work=ByRow(RowKind(Lead, "sales.lead", "lead", create, change, find, settle=settle)),
    recognised=_("A person has one open lead: it is recognised by their email address, or by its id."),
    list_url="sales:leads",
    complaint=complaint,
    finish=finish,
    key=key,
    same_key="The same person stands in line {line}.",
    related=_("New tags are made."),
    by_rules=_(
        "New leads that the file names no owner for; else they are yours. Those who get some are told at the end."
    ),
    finished=finished,
    examples=(
        ("Topic", "First name", "Last name", "Email", "Phone", "Company", "Country", "Source", "Owner"),
        ("Wants a demo", "Asha", "Rao", "asha@northwind.example", "+91 98200 12345", "Northwind", "IN", "Fair", ""),
    ),
    order=30,
)
