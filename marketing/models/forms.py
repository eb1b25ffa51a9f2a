"""A form that strangers fill in, what they sent, and the browsers they came with."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.urls import reverse

from crm.languages import shipped
from crm.models import Contact, Record
from marketing.fields import FormField, parse, starting_fields
from marketing.models.links import WebLink


class Form(Record):
    """A public form under /f/<slug>/. `fields` is the stored definition; marketing/fields.py knows what may stand in it."""

    name = models.CharField(max_length=200)
    slug = models.SlugField("address", max_length=80, unique=True, help_text="The end of its public address: /f/…/")
    introduction = models.TextField(blank=True, help_text="Shown above the fields.")
    fields = models.JSONField(default=starting_fields)
    button = models.CharField("button label", max_length=60, default=shipped("Send"))
    thank_you = models.TextField("thank-you text", default=shipped("Thank you. We have what you sent."))
    redirect_url = WebLink(
        "redirect to",
        blank=True,
        help_text="Instead of the thank-you text, lead to this page of yours.",
    )
    campaign = models.ForeignKey(
        "crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Answers count for it."
    )
    creates_lead = models.BooleanField(
        "hand every answer to sales", default=False, help_text="Each answer becomes a lead, given to a rep in turn."
    )
    confirms_by_mail = models.BooleanField(
        "confirm consent by mail",
        default=False,
        help_text="Double opt-in: what people agree to for emails counts once they click the link that we send them.",
    )
    is_open = models.BooleanField("takes answers", default=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("marketing:form", args=[self.slug])

    @property
    def definition(self) -> tuple[FormField, ...]:
        """The fields, read and checked. Raises Invalid where the stored definition is broken."""
        return parse(self.fields)


class SubmissionQuerySet(models.QuerySet):
    """What was sent is seen by who sees the form and the person."""

    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        seen = Contact.objects.visible_to(user).values("pk")
        forms = Form.objects.reachable_by(user, verb).values("pk")
        return self.filter(models.Q(contact=None) | models.Q(contact__in=seen), form__in=forms)


class Submission(models.Model):
    """One answer to a form. `values` are texts as they were typed, never markup; escape them wherever they are shown.

    `key` is made of the page's token and the answer, so that posting twice is one row. A bot's answer is kept without a contact.
    """

    class Verdict(models.TextChoices):
        HUMAN = "human", "Human"
        BOT = "bot", "Bot"

    form = models.ForeignKey(Form, models.CASCADE, related_name="submissions")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, related_name="submissions")
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, related_name="+")
    values = models.JSONField(default=dict)
    key = models.CharField(max_length=120, unique=True)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.HUMAN)
    ip_hash = models.CharField("network address (hashed)", max_length=64, blank=True)
    user_agent = models.CharField("browser", max_length=300, blank=True)
    page = models.CharField(max_length=500, blank=True, help_text="Where the form stood.")
    at = models.DateTimeField(auto_now_add=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["form", "-id"], name="submission_by_form"),
            models.Index(fields=["contact", "-id"], name="submission_by_contact"),
        ]
        constraints = [
            models.CheckConstraint(
                name="submission_of_a_human_has_a_contact",
                condition=models.Q(verdict="bot") | ~models.Q(contact=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.form} #{self.pk}"


class Visitor(models.Model):
    """A browser that came to our public pages, by its first-party cookie; and who it turned out to be."""

    key = models.CharField(max_length=40, primary_key=True)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, related_name="browsers")
    first_seen_at = models.DateTimeField(auto_now_add=True)
    recognised_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key
