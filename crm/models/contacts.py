"""A person. One person, one record: leads, registrations and scores all point here."""

from django.db import models
from django.db.models.functions import Lower, Trim, Upper
from django.urls import reverse

from crm.models.merges import IS_MERGED, Mergeable
from crm.models.normal_forms import NormalForms, NormalFormsQuerySet, filled, form_column, to_be_made
from crm.models.records import Record
from crm.models.users import check_time_zone
from crm.normal import folded_company, folded_person, mail_domain
from crm.phones import normal_phone


class Contact(NormalForms, Mergeable, Record):
    """A person. A *prospect* came in by a lead or a form and stays out of the reps' list until a lead is qualified."""

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    account = models.ForeignKey("crm.Account", models.SET_NULL, null=True, blank=True, related_name="contacts")
    company_name = models.CharField(
        max_length=200, blank=True, help_text="As the person wrote it; qualifying a lead turns it into an account."
    )
    job_title = models.CharField(max_length=100, blank=True)
    department = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    mobile = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, e.g. IN.")
    language = models.CharField(max_length=10, blank=True, help_text="Like en or de-AT.")
    time_zone = models.CharField(max_length=60, blank=True, validators=[check_time_zone])
    description = models.TextField(blank=True)
    origin = models.CharField(max_length=100, blank=True, help_text="Where the person came from, in words.")
    do_not_email = models.BooleanField(
        default=False, help_text="No email goes to this person, and to nobody else at the same address."
    )
    do_not_sms = models.BooleanField("do not SMS", default=False)
    do_not_phone = models.BooleanField(default=False)
    is_prospect = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    last_active_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_normal = models.GeneratedField(
        expression=Lower(Trim("email")), output_field=models.CharField(max_length=254), db_persist=True
    )
    mobile_normal = models.CharField(max_length=20, blank=True, editable=False)
    phone_normal = form_column(20)
    name_key = form_column()
    company_key = form_column()
    mail_domain = form_column()

    named_by = ("first_name", "last_name", "email", "is_prospect", "merged_into_id", "deleted_at")
    objects = NormalFormsQuerySet.as_manager()  # type: ignore[misc]

    forms_come_from = frozenset(
        ("first_name", "last_name", "company_name", "account", "account_id", "email", "phone", "mobile", "country")
    )
    form_columns = ("mobile_normal", "phone_normal", "name_key", "company_key", "mail_domain")

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="contact_by_name"),
            models.Index(fields=["email_normal"], name="contact_by_email"),
            models.Index(fields=["mobile_normal"], name="contact_by_mobile"),
            models.Index(fields=["phone_normal"], name="contact_by_phone", condition=filled("phone_normal")),
            models.Index(
                fields=["name_key", "company_key", "mail_domain"], name="contact_by_key", condition=filled("name_key")
            ),
            models.Index(fields=["mail_domain"], name="contact_by_mail_domain", condition=filled("mail_domain")),
            models.Index(fields=["id"], name="contact_without_forms", condition=to_be_made()),
            models.Index(fields=["merged_into"], name="contact_merged", condition=IS_MERGED),
            models.Index(fields=["country", "id"], name="contact_by_country"),
            models.Index(fields=["city", "id"], name="contact_by_city"),
            models.Index(fields=["created_at", "id"], name="contact_by_creation"),
            models.Index(fields=["updated_at", "id"], name="contact_by_change"),
            models.Index(fields=["owner", "created_at", "id"], name="contact_new_by_owner"),
            models.Index(fields=["owner", "last_name", "first_name", "id"], name="contact_by_owner"),
            models.Index(
                fields=["last_name", "first_name", "id"], name="contact_inactive", condition=models.Q(is_active=False)
            ),
            models.Index(fields=["created_at", "id"], name="contact_prospect", condition=models.Q(is_prospect=True)),
            models.Index(
                fields=["owner", "created_at", "id"],
                name="contact_prospect_by_owner",
                condition=models.Q(is_prospect=True),
            ),
            models.Index(Upper("city"), name="contact_in_city"),
            models.Index(fields=["email_normal"], name="contact_not_to_email", condition=models.Q(do_not_email=True)),
            models.Index(fields=["mobile_normal"], name="contact_not_to_sms", condition=models.Q(do_not_sms=True)),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def forms(self) -> dict[str, str]:
        return {
            "mobile_normal": normal_phone(self.mobile, self.country),
            "phone_normal": normal_phone(self.phone, self.country),
            "name_key": folded_person(self.first_name, self.last_name),
            "company_key": folded_company(self.account.name if self.account else self.company_name),
            "mail_domain": mail_domain(self.email),
        }

    @property
    def name(self) -> str:
        return str(self)

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()

    def get_absolute_url(self) -> str:
        return reverse("crm:contact", args=[self.pk])
