"""The words that a lead and an opportunity share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rating(models.TextChoices):
    HOT = "hot", _("Hot")
    WARM = "warm", _("Warm")
    COLD = "cold", _("Cold")


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")


class PreferredContact(models.TextChoices):
    """How somebody wishes to be reached; blank where they have not said."""

    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone call")
    TEXT = "text", _("Text message")
    POST = "post", _("Post")


class BudgetStatus(models.TextChoices):
    NONE = "none", _("No committed budget")
    MAY_BUY = "may_buy", _("May buy")
    CAN_BUY = "can_buy", _("Can buy")
    WILL_BUY = "will_buy", _("Will buy")


class Need(models.TextChoices):
    MUST = "must", _("Must have")
    SHOULD = "should", _("Should have")
    GOOD = "good", _("Good to have")
    NONE = "none", _("No need")


class Timeframe(models.TextChoices):
    IMMEDIATE = "immediate", _("Immediate")
    THIS_QUARTER = "this_quarter", _("This quarter")
    NEXT_QUARTER = "next_quarter", _("Next quarter")
    THIS_YEAR = "this_year", _("This year")
    UNKNOWN = "unknown", _("Not known")


class PurchaseProcess(models.TextChoices):
    INDIVIDUAL = "individual", _("One person decides")
    COMMITTEE = "committee", _("A committee decides")
    UNKNOWN = "unknown", _("Not known")
