"""Templates of the emails that people write."""

import factory

from crm.models import EmailTemplate
from tests.factories.crm import UserFactory


class EmailTemplateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = EmailTemplate

    name = factory.Sequence(lambda n: f"Follow up {n}")
    subject = "Hello {{ contact.first_name }}"
    html = "<p>Dear {{ contact.first_name }}, shall we talk?</p>"
    owner = factory.SubFactory(UserFactory)
