"""Who takes part in an appointment: contacts and colleagues, with what each answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Attendee(models.Model):
    """One contact or one user at one appointment. `sequence` is the version that the last invitation to them told."""

    class Answer(models.TextChoices):
        WAITING = "waiting", _("No answer yet")
        ACCEPTED = "accepted", _("Accepted")
        TENTATIVE = "tentative", _("Perhaps")
        DECLINED = "declined", _("Declined")

    activity = models.ForeignKey("crm.Activity", models.CASCADE, related_name="attendees")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, blank=True, related_name="attendances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    is_required = models.BooleanField(default=True)
    answer = models.CharField(max_length=9, choices=Answer, default=Answer.WAITING)
    answered_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    takes_all = models.BooleanField(default=False)
    """They take part in the whole series that the appointment is of, also in what is still to be made."""
    answer_to_all = models.CharField(max_length=9, choices=Answer, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-is_required", "pk"]
        constraints = [
            models.CheckConstraint(
                name="attendee_is_a_contact_or_a_user",
                condition=Q(contact=None, user__isnull=False) | Q(contact__isnull=False, user=None),
            ),
            models.UniqueConstraint(
                fields=["activity", "contact"], name="attendee_contact_once", condition=~Q(contact=None)
            ),
            models.UniqueConstraint(fields=["activity", "user"], name="attendee_user_once", condition=~Q(user=None)),
        ]

    def __str__(self) -> str:
        return str(self.who)

    @property
    def who(self) -> models.Model:
        who = self.contact or self.user
        assert who is not None
        return who

    @property
    def email(self) -> str:
        return str(getattr(self.who, "email", ""))
