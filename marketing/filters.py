"""The FilterSets of marketing: the same for pages, admin and API."""

from typing import Any

import django_filters as filters

from crm.models import Contact, Message
from marketing.models import (
    Brand,
    ContentBlock,
    Event,
    EventStatus,
    Form,
    MarketingEmail,
    MediaFile,
    Registration,
    ScoringModel,
    Segment,
    Send,
    Submission,
    TextMessage,
    TransactionalEmail,
)


class FormFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Form
        fields = ["slug", "campaign", "is_open"]


class EventFilter(filters.FilterSet):
    title = filters.CharFilter(lookup_expr="icontains")
    status = filters.ChoiceFilter(choices=EventStatus.choices)
    starts_after = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")
    starts_before = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Event
        fields = ["slug", "kind", "campaign"]


class RegistrationFilter(filters.FilterSet):
    email = filters.CharFilter(field_name="contact__email", lookup_expr="iexact")

    class Meta:
        model = Registration
        fields = ["event", "contact", "status"]


class SubmissionFilter(filters.FilterSet):
    class Meta:
        model = Submission
        fields = ["form", "contact", "verdict", "campaign"]


class EmailFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")
    status = filters.ChoiceFilter(choices=MarketingEmail.Status.choices)

    class Meta:
        model = MarketingEmail
        fields = ["campaign", "purpose"]


class TextFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = TextMessage
        fields = ["campaign", "purpose"]


class SendFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Send.Status.choices)
    segment = filters.ModelChoiceFilter(field_name="segments", queryset=Segment.objects.all())

    class Meta:
        model = Send
        fields = ["email", "text_message", "campaign"]


class SegmentFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Segment
        fields = ["kind", "status"]


class ScoringModelFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = ScoringModel
        fields = ["is_active"]


class TransactionalEmailFilter(filters.FilterSet):
    """`email` is an id or a name for the API; `address` whole."""

    email = filters.CharFilter(method="of_email")
    key = filters.CharFilter()
    status = filters.ChoiceFilter(field_name="message__status", choices=Message.Status.choices)
    contact = filters.NumberFilter(field_name="message__contact")
    address = filters.CharFilter(method="to_address")
    after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = TransactionalEmail
        fields: list[str] = []

    def of_email(self, rows: Any, name: str, said: str) -> Any:
        return rows.filter(email=said) if said.isascii() and said.isdigit() else rows.filter(email__api_name=said)

    def to_address(self, rows: Any, name: str, said: str) -> Any:
        """By way of the people who have it: messages are indexed by person."""
        normal = said.strip().lower()
        return rows.filter(message__contact__in=Contact.objects.filter(email_normal=normal), message__address=normal)


class BrandFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Brand
        fields = ["is_default"]


class ContentBlockFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = ContentBlock
        fields: list[str] = []


class PictureFilter(filters.FilterSet):
    """`q` looks in the name and in what is said instead."""

    q = filters.CharFilter(method="called")

    class Meta:
        model = MediaFile
        fields = ["media_type"]

    def called(self, rows: Any, name: str, words: str) -> Any:
        return rows.filter(name__icontains=words) | rows.filter(alt__icontains=words)
