"""Mailboxes that are read over IMAP, what became of the mails in them, and the address a rep files mails by."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from crm.sealed import seal, unseal

SALT = "tandem.mailbox.password"
LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"


def is_loopback(host: str) -> bool:
    """This machine, by name or number."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Mailbox(models.Model):
    """One folder of one account. Without an owner it is the company's: replies to our mails are taken from it, and it is
    where the filing addresses of the reps lead to.

    `uid_validity` and `last_uid` say how far it was read (RFC 3501: a new UIDVALIDITY makes all numbers void); both empty
    until the first reading, which begins with what comes from then on. `due_at` is when it is read next.
    """

    class Kind(models.TextChoices):
        MAIL = "mail", _lazy("Replies and mails of contacts")
        BOUNCES = "bounces", _lazy("Bounces and complaints")

    class Security(models.TextChoices):
        TLS = "tls", _lazy("TLS from the start (usually port 993)")
        STARTTLS = "starttls", _lazy("STARTTLS (usually port 143)")
        NONE = "none", _lazy("None: only on this machine")

    name = models.CharField(_lazy("name"), max_length=100)
    kind = models.CharField(
        _lazy("what comes in"),
        max_length=10,
        choices=Kind,
        default=Kind.MAIL,
        help_text=_lazy(
            "In one for bounces every mail that we send gets a return address of its own: its server must deliver bounces+…@ to bounces@."
        ),
    )
    address = models.EmailField(_lazy("address"), help_text=_lazy("Mails to this address arrive in it."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="mailboxes",
        verbose_name=_lazy("whose"),
        help_text=_lazy("A rep's own mailbox: what known contacts write to it is filed, too. Empty: the company's."),
    )
    host = models.CharField(_lazy("server"), max_length=200, help_text=_lazy("Like imap.example.com."))
    port = models.PositiveIntegerField(
        _lazy("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_lazy("encryption"), max_length=10, choices=Security, default=Security.TLS)
    user_name = models.CharField(_lazy("user name"), max_length=200)
    sealed_password = models.TextField(editable=False)
    folder = models.CharField(_lazy("folder"), max_length=200, default="INBOX")
    is_active = models.BooleanField(_lazy("is read"), default=True)
    uid_validity = models.BigIntegerField(null=True, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(_lazy("last read"), null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    problem = models.CharField(_lazy("problem"), max_length=300, blank=True, editable=False)
    claim = models.CharField(max_length=36, null=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.kind == self.Kind.BOUNCES and self.owner_id:
            raise ValidationError({"owner": _("Bounces come to a mailbox of the company's.")})
        if self.security == self.Security.NONE and not is_loopback(self.host):
            raise ValidationError(
                {
                    "security": _(
                        "Without encryption only a mailbox on this machine is read: the password would be open."
                    )
                }
            )

    @property
    def password(self) -> str:
        """Raises SealBroken where SECRET_KEY has changed since it was typed."""
        return unseal(self.sealed_password, SALT)

    @password.setter
    def password(self, plain: str) -> None:
        self.sealed_password = seal(plain, SALT)


class IncomingMail(models.Model):
    """A mail of which something was kept: the proof that it was filed once, or the reason why it was not.

    `key` is the digest of its Message-ID, or of what it says where it has none; whatever mailbox it came by. Mails that
    concern nobody here leave no row. `raw` is kept of what could not be read, to look into.
    """

    class Became(models.TextChoices):
        FILED = "filed", _lazy("Filed")
        ANSWER = "answer", _lazy("A calendar answer")
        IGNORED = "ignored", _lazy("Ignored")
        UNREADABLE = "unreadable", _lazy("Could not be read")
        TOO_LARGE = "too_large", _lazy("Too large")

    key = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=998, blank=True, help_text="What an answer to it names.")
    became = models.CharField(_lazy("what became of it"), max_length=10, choices=Became)
    said = models.TextField(_lazy("in words"), blank=True)
    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="mails")
    activities = models.ManyToManyField("crm.Activity", related_name="mails")
    raw = models.BinaryField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], name="incoming_mail_by_time")]

    def __str__(self) -> str:
        return f"{self.get_became_display()}, {self.at:%Y-%m-%d %H:%M}"


def new_secret() -> str:
    """80 bits in small letters and digits, as mail servers keep them."""
    return "".join(secrets.choice(LETTERS) for _ in range(16))


class FilingAddress(models.Model):
    """The secret part of the address by which one rep files mails: in BCC, or by forwarding to it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="filing_address")
    secret = models.CharField(max_length=20, unique=True, default=new_secret)
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.user}"
