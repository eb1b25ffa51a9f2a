"""People who sign in, the teams they sit in, and the roles that say how far they reach."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth, grants_of, may
from crm.access.scopes import Scope


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless `name` is a zone of the IANA database, e.g. Europe/Berlin."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Write it like Europe/Berlin.")


class Team(models.Model):
    """A team in the tree of teams; Dynamics calls it a business unit."""

    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    manager = models.ForeignKey("crm.User", models.SET_NULL, null=True, blank=True, related_name="manages")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of grants: rep, manager, marketer, administrator come with the product."""

    name = models.CharField(max_length=60, unique=True)
    key = models.SlugField(unique=True, help_text="Stable name used by the program; leave it as it is.")
    opens_admin = models.BooleanField("opens the marketing and set-up pages", default=False)
    takes_leads = models.BooleanField("takes leads that are handed over", default=False)
    needs_second_factor = models.BooleanField("needs a second factor to sign in", default=False)
    users = models.ManyToManyField("crm.User", related_name="roles", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """How far a role reaches with one verb on one resource (“crm.contact”)."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    resource = models.CharField(max_length=60)
    verb = models.CharField(max_length=10)
    depth = models.PositiveSmallIntegerField(choices=Depth.choices, default=Depth.NONE)

    class Meta:
        ordering = ["resource", "verb"]
        constraints = [models.UniqueConstraint(fields=["role", "resource", "verb"], name="role_grants_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.verb} {self.resource} ({self.get_depth_display()})"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{"is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by email. Roles say what for; the team says how far."""

    class Digest(models.TextChoices):
        NEVER = "never", _("Never")
        DAILY = "daily", _("Every morning")
        WEEKLY = "weekly", _("Every Monday morning")

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="members")
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[check_time_zone])
    language = models.CharField(
        max_length=10, blank=True, help_text="Of texts, dates and numbers; empty: the company's."
    )
    currency = models.ForeignKey("crm.Currency", models.SET_NULL, null=True, blank=True, related_name="+")
    start_page = models.CharField(max_length=60, blank=True, help_text="The name of the door that / leads to.")
    notices = models.JSONField(default=dict, blank=True, help_text="How to be told, by kind of notification.")
    signature = models.TextField(blank=True, help_text="HTML under the emails that this person writes.")
    digest = models.CharField(max_length=8, choices=Digest, default=Digest.DAILY)
    digest_at = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True)
    handed_to = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="+")
    """Who takes over what a leaver owned; empty again when all of it is handed over."""
    date_joined = models.DateTimeField(auto_now_add=True)

    # What access is computed from, read once per user object: a request has one, a job loads its own.
    scope: Scope | None = None
    """What the API token of this request narrows; None where none was shown."""
    _grants: dict[tuple[str, str], Depth] | None = None
    _teams_below: list[int] | None = None
    _role_flags: tuple[bool, bool] | None = None
    _people: dict[Depth, list[int]] | None = None
    _reached: dict[tuple[str, str], Any] | None = None

    named_by = ("name", "email", "is_active")
    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_the_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper() or self.email[0].upper()

    @property
    def is_staff(self) -> bool:
        """Opens the admin: marketers, managers and administrators do, by their role."""
        return self.is_superuser or self._flags_of_roles()[0]

    @property
    def role_needs_second_factor(self) -> bool:
        return self._flags_of_roles()[1]

    def _flags_of_roles(self) -> tuple[bool, bool]:
        """(opens the admin, needs a second factor); they come with the grants, kept on the user object."""
        if self._role_flags is None:
            grants_of(self)
        return self._role_flags or (False, False)

    def may(self, resource: str, verb: str) -> bool:
        return may(self, resource, verb)
