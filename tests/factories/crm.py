"""Rows of crm for tests."""

from django.contrib.auth.hashers import make_password
from factory import LazyAttribute, Sequence, SubFactory, post_generation
from factory.django import DjangoModelFactory

from crm.models import Account, Activity, Campaign, Contact, Role, Sender, Team, User

PASSWORD = "correct horse"


class TeamFactory(DjangoModelFactory):
    name = Sequence("Team {}".format)

    class Meta:
        model = Team


class UserFactory(DjangoModelFactory):
    """`roles=["rep"]` gives built-in roles by key."""

    email = Sequence("person{}@tandem.example".format)
    name = Sequence("Person {}".format)
    team = SubFactory(TeamFactory)
    password = LazyAttribute(lambda _: make_password(PASSWORD))

    class Meta:
        model = User
        skip_postgeneration_save = True

    @post_generation
    def roles(self, create, extracted, **kwargs):
        for key in extracted or []:
            self.roles.add(Role.objects.get(key=key))


class AccountFactory(DjangoModelFactory):
    name = Sequence("Account {}".format)

    class Meta:
        model = Account


class ContactFactory(DjangoModelFactory):
    first_name = "Asha"
    last_name = Sequence("Rao {}".format)
    email = Sequence("asha{}@customer.example".format)
    country = "IN"

    class Meta:
        model = Contact


class CampaignFactory(DjangoModelFactory):
    name = Sequence("Campaign {}".format)

    class Meta:
        model = Campaign


class ActivityFactory(DjangoModelFactory):
    kind = "task"
    subject = Sequence("Task {}".format)

    class Meta:
        model = Activity


class SenderFactory(DjangoModelFactory):
    name = "Tandem Events"
    email = "events@tandem.example"

    class Meta:
        model = Sender
