"""Accounts, contacts and activities as kinds of record: their fields, named and typed once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm import filters
from crm.actions.accounts import change_account
from crm.actions.activities import change_activity
from crm.countries import countries
from crm.hooks import records
from crm.hooks.records import Field, RecordKind, View
from crm.hooks.registry import Text
from crm.models import Account, Activity, Contact, Currency
from crm.search.finding import narrow

OWNER = Field("owner", _("Owner"), "person")
TEAM = Field("team", _("Team"), "lookup", to="crm.team")
TAGS = Field("tags", _("Tags"), "tags")
CREATED = Field("created_at", _("Created"), "moment", sort="created_at", is_editable=False)
CHANGED = Field("updated_at", _("Changed"), "moment", sort="updated_at", is_editable=False)
CREATOR = Field("created_by", _("Created by"), "person", is_editable=False)
BOOKKEEPING = (OWNER, TEAM, TAGS, CREATED, CHANGED, CREATOR)
"""What every kind of record has; sales uses them, too."""


def register_all() -> None:
    for kind in (ACCOUNT, CONTACT, ACTIVITY):
        records.register(kind)


def currencies() -> list[tuple[str, str]]:
    return list(Currency.objects.values_list("code", "name"))


def locked_if_inactive(record: Any) -> Text:
    """Dynamics' rule: an inactive record is read-only until somebody reactivates it."""
    return "" if record.is_active else _("It is inactive, and so read-only. Reactivate it to change it.")


def locked_if_done(activity: Activity) -> Text:
    if activity.status == Activity.Status.CANCELLED:
        return _("It was cancelled.")
    return ""


_ADDRESS = (
    Field("street", _("Street"), group=_("Address")),
    Field("postal_code", _("Postal code"), group=_("Address")),
    Field("city", _("City"), sort="city", group=_("Address")),
    Field("region", _("Region"), group=_("Address")),
    Field("country", _("Country"), "choice", sort="country", choices=countries, group=_("Address")),
)

ACCOUNT = RecordKind(
    name="crm.account",
    model=Account,
    label=_("Account"),
    plural=_("Accounts"),
    icon="building",
    fields=(
        Field("name", _("Name"), sort="name", is_required=True, group=_("Company")),
        Field("number", _("Number"), group=_("Company")),
        Field("parent", _("Parent account"), "lookup", to="crm.account", group=_("Company")),
        Field("primary_contact", _("Primary contact"), "lookup", to="crm.contact", group=_("Company")),
        Field("industry", _("Industry"), group=_("Company")),
        Field("employees", _("Employees"), "number", group=_("Company")),
        Field("annual_revenue", _("Annual revenue"), "money", group=_("Company")),
        Field("currency", _("Currency"), "choice", choices=currencies, group=_("Company")),
        Field("vat_id", _("VAT id"), group=_("Company")),
        Field("website", _("Website"), "url", group=_("Ways to reach it")),
        Field("email", _("Email"), "email", group=_("Ways to reach it")),
        Field("phone", _("Phone"), "phone", group=_("Ways to reach it")),
        *_ADDRESS,
        Field("description", _("Description"), "longtext"),
        Field("is_active", _("Active"), "yesno", is_editable=False),
        *BOOKKEEPING,
    ),
    columns=("name", "city", "country", "industry", "owner", "updated_at"),
    sort="name",
    views=(
        View("active", _("Accounts"), "is_active=yes"),
        View("mine", _("My accounts"), "is_active=yes&owner=me"),
        View("team", _("My team's accounts"), "is_active=yes&owner=team"),
        View("new", _("New in the last 30 days"), "created_at__last=30&sort=-created_at"),
        View("all", _("All accounts, inactive ones too"), ""),
        View("inactive", _("Inactive accounts"), "is_active=no"),
    ),
    list_url="crm:accounts",
    matching=narrow,
    related=("owner",),
    change=change_account,
    locked=locked_if_inactive,
    in_head=("is_active",),
)

CONTACT = RecordKind(
    name="crm.contact",
    model=Contact,
    label=_("Contact"),
    plural=_("Contacts"),
    icon="user",
    fields=(
        Field(
            "name",
            _("Name"),
            sort="last_name,first_name",
            template="crm/contacts/_name.html",
            is_editable=False,
            is_column=False,
        ),
        Field("first_name", _("First name"), group=_("Person")),
        Field("last_name", _("Last name"), sort="last_name,first_name", is_required=True, group=_("Person")),
        Field("job_title", _("Job title"), group=_("Person")),
        Field("department", _("Department"), group=_("Person")),
        Field("account", _("Account"), "lookup", to="crm.account", instead="company_name", group=_("Person")),
        Field("company_name", _("Company as they wrote it"), group=_("Person")),
        Field("email", _("Email"), "email", sort="email_normal", group=_("Ways to reach them")),
        Field("mobile", _("Mobile"), "phone", group=_("Ways to reach them")),
        Field("phone", _("Phone"), "phone", group=_("Ways to reach them")),
        Field("do_not_email", _("Do not email"), "yesno", group=_("Ways to reach them")),
        Field("do_not_sms", _("Do not SMS"), "yesno", group=_("Ways to reach them")),
        Field("do_not_phone", _("Do not phone"), "yesno", group=_("Ways to reach them")),
        Field("language", _("Language"), group=_("Ways to reach them")),
        Field("time_zone", _("Time zone"), group=_("Ways to reach them")),
        *_ADDRESS,
        Field("origin", _("Came from")),
        Field("description", _("Description"), "longtext"),
        Field("is_prospect", _("Prospect"), "yesno", is_editable=False),
        Field("is_active", _("Active"), "yesno", is_editable=False),
        Field("last_active_at", _("Last active"), "moment", is_editable=False),
        *BOOKKEEPING,
    ),
    columns=("name", "account", "job_title", "email", "country", "owner", "last_active_at"),
    sort="name",
    views=(
        View("active", _("Contacts"), "is_active=yes&prospects=without"),
        View("mine", _("My contacts"), "is_active=yes&prospects=without&owner=me"),
        View("team", _("My team's contacts"), "is_active=yes&prospects=without&owner=team"),
        View("new", _("New in the last 30 days"), "prospects=without&created_at__last=30&sort=-created_at"),
        View("prospects", _("Prospects"), "prospects=only&sort=-created_at"),
        View("everybody", _("Contacts and prospects"), "prospects=with"),
        View("inactive", _("Inactive contacts"), "is_active=no"),
    ),
    list_url="crm:contacts",
    matching=narrow,
    filterset=filters.ContactFilter,
    related=("account", "owner"),
    locked=locked_if_inactive,
    in_head=("name", "is_active", "is_prospect", "do_not_email", "do_not_sms", "do_not_phone"),
)

ACTIVITY = RecordKind(
    name="crm.activity",
    model=Activity,
    label=_("Activity"),
    plural=_("Activities"),
    icon="checkbox",
    fields=(
        Field("subject", _("Subject"), sort="subject", is_required=True, template="crm/activities/_subject.html"),
        Field("kind", _("Kind"), "choice", choices=lambda: Activity.Kind.choices, is_editable=False),
        Field("status", _("Status"), "choice", sort="status", choices=lambda: Activity.Status.choices,
              template="crm/activities/_status.html", is_editable=False),
        Field("due_at", _("Due"), "moment", sort="due_at"),
        Field("ends_at", _("Ends"), "moment"),
        Field("done_at", _("Done"), "moment", is_editable=False),
        Field("priority", _("Priority"), "choice", choices=lambda: Activity.Priority.choices, is_required=True),
        Field("reminder", _("Reminder"), "choice", choices=lambda: Activity.Reminder.choices),
        Field("direction", _("Direction"), "choice", choices=lambda: Activity.Direction.choices),
        Field("outcome", _("Outcome")),
        Field("location", _("Where")),
        Field("contact", _("Contact"), "lookup", to="crm.contact"),
        Field("account", _("Account"), "lookup", to="crm.account"),
        Field("body", _("Text"), "longtext"),
        *BOOKKEEPING,
    ),
    columns=("subject", "status", "contact", "account", "due_at", "owner"),
    sort="-due_at",
    views=(
        View("all", _("Activities"), ""),
        View("my-open", _("My open activities"), "owner=me&status=open&sort=due_at"),
        View("my-late", _("My overdue activities"), "owner=me&late=yes&sort=due_at"),
        View("today", _("Due today"), "status=open&due_at__in=today&sort=due_at"),
        View("this-week", _("Due this week"), "status=open&due_at__in=this_week&sort=due_at"),
        View("team-late", _("Overdue in my team"), "owner=team&late=yes&sort=due_at"),
        View("done", _("Done in the last 7 days"), "status=done&done_at__last=7"),
    ),
    list_url="crm:activities",
    matching=narrow,
    filterset=filters.ActivityFilter,
    related=("owner", "contact", "account"),
    change=change_activity,
    locked=locked_if_done,
    in_head=("kind", "status", "body"),
)  # fmt: skip
