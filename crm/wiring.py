"""What crm puts on the hooks for everybody, and its own jobs."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm import jobs, wiring_duplicates, wiring_letters
from crm.access.depths import Depth
from crm.hooks import notices, paths
from crm.hooks.navigation import Door
from crm.hooks.navigation import register as register_door
from crm.hooks.resources import EVERYTHING, OWNED, READS, declare
from crm.log import kinds

OWN, TEAM, BRANCH, ALL, NONE = Depth.OWN, Depth.TEAM, Depth.BRANCH, Depth.ALL, Depth.NONE


def wire() -> None:
    """Register everything; called once, from CrmConfig.ready()."""
    _resources()
    _records()
    _notices()
    wiring_duplicates.wire()
    wiring_letters.wire()
    _kinds()
    _hits()
    _rules()
    _shell()
    _files()
    _privacy()
    _imports()
    _bulk()
    _bin()
    _delivery()
    _deliverability()
    _mailboxes()
    _people()
    _doors()
    jobs.register_recurring("crm.tasks.beat", timedelta(seconds=5))


def _resources() -> None:
    """Customers are the whole company's to see, and a rep changes their own: as Dynamics' salesperson role does."""
    declare(
        "crm.account",
        "Accounts",
        (*OWNED, "merge"),
        rep=(ALL, OWN, TEAM, NONE),
        manager=(ALL, OWN, BRANCH, BRANCH),
        marketer=READS,
    )
    declare(
        "crm.contact",
        "Contacts",
        (*OWNED, "merge"),
        rep=(TEAM, OWN, TEAM, NONE),
        manager=(ALL, OWN, BRANCH, BRANCH),
        marketer=EVERYTHING,
    )
    declare(
        "crm.activity",
        "Activities",
        OWNED,
        rep=(TEAM, OWN, OWN, OWN),
        manager=(ALL, OWN, BRANCH, BRANCH),
        marketer=READS,
    )
    declare("crm.campaign", "Campaigns", rep=READS, manager=READS, marketer=EVERYTHING)
    declare(
        "crm.bulkrun",
        "Bulk work",
        rep=(OWN, OWN, OWN, NONE),
        manager=(BRANCH, OWN, OWN, NONE),
        marketer=(OWN, OWN, OWN, NONE),
    )
    declare(
        "crm.deletion",
        "Bin",
        rep=READS,
        manager=(ALL, NONE, ALL, NONE),
        marketer=(ALL, NONE, ALL, NONE),
    )
    declare("crm.import", "Imports", manager=EVERYTHING, marketer=EVERYTHING)
    declare("crm.message", "Messages and Outbox", manager=READS, marketer=(ALL, NONE, ALL, NONE))
    declare(
        "crm.consent",
        "Consent",
        ("export",),
        rep=(NONE, OWN, NONE, NONE),
        manager=(ALL, ALL, NONE, NONE),
        marketer=EVERYTHING,
    )
    declare(
        "crm.apitoken",
        "API tokens",
        rep=(OWN, OWN, OWN, OWN),
        manager=(OWN, OWN, OWN, OWN),
        marketer=(OWN, OWN, OWN, OWN),
    )
    declare(
        "crm.savedview",
        "Views of lists kept for others",
        rep=(ALL, TEAM, OWN, OWN),
        manager=EVERYTHING,
        marketer=(ALL, ALL, OWN, OWN),
    )
    declare("crm.tag", "Tags", rep=READS, manager=EVERYTHING, marketer=EVERYTHING)
    declare("crm.user", "Users, teams and roles", manager=READS)
    declare("crm.company", "Company settings")
    declare("crm.customfield", "Custom fields")
    declare("crm.sender", "Senders", marketer=EVERYTHING)
    declare("crm.health", "Health", manager=READS, marketer=READS)


def _records() -> None:
    """Imported here: the kinds read models and filters, which are ready only now."""
    from crm import merge_rules, record_kinds
    from crm.actions.following import tell_followers
    from crm.actions.merging import is_late
    from crm.actions.normal_forms import is_waiting
    from crm.actions.reminders import is_waiting as reminders_wait
    from crm.custom_fields import definitions, work
    from crm.hooks import panels, records, tabs
    from crm.log import reading
    from crm.queries.attendance import attended_by
    from crm.web import account_roles, record_menu, related
    from crm.web.consent import consent_tab
    from crm.web.history import has_history, history_tab

    record_kinds.register_all()
    merge_rules.register_all()
    jobs.register_sweep("crm.tasks.send_reminders", reminders_wait)
    jobs.register_recurring("crm.tasks.extend_series", timedelta(days=1))
    paths.register("activity through attendance", "crm.activity", attended_by, _("You take part in it."))
    jobs.register_sweep("crm.tasks.gather_after_merges", is_late)
    record_menu.register_all()
    related.register_all()
    tabs.register(tabs.Tab("hierarchy", "crm.account", _("Hierarchy"), related.hierarchy_tab, 30))
    tabs.register(tabs.Tab("consent", "crm.contact", _("Consent"), consent_tab, 50))
    tabs.register(tabs.Tab("related", tabs.EVERY, _("Related"), related.related_tab, 40, related.has_related))
    panels.register(panels.Panel("crm.people", "crm.account", _("People"), account_roles.people_panel, 10))
    panels.register(
        panels.Panel("crm.roles", "crm.contact", _("Roles elsewhere"), account_roles.roles_panel, 75, travels=False)
    )
    tabs.register(tabs.Tab("history", tabs.EVERY, _("History"), history_tab, 90, has_history))
    reading.register(reading.Reader("followers", tell_followers, kinds.news, from_start=False))
    records.add_fields(definitions.fields_of)
    jobs.register_sweep("crm.tasks.work_on_custom_fields", work.is_due)
    jobs.register_sweep("crm.tasks.make_normal_forms", is_waiting)


def _notices() -> None:
    notices.declare("assigned", _("A record is given to you or to your team"), order=5)
    notices.declare("mention", _("Somebody mentions you"), order=10)
    notices.declare("reminder", _("A reminder that you set on an activity"), order=12)
    notices.declare("answer", _("Somebody answers an invitation of yours"), order=14)
    notices.declare("followed", _("Something happens to a record you follow"), order=40)
    notices.declare("journey", _("A journey tells your team something"), order=60)
    notices.declare("work", _("An import, an export or a bulk change of yours is done, or could not go on"), order=70)
    notices.declare("news", _("Anything else"), order=90)
    jobs.register_recurring("crm.tasks.send_digests", timedelta(minutes=15))


def _privacy() -> None:
    from crm.hooks.panels import Panel
    from crm.hooks.panels import register as register_panel
    from crm.privacy import keeping, own
    from crm.web.privacy import known_panel

    declare("crm.privacy", "Privacy requests and retention")
    own.register_all()
    keeping.register_all()
    register_panel(Panel("crm.known", "crm.contact", _("Known from"), known_panel, order=90, travels=False))
    jobs.register_recurring("crm.tasks.clear_old_data", timedelta(days=1))
    see = ("crm.privacy", "view")
    register_door(Door("crm.privacy", "setup", _("Privacy"), "admin:crm_retention", "shield-half", see, 67))


def _files() -> None:
    from crm.hooks.panels import EVERY, Panel
    from crm.hooks.panels import register as register_panel
    from crm.web.attachments import files_panel

    register_panel(Panel("crm.files", EVERY, _("Files"), files_panel, order=80, travels=False))


def _kinds() -> None:
    kinds.declare("email.sent", "Email sent", icon="mail", group="Email", is_behaviour=False)
    kinds.declare("email.delivered", "Email delivered", icon="mail-check", group="Email", is_behaviour=False)
    kinds.declare("email.opened", "Email opened", icon="mail-opened", group="Email")
    kinds.declare("email.clicked", "Link in an email clicked", icon="click", group="Email")
    kinds.declare("email.replied", "Email answered", icon="mail-down", group="Email")
    kinds.declare("email.bounced", "Email bounced", icon="mail-x", group="Email", is_behaviour=False)
    kinds.declare("email.unsubscribed", "Unsubscribed", icon="mail-off", group="Email")
    kinds.declare("unsubscribing.explained", "Said why they left", icon="mail-off", group="Email")
    kinds.declare("unsubscribing.undone", "Undid the unsubscribing", icon="mail", group="Email")
    kinds.declare("sms.sent", "SMS sent", icon="message", group="SMS", is_behaviour=False)
    kinds.declare("sms.clicked", "Link in an SMS clicked", icon="click", group="SMS")
    kinds.declare("consent.given", "Consent given", icon="shield-check", group="Consent")
    kinds.declare("consent.withdrawn", "Consent withdrawn", icon="shield-x", group="Consent")
    kinds.declare("email.complained", "Marked as spam", icon="alert-triangle", group="Email")
    kinds.declare("suppression.set", "No longer written to", icon="shield-x", group="Consent", is_behaviour=False)
    kinds.declare("suppression.lifted", "Written to again", icon="shield-check", group="Consent", is_behaviour=False)
    kinds.declare("activity.done", "Activity done", icon="checkbox", group="Sales", is_behaviour=False, is_news=True)
    kinds.declare("invitation.answered", "Invitation answered", icon="calendar-check", group="Sales")
    kinds.declare("trigger.received", "Custom trigger", icon="webhook", group="API")
    told: dict[str, Any] = {"is_behaviour": False, "is_news": True}
    kinds.declare("owner.changed", "New owner", icon="user-check", group="Sales", **told)
    kinds.declare("record.deactivated", "Deactivated", icon="user-off", group="Contact", **told)
    kinds.declare("record.reactivated", "Active again", icon="refresh", group="Contact", **told)
    kinds.declare("record.deleted", "Put into the bin", icon="trash", group="Records", **told)
    kinds.declare("record.restored", "Restored from the bin", icon="restore", group="Records", **told)
    kinds.declare("record.merged", "Merged", icon="git-merge", group="Records", **told)
    kinds.declare("record.unmerged", "Merge undone", icon="arrows-split-2", group="Records", **told)
    kinds.declare("contact.imported", "Imported", icon="file-import", group="Contact", is_behaviour=False)
    kinds.declare("account.imported", "Imported", icon="file-import", group="Account", is_behaviour=False)


def _hits() -> None:
    """Imported here: the reader reads models."""
    from crm.actions import verdicts
    from crm.delivery import heard, send_counts
    from crm.log import reading

    reading.register(reading.Reader(verdicts.READER, verdicts.hear, lambda: heard.KINDS))
    jobs.register_sweep("crm.tasks.rejudge_hits", verdicts.waits)
    jobs.register_sweep("crm.tasks.fold_send_counts", send_counts.is_unfolded)
    jobs.register_recurring("crm.tasks.mend_send_counts", timedelta(days=1))


def _rules() -> None:
    """Imported here: attributes read models, which are ready only now."""
    from crm.log import triggers, watched
    from crm.rules import contact_attributes

    contact_attributes.register_all()
    triggers.keep(watched.CONTACT, watched.ACCOUNT, watched.ACTIVITY, watched.CONSENT, watched.TAGGING)
    jobs.register_recurring("crm.tasks.sweep_touched", timedelta(minutes=1))
    jobs.register_recurring("crm.tasks.sweep_tallies", timedelta(hours=1))


def _bulk() -> None:
    from crm.bulk import builtin
    from crm.bulk.work import has_waiting_work

    builtin.register_all()
    jobs.register_sweep("crm.tasks.work_on_bulk_runs", has_waiting_work)
    jobs.register_recurring("crm.tasks.tidy_bulk_work", timedelta(hours=6))
    jobs.register_recurring("crm.tasks.forget_old_visits", timedelta(hours=6))


def _bin() -> None:
    from crm import bin_rules

    bin_rules.register_all()
    jobs.register_recurring("crm.tasks.empty_the_bin", timedelta(hours=1))
    register_door(Door("crm.bin", "setup", "Bin", "crm:bin", "trash", ("crm.deletion", "change"), 63))


def _imports() -> None:
    from crm import exporting
    from crm.imports import kinds as import_kinds
    from crm.imports.work import has_waiting_work

    import_kinds.register_all()
    exporting.register_all()
    register_door(Door("crm.exports", "setup", _("Exports"), "crm:exports", "download", ("crm.contact", "export"), 61))
    jobs.register_sweep("crm.tasks.work_on_imports", has_waiting_work)
    register_door(Door("crm.imports", "setup", "Imports", "crm:imports", "file-import", ("crm.import", "view"), 60))


def _deliverability() -> None:
    """Imported here: the job reads models."""
    from crm.deliverability import work

    jobs.register_sweep(work.TASK, work.is_due)
    jobs.register_recurring("crm.tasks.look_after_deliverability", timedelta(hours=6))
    see = ("crm.sender", "view")
    page = "admin:crm_senderdomain_changelist"
    register_door(Door("crm.deliverability", "marketing", _("Deliverability"), page, "mail-check", see, 140))


def _mailboxes() -> None:
    """Imported here: the reader files into models. Mailboxes are for administrators, who reach everything."""
    from crm.actions import reports
    from crm.mailbox import reading

    declare("crm.mailbox", _("Mailboxes"))
    notices.declare("reply", _("A contact replies, or a mail of yours could not be filed"), order=13)
    jobs.register_sweep("crm.tasks.read_mailboxes", reading.is_due)
    jobs.register_sweep(reports.JUDGE, reports.is_waiting)
    seen = ("crm.message", "view")
    register_door(
        Door("crm.reports", "marketing", _("Bounces"), "admin:crm_deliveryreport_changelist", "mail-x", seen, 127)
    )
    see = ("crm.mailbox", "view")
    register_door(Door("crm.mailboxes", "setup", _("Mailboxes"), "admin:crm_mailbox_changelist", "mail-down", see, 64))


def _people() -> None:
    from crm.actions import departures

    jobs.register_sweep(departures.TASK, departures.is_waiting)


def _doors() -> None:
    see_fields = ("crm.customfield", "view")
    register_door(Door("crm.fields", "setup", "Fields", "admin:crm_customfield_changelist", "forms", see_fields, 40))
    register_door(Door("health", "setup", "Health", "crm:health", "heartbeat", ("crm.health", "view"), order=100))


def _shell() -> None:
    from crm.audit import keep_history
    from crm.hooks import search
    from crm.search import indexed
    from crm.web import found

    see_accounts, see_contacts, see_activities = (
        ("crm.account", "view"),
        ("crm.contact", "view"),
        ("crm.activity", "view"),
    )
    register_door(Door("crm.accounts", "sales", "Accounts", "crm:accounts", "building", see_accounts, 50))
    register_door(Door("crm.contacts", "sales", "Contacts", "crm:contacts", "users", see_contacts, 60))
    register_door(Door("crm.activities", "sales", "Activities", "crm:activities", "checkbox", see_activities, 70))
    register_door(Door("crm.calendar", "sales", "Calendar", "crm:calendar", "calendar", see_activities, 80))
    register_door(Door("crm.new-contact", "new", "Contact", "crm:contact-add", "user-plus", ("crm.contact", "add"), 20))
    register_door(Door("crm.new-account", "new", "Account", "crm:account-add", "building", ("crm.account", "add"), 30))
    register_door(Door("crm.new-activity", "new", "Task", "crm:activity-add", "checkbox", ("crm.activity", "add"), 40))
    register_door(
        Door("crm.overview", "marketing", "Overview", "admin:index", "layout-dashboard", ("crm.campaign", "add"), 10)
    )
    register_door(Door("crm.users", "setup", "Users", "admin:crm_user_changelist", "users", ("crm.user", "view"), 10))
    register_door(
        Door("crm.tokens", "setup", _("API tokens"), "admin:crm_apitoken_changelist", "key", ("crm.user", "change"), 25)
    )
    register_door(Door("crm.tags", "setup", _("Tags"), "admin:crm_tag_changelist", "tag", ("crm.tag", "change"), 41))
    register_door(Door("crm.teams", "setup", "Teams", "admin:crm_team_changelist", "sitemap", ("crm.user", "view"), 15))
    register_door(
        Door("crm.roles", "setup", "Roles", "admin:crm_role_changelist", "shield-lock", ("crm.user", "view"), 20)
    )
    register_door(
        Door(
            "crm.company",
            "setup",
            "Company",
            "admin:crm_company_changelist",
            "building-community",
            ("crm.company", "view"),
            30,
        )
    )
    register_door(
        Door(
            "crm.currencies",
            "setup",
            "Currencies",
            "admin:crm_currency_changelist",
            "coin",
            ("crm.company", "view"),
            35,
        )
    )
    for source in found.SOURCES:
        search.register(source)
    indexed.keep(indexed.CONTACTS, indexed.ACCOUNTS, indexed.ACTIVITIES, indexed.CAMPAIGNS)
    keep_history()


def _delivery() -> None:
    """Imported here: delivery reads models. One sweep a channel finds due messages that nobody carries."""
    from django.core import checks

    from crm.delivery import contents, letters
    from crm.delivery.channels import DELIVER
    from crm.delivery.checks import check_delivery
    from crm.delivery.sending import is_due
    from crm.models.consent import Channel

    contents.register("crm.letter", letters.load)
    for channel in Channel.values:
        jobs.register_sweep(DELIVER, partial(is_due, channel), channel)
    checks.register(check_delivery)
    see, consent = ("crm.message", "view"), ("crm.consent", "view")
    register_door(Door("crm.outbox", "marketing", "Outbox", "admin:crm_outboxitem_changelist", "inbox", see, 120))
    register_door(Door("crm.messages", "marketing", "Messages", "admin:crm_message_changelist", "mail", see, 125))
    register_door(
        Door("crm.consent", "marketing", "Consent", "admin:crm_consent_changelist", "shield-check", consent, 130)
    )
    register_door(
        Door(
            "crm.suppressions",
            "marketing",
            "Suppressions",
            "admin:crm_suppression_changelist",
            "shield-x",
            consent,
            135,
        )
    )
    settings = ("crm.company", "view")
    register_door(
        Door(
            "crm.rules", "setup", _("Rules of the channels"), "admin:crm_channelrule_changelist", "clock", settings, 36
        )
    )
    register_door(
        Door("crm.domains", "setup", _("Mail providers"), "admin:crm_domainlimit_changelist", "mail", settings, 37)
    )
    register_door(
        Door("crm.senders", "setup", "Senders", "admin:crm_sender_changelist", "send", ("crm.sender", "view"), 65)
    )
    register_door(
        Door("crm.purposes", "setup", _("Purposes"), "admin:crm_consentpurpose_changelist", "target", consent, 66)
    )
    register_door(
        Door(
            "crm.preferences",
            "setup",
            _("Preference page"),
            "admin:crm_preferencepage_changelist",
            "adjustments",
            consent,
            66,
        )
    )
    register_door(Door("crm.topics", "setup", "Topics", "admin:crm_topic_changelist", "tags", consent, 66))
