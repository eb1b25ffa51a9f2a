"""The set-up half of the admin: people, roles, company, fields, consent, outbox, imports, health."""

from crm.admin import (  # noqa: F401
    companies,
    consent,
    custom_fields,
    deliverability,
    duplicates,
    mailboxes,
    messages,
    outbox,
    preferences,
    privacy,
    purposes,
    reports,
    roles,
    senders,
    tags,
    teams,
    tokens,
    users,
)
