"""The resources of marketing under /api/v1/."""

from rest_framework.routers import BaseRouter

from marketing.api.emails import EmailViewSet, TextViewSet
from marketing.api.events import EventViewSet, RegistrationViewSet
from marketing.api.forms import FormViewSet, SubmissionViewSet
from marketing.api.library import BrandViewSet, ContentBlockViewSet, PictureViewSet
from marketing.api.scoring import ScoringModelViewSet
from marketing.api.segments import SegmentViewSet
from marketing.api.sends import SendViewSet
from marketing.api.transactional import TransactionalEmailViewSet


def register(router: BaseRouter) -> None:
    """Called once by config.api."""
    router.register("forms", FormViewSet, "form")
    router.register("submissions", SubmissionViewSet, "submission")
    router.register("events", EventViewSet, "event")
    router.register("registrations", RegistrationViewSet, "registration")
    router.register("emails", EmailViewSet, "email")
    router.register("brands", BrandViewSet, "brand")
    router.register("reusable-blocks", ContentBlockViewSet, "reusable-block")
    router.register("pictures", PictureViewSet, "picture")
    router.register("text-messages", TextViewSet, "text-message")
    router.register("transactional-emails", TransactionalEmailViewSet, "transactional-email")
    router.register("sends", SendViewSet, "send")
    router.register("segments", SegmentViewSet, "segment")
    router.register("scoring-models", ScoringModelViewSet, "scoring-model")
