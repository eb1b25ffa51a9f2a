"""The resources of crm under /api/v1/."""

from rest_framework.routers import BaseRouter

from crm.api.account_roles import AccountRoleViewSet
from crm.api.accounts import AccountViewSet
from crm.api.activities import ActivityViewSet
from crm.api.attachments import AttachmentViewSet
from crm.api.bin import BinViewSet
from crm.api.bulk import BulkRunViewSet
from crm.api.campaigns import CampaignViewSet
from crm.api.consent import ConsentViewSet, PurposeViewSet, SuppressionViewSet, TopicViewSet
from crm.api.contacts import ContactViewSet
from crm.api.custom_fields import CustomFieldViewSet
from crm.api.deliverability import MailboxRateViewSet, SenderDomainViewSet
from crm.api.imports import ImportMappingViewSet, ImportViewSet
from crm.api.interactions import InteractionViewSet
from crm.api.letters import EmailTemplateViewSet, LetterViewSet
from crm.api.merging import DuplicateViewSet, MergeViewSet


def register(router: BaseRouter) -> None:
    """Called once by config.api."""
    router.register("accounts", AccountViewSet)
    router.register("account-roles", AccountRoleViewSet)
    router.register("contacts", ContactViewSet)
    router.register("activities", ActivityViewSet)
    router.register("attachments", AttachmentViewSet)
    router.register("interactions", InteractionViewSet)
    router.register("campaigns", CampaignViewSet)
    router.register("consents", ConsentViewSet)
    router.register("consent-purposes", PurposeViewSet)
    router.register("topics", TopicViewSet)
    router.register("suppressions", SuppressionViewSet)
    router.register("bulk-runs", BulkRunViewSet, "bulkrun")
    router.register("bin", BinViewSet, "deletion")
    router.register("duplicates", DuplicateViewSet)
    router.register("merges", MergeViewSet)
    router.register("imports/mappings", ImportMappingViewSet, "import-mapping")
    router.register("custom-fields", CustomFieldViewSet)
    router.register("imports", ImportViewSet, "import")
    router.register("letters", LetterViewSet, "letter")
    router.register("email-templates", EmailTemplateViewSet)
    router.register("sender-domains", SenderDomainViewSet, "senderdomain")
    router.register("mailbox-rates", MailboxRateViewSet, "mailboxrate")
