"""What a user should know now: shown under the bell, linked to its record."""

from django.conf import settings
from django.db import models


class Notification(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    icon = models.CharField(max_length=40, default="bell")
    kind = models.CharField(max_length=40, default="news")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True, help_text="Told by a mail of its own or by a digest.")
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notification_unread"),
            models.Index(fields=["user", "-id"], name="notification_by_user"),
        ]

    def __str__(self) -> str:
        return self.text
