"""Who was meant by a send, as it was when its messages were made: what a segment says tomorrow is another matter."""

from django.db import models


class SendMember(models.Model):
    """She got a message because she was in this segment. Kept where a send chose several: one segment needs no telling."""

    send = models.ForeignKey("marketing.Send", models.CASCADE, related_name="members")
    segment = models.ForeignKey("marketing.Segment", models.CASCADE, related_name="+")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["send", "segment", "contact"], name="send_member_once"),
        ]
        indexes = [models.Index(fields=["contact"], name="send_member_by_contact")]

    def __str__(self) -> str:
        return f"{self.contact_id} by segment {self.segment_id}"


class LeftOut(models.Model):
    """She was in a chosen segment and got no message of her own; whoever has a message finds the reason there."""

    class Why(models.TextChoices):
        EXCLUDED = "excluded", "The person is in a segment that this send leaves out."
        BIN = "bin", "The contact was in the bin."
        SHARED = "shared", "The address is shared with somebody who was written to."
        WAITS = "waits", "The person waits for the winner of the test."

    send = models.ForeignKey("marketing.Send", models.CASCADE, related_name="left_out")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="+")
    why = models.CharField(max_length=10, choices=Why)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["send", "contact"], name="left_out_once")]
        indexes = [
            models.Index(fields=["send", "why", "contact"], name="left_out_by_why"),
            models.Index(fields=["contact"], name="left_out_by_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.get_why_display()}"
