"""The nouns that sales and marketing share."""

from crm.models.account_roles import AccountRole
from crm.models.accounts import Account
from crm.models.activities import Activity
from crm.models.api import ApiToken, IdempotentRequest
from crm.models.attachments import Attachment
from crm.models.attendees import Attendee
from crm.models.bulk import BulkItem, BulkRun
from crm.models.campaigns import Campaign
from crm.models.companies import Company, Currency, ExchangeRate
from crm.models.consent import Channel, Consent, ConsentPurpose, ContactPoint, Purpose, Suppression, Topic
from crm.models.contacts import Contact
from crm.models.custom_fields import CustomField
from crm.models.deletions import DeletedRow, Deletion
from crm.models.deliverability import MailboxRate, SenderDomain
from crm.models.demo import DemoRows
from crm.models.duplicates import Duplicate, DuplicateRule, DuplicateSearch
from crm.models.email_templates import EmailTemplate
from crm.models.follows import Follow
from crm.models.handover import HandoverReceipt
from crm.models.import_traces import ImportMade, ImportMapping, ImportStep
from crm.models.imports import Import, ImportLine
from crm.models.interactions import Interaction, LogCursor, SetAside
from crm.models.invitations import Invitation
from crm.models.jobs import Claim, JobRun, Schedule
from crm.models.mail_clients import MailClient
from crm.models.mailboxes import FilingAddress, IncomingMail, Mailbox
from crm.models.merges import Merge, Mergeable, MergedRow
from crm.models.messages import Letter, LetterFile, Message, OutboxItem, Sender, TrackedLink
from crm.models.notifications import Notification
from crm.models.opt_ins import OptIn
from crm.models.pace import ChannelRule, DomainLimit, HeldSend, Lane, Tally
from crm.models.preferences import PreferencePage
from crm.models.privacy import Erasure, RetentionRule
from crm.models.quiet import QuietSpan
from crm.models.records import Record, RecordQuerySet
from crm.models.reports import DeliveryReport
from crm.models.search import SearchEntry
from crm.models.send_counts import SendCount
from crm.models.series import ActivitySeries
from crm.models.shares import Share
from crm.models.signing import SigningKey
from crm.models.tags import Tag, Tagging
from crm.models.touched import Touched
from crm.models.users import Role, RoleGrant, Team, User
from crm.models.views import DefaultView, SavedView
from crm.models.visits import RecordVisit

__all__ = [
    "Account",
    "AccountRole",
    "Activity",
    "ActivitySeries",
    "ApiToken",
    "Attachment",
    "Attendee",
    "BulkItem",
    "BulkRun",
    "Campaign",
    "Channel",
    "ChannelRule",
    "Claim",
    "Company",
    "Consent",
    "ConsentPurpose",
    "Contact",
    "ContactPoint",
    "Currency",
    "CustomField",
    "DefaultView",
    "DeletedRow",
    "Deletion",
    "DeliveryReport",
    "DemoRows",
    "DomainLimit",
    "Duplicate",
    "DuplicateRule",
    "DuplicateSearch",
    "EmailTemplate",
    "Erasure",
    "ExchangeRate",
    "FilingAddress",
    "Follow",
    "HandoverReceipt",
    "HeldSend",
    "IdempotentRequest",
    "Import",
    "ImportLine",
    "ImportMade",
    "ImportMapping",
    "ImportStep",
    "IncomingMail",
    "Interaction",
    "Invitation",
    "JobRun",
    "Lane",
    "Letter",
    "LetterFile",
    "LogCursor",
    "MailClient",
    "Mailbox",
    "MailboxRate",
    "Merge",
    "Mergeable",
    "MergedRow",
    "Message",
    "Notification",
    "OptIn",
    "OutboxItem",
    "PreferencePage",
    "Purpose",
    "QuietSpan",
    "Record",
    "RecordQuerySet",
    "RecordVisit",
    "RetentionRule",
    "Role",
    "RoleGrant",
    "SavedView",
    "Schedule",
    "SearchEntry",
    "SendCount",
    "Sender",
    "SenderDomain",
    "SetAside",
    "Share",
    "SigningKey",
    "Suppression",
    "Tag",
    "Tagging",
    "Tally",
    "Team",
    "Topic",
    "Touched",
    "TrackedLink",
    "User",
]
