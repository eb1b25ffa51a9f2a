"""One row a message, whatever the channel; its links; who it is from; and the Outbox where nothing is configured."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from crm.models.consent import Channel


class Sender(models.Model):
    """Who a message is from."""

    name = models.CharField(max_length=100)
    email = models.EmailField()
    reply_to = models.EmailField(blank=True)
    sms_from = models.CharField("SMS sender", max_length=20, blank=True)
    is_default = models.BooleanField(default=False)
    carrier = models.CharField(
        max_length=40, blank=True, help_text="A name of DELIVERY_CARRIERS; empty: the mail server everybody shares."
    )
    sealed_smtp_url = models.TextField(blank=True, editable=False)
    relay_signs = models.BooleanField(
        "its mail server signs",
        default=False,
        help_text="Then Tandem puts no DKIM signature of its own on the mails, even where the domain has a key that signs.",
    )
    per_second = models.PositiveIntegerField(
        "at most a second", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    per_hour = models.PositiveIntegerField("at most an hour", null=True, blank=True, validators=[MinValueValidator(1)])
    per_day = models.PositiveIntegerField(
        "at most a day", null=True, blank=True, validators=[MinValueValidator(1)], help_text="Days begin at 0:00 UTC."
    )
    warm_up_on = models.DateField(
        "warm up from",
        null=True,
        blank=True,
        help_text="The first day of a new sender, so that mail providers learn to trust it.",
    )
    warm_up_first = models.PositiveIntegerField(
        "messages on the first day",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Twice as many on each day after, until the limit of a day (without one: for thirty days).",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="sender_one_default"
            ),
            models.CheckConstraint(
                name="sender_warm_up_is_whole",
                condition=models.Q(warm_up_on=None, warm_up_first=None)
                | models.Q(warm_up_on__isnull=False, warm_up_first__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Message(models.Model):
    """One message to one person: the truth that jobs only nudge. Never deleted; a message not sent keeps its reason.

    `key` is unique and made of what caused it (journey visit or send) × contact × channel, so that twice is once.
    `content` names what it says (“marketing.email”, id, version); `variables` are facts of this one message.
    """

    class Status(models.TextChoices):
        DUE = "due", "Due"
        SENT = "sent", "Sent"
        BOUNCED = "bounced", "Bounced"
        NOT_SENT = "not_sent", "Not sent"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNKNOWN = "unknown", "Unknown"
        HELD = "held", "Paused"

    key = models.CharField(max_length=120)
    send_key = models.CharField(max_length=100, help_text="What sent it; an address gets one message per send.")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=20)
    topic = models.ForeignKey("crm.Topic", models.PROTECT, null=True, blank=True, db_index=False)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, related_name="messages", db_index=False)
    address = models.CharField(max_length=254)
    sender = models.ForeignKey(Sender, models.PROTECT, null=True)
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, related_name="messages", db_index=False)
    content_type = models.CharField(max_length=40)
    content_id = models.BigIntegerField(null=True)
    content_version = models.PositiveIntegerField(default=1)
    variables = models.JSONField(default=dict)
    variant = models.CharField(
        max_length=1,
        blank=True,
        default="",
        help_text="A to J where it takes part in a test of variants; fixed when it was queued.",
    )
    message_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DUE)
    reason = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    is_urgent = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Somebody waits for it: of what is due it goes before what is sent to many.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=36, null=True)
    sent_at = models.DateTimeField(null=True)
    provider_ref = models.CharField(max_length=200, blank=True)
    heard = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="What its reader did, as bits of crm.delivery.heard.Heard."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # A message is written three times, to every index that holds it: so none is kept that another one can answer for.
        constraints = [
            models.UniqueConstraint(fields=["key"], name="message_once_per_key"),
            models.UniqueConstraint(
                fields=["send_key", "channel", "address"],
                condition=~models.Q(address=""),
                name="message_once_per_send_and_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "sender", "due_at", "id"],
                condition=models.Q(status="due"),
                name="message_due_in_turn",
            ),  # with the id: all messages of a send are due at one moment, and PostgreSQL would sort them for each claim
            models.Index(
                fields=["channel", "sender", "due_at", "id"],
                condition=models.Q(status="due", is_urgent=True),
                name="message_urgent_in_turn",
            ),
            models.Index(fields=["contact", "-created_at"], name="message_by_contact"),
            models.Index(
                fields=["campaign", "status"], name="message_of_campaign", condition=models.Q(campaign__isnull=False)
            ),
            models.Index(fields=["topic"], name="message_of_topic", condition=models.Q(topic__isnull=False)),
            models.Index(
                fields=["key"],
                name="message_of_letter_by_key",
                opclasses=["varchar_pattern_ops"],
                condition=models.Q(content_type="crm.letter"),
            ),
            models.Index(fields=["content_type", "content_id", "status"], name="message_by_content"),
            models.Index(fields=["claim"], condition=~models.Q(claim=None), name="message_by_claim"),
            models.Index(fields=["message_id"], name="message_by_message_id"),
            models.Index(fields=["send_key"], name="message_by_send"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.address}"


class TrackedLink(models.Model):
    """A link of a content, stored once for all its recipients; the token in the mail names it and the message."""

    content_type = models.CharField(max_length=40)
    content_id = models.BigIntegerField()
    url = models.TextField()
    label = models.CharField(max_length=200, blank=True)
    target = models.TextField(blank=True, help_text="Where it leads, with UTM parameters; empty: the address itself.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["content_type", "content_id", "url"], name="tracked_link_once_per_content")
        ]

    def __str__(self) -> str:
        return self.url


class Letter(models.Model):
    """What one person (or a program) writes to one other: the content of a single message, said literally."""

    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    sent_from = models.CharField(max_length=254, blank=True, help_text="Empty means: the sender of the message.")
    reply_to = models.CharField(max_length=254, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    activity = models.OneToOneField(
        "crm.Activity",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="letter",
        help_text="The email of a record's timeline that this letter is; empty for what a program wrote.",
    )
    template = models.ForeignKey(
        "crm.EmailTemplate", models.SET_NULL, null=True, editable=False, related_name="letters"
    )
    to_line = models.TextField(blank=True, help_text="The head “To” where it goes to several; empty: its only reader.")
    cc_line = models.TextField(blank=True)
    in_reply_to = models.CharField(max_length=998, blank=True, help_text="The Message-ID that it answers.")
    is_tracked = models.BooleanField(default=False, help_text="Are opens and clicks seen?")
    waits_until = models.DateTimeField(
        null=True, editable=False, help_text="When it goes out, until it is known what became of it; then empty."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["waits_until"], condition=~models.Q(waits_until=None), name="letter_waiting"),
            models.Index(fields=["template", "-created_at"], name="letter_by_template"),
        ]

    def __str__(self) -> str:
        return self.subject


class LetterFile(models.Model):
    """A file that goes with a letter: a calendar entry, a quote as PDF."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class OutboxItem(models.Model):
    """What would have gone out, kept as its reader would see it: the embedded default carrier of every channel."""

    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="outbox_items")
    channel = models.CharField(max_length=10, choices=Channel)
    to = models.CharField(max_length=254)
    sent_from = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    raw = models.BinaryField(help_text="The MIME message, or the text in UTF-8.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["message"], name="outbox_item_once_per_message")]
        indexes = [models.Index(fields=["to", "-id"], name="outbox_by_reader")]

    def __str__(self) -> str:
        return f"{self.subject or self.channel} → {self.to}"
