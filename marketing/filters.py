"""The FilterSets of marketing: the same for pages, admin and API."""

import django_filters as filters

from marketing.models import (
    Event,
    EventStatus,
    Form,
    MarketingEmail,
    Registration,
    ScoringModel,
    Segment,
    Send,
    Submission,
    TextMessage,
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
