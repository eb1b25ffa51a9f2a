"""Who may be written to: addresses, the ledger of consent, topics and suppressions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    SMS = "sms", "SMS"


class Purpose(models.TextChoices):
    """Those that the program itself asks for by name; a company adds its own (ConsentPurpose)."""

    COMMERCIAL = "commercial", "Commercial"
    TRANSACTIONAL = "transactional", "Transactional"
    TRACKING = "tracking", "Tracking"


class ConsentPurpose(models.Model):
    """What an address is used for, and what that needs: a yes, no no, or nothing.

    `key` is what the ledger and the messages store. The three of `Purpose` are always there; none that was ever used is deleted.
    """

    class Rule(models.TextChoices):
        OPT_IN = "opt_in", _("Only after a yes")
        OPT_OUT = "opt_out", _("Unless the person said no")
        FREE = "free", _("Always: the ledger is not asked")

    key = models.SlugField(
        _("key"),
        max_length=20,
        unique=True,
        help_text=_("Short and for ever: what imports, forms and the API call it, like “research”."),
    )
    name = models.CharField(_("name"), max_length=60, help_text=_("As readers of the preference page see it."))
    description = models.CharField(_("description"), max_length=300, blank=True)
    rule = models.CharField(_("a message goes out"), max_length=10, choices=Rule, default=Rule.OPT_IN)
    is_offered = models.BooleanField(_("on the preference page"), default=True)
    is_active = models.BooleanField(
        _("is used"),
        default=True,
        help_text=_("One that is not used any more stays in the ledger, and is offered nowhere."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=50)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")

    def __str__(self) -> str:
        return self.name

    @property
    def is_built_in(self) -> bool:
        return self.key in Purpose.values


class ContactPoint(models.Model):
    """A normalised address or number. Consent and suppression belong to it, not to the contacts who share it."""

    channel = models.CharField(max_length=10, choices=Channel)
    value = models.CharField(max_length=254)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "value"], name="contact_point_once")]

    def __str__(self) -> str:
        return self.value


class Topic(models.Model):
    """What a person may take or leave within a purpose: newsletter, events, product news."""

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(
        _("belongs to"), max_length=20, default=Purpose.COMMERCIAL, help_text=_("The purpose that it is a part of.")
    )
    needs_yes = models.BooleanField(
        _("needs a yes of its own"),
        default=False,
        help_text=_("Otherwise who agreed to the purpose gets it until they leave it."),
    )
    is_offered = models.BooleanField(_("on the preference page"), default=True)
    is_active = models.BooleanField(
        _("is used"),
        default=True,
        help_text=_("One that is not used any more stays in the ledger, and is offered nowhere."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=50)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """One entry of the ledger: this address said yes or no to this purpose (and topic), then, there, to this text.

    Entries are never changed; a newer one supersedes the current one.
    """

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True)
    granted = models.BooleanField()
    source = models.CharField(max_length=100)
    text_shown = models.TextField(blank=True)
    proof = models.JSONField(default=dict, blank=True)
    given_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "consent"
        indexes = [
            models.Index(fields=["point", "-id"], name="consent_by_point"),
            models.Index(fields=["purpose", "-id"], name="consent_by_purpose"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["point", "purpose"],
                condition=models.Q(is_current=True, topic=None),
                name="consent_one_current_per_purpose",
            ),
            models.UniqueConstraint(
                fields=["point", "purpose", "topic"],
                condition=models.Q(is_current=True) & ~models.Q(topic=None),
                name="consent_one_current_per_topic",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} {'yes' if self.granted else 'no'} to {self.purpose}"


class Suppression(models.Model):
    """An address we do not write to, whatever it consented to: it bounced, it complained, or somebody said so.

    A hard bounce and a complaint hold for ever; after a soft bounce we pause (`until`), each time twice as long: `strikes`
    counts them. The row stays when it is lifted, with who did it and why.
    """

    class Cause(models.TextChoices):
        BOUNCE = "bounce", _("Bounced")
        SOFT = "soft", _("Could not be reached for a while")
        COMPLAINT = "complaint", _("Complained")
        MANUAL = "manual", _("Set by hand")

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="suppressions")
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.CharField(max_length=300, blank=True)
    strikes = models.PositiveSmallIntegerField(default=1, editable=False)
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty means for ever.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(max_length=300, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["point"], condition=models.Q(lifted_at=None), name="suppression_in_force")]

    def __str__(self) -> str:
        return f"{self.point}: {str(self.get_cause_display()).lower()}"

    def is_in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > now)
