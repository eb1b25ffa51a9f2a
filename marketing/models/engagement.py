"""What a person last did with our emails: a roll-up of the log, one row a person, for questions about everybody at once."""

from django.db import models


class Engagement(models.Model):
    """The last commercial email that was sent to her, and whether she opened and clicked it; when she last opened and clicked any.

    “any” columns count machines, too (scanners, prefetching); the others only people, as far as we can tell. Kept by the
    reader of the log that keeps segments (marketing/listening.py), in the same transaction, so that both know as much.
    """

    contact = models.OneToOneField("crm.Contact", models.CASCADE, primary_key=True, related_name="+")
    last_email = models.BigIntegerField(null=True, help_text="The id of the message.")
    last_opened_at = models.DateTimeField(null=True)
    last_opened_any_at = models.DateTimeField(null=True)
    last_clicked_at = models.DateTimeField(null=True)
    last_clicked_any_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    opened_any_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    clicked_any_at = models.DateTimeField(null=True)
    usual_hour = models.PositiveSmallIntegerField(
        null=True, help_text="The hour of the day, in UTC, at which she opened and clicked most often."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["opened_at", "contact"], name="engagement_opened", condition=~models.Q(opened_at=None)
            ),
            models.Index(
                fields=["clicked_at", "contact"], name="engagement_clicked", condition=~models.Q(clicked_at=None)
            ),
            models.Index(
                fields=["contact", "last_opened_at"],
                name="engagement_opened_last",
                condition=~models.Q(last_opened_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Engagement of {self.contact_id}"
