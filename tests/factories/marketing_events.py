"""Rows of forms and events for tests."""

from datetime import timedelta

from django.utils import timezone
from factory import LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from marketing.models import Event, EventStatus, Form


class FormFactory(DjangoModelFactory):
    name = Sequence("Form {}".format)
    slug = Sequence("form-{}".format)

    class Meta:
        model = Form


class EventFactory(DjangoModelFactory):
    """A live webinar in a week."""

    title = Sequence("Webinar {}".format)
    slug = Sequence("webinar-{}".format)
    status = EventStatus.LIVE
    starts_at = LazyFunction(lambda: timezone.now() + timedelta(days=7))
    ends_at = LazyFunction(lambda: timezone.now() + timedelta(days=7, hours=1))
    form = SubFactory(FormFactory)

    class Meta:
        model = Event
