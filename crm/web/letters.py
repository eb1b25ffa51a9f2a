"""Writing an email from a record: to whom, with which template, when; what is waiting is changed, hurried or taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.attachments import attachments_of
from crm.actions.letters import hidden_readers, send_at, take_back, write_letter
from crm.delivery.eligibility import why_not
from crm.errors import CrmError
from crm.models import Activity, Attachment, Contact, EmailTemplate, Letter
from crm.queries.addresses import address_of
from crm.queries.named import record_named
from crm.queries.template_words import filled, label_of
from crm.queries.timeline import Subject
from crm.web.activity_deeds import way_back
from crm.web.activity_forms import LocalDateTime
from crm.web.forms import RecordField
from crm.web.pages import add_to, answer, done, render_form
from crm.web.requests import SignedIn
from crm.web.rich_fields import FilesField, RichText
from crm.zones import next_morning, zone_of

NOW, MORNING, LATER = "now", "morning", "later"
MOST_FILES_OFFERED = 20
MOST_LINES_QUOTED = 60


class LetterForm(forms.Form):
    """One email. What waits keeps its files, so that changing it asks for none again."""

    to = RecordField(label=lazy("To"), queryset=Contact.objects.none())
    cc = forms.CharField(label=lazy("Cc"), required=False, help_text=lazy("Addresses, with commas between them."))
    bcc = forms.CharField(
        label=lazy("Bcc"), required=False, help_text=lazy("They get a copy that the others do not see.")
    )
    template = forms.ModelChoiceField(
        label=lazy("Template"), queryset=EmailTemplate.objects.none(), required=False, empty_label=lazy("None")
    )
    subject = forms.CharField(label=lazy("Subject"), max_length=200, widget=forms.TextInput(attrs={"data-wide": ""}))
    html = forms.CharField(label=lazy("Text"), widget=RichText, max_length=100_000)
    uploads = FilesField(label=lazy("Attach files"), required=False, help_text=lazy("20 MB at most in all."))
    known = forms.ModelMultipleChoiceField(
        label=lazy("Files of this record"), queryset=Attachment.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    when = forms.ChoiceField(label=lazy("Send"), widget=forms.RadioSelect(attrs={"data-wide": ""}), initial=NOW)
    at = LocalDateTime(label=lazy("At"), required=False, help_text=lazy("In your time zone."))
    is_tracked = forms.BooleanField(
        label=lazy("Show me when it is opened and clicked"), required=False, initial=True,
        help_text=lazy("Who objected to that in their preferences is not watched."),
    )  # fmt: skip

    def __init__(self, *args: Any, request: SignedIn, record: Any, contact: Contact | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user, self.contact = request.user, contact
        self._choose("to", Contact.objects.visible_to(user))
        language = contact.language if contact else ""
        templates = EmailTemplate.objects.visible_to(user).writing_about(label_of(record), language)
        self._choose("template", templates)
        offered = attachments_of(record) if record is not None else Attachment.objects.none()
        self._choose("known", Attachment.objects.filter(pk__in=offered.values("pk")[:MOST_FILES_OFFERED]))
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            (NOW, _("Now")), (MORNING, morning_in_words(contact)), (LATER, _("Later")),
        ]  # fmt: skip
        if not offered.exists():
            del self.fields["known"]
        if not templates.exists():
            del self.fields["template"]

    def _choose(self, name: str, rows: Any) -> None:
        found: Any = self.fields[name]
        found.queryset = found.widget.queryset = rows

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        parts = [
            ("", ["to", "template", "cc", "bcc"]),
            ("", ["subject", "html"]),
            (_("Files"), ["uploads", "known"]),
            (_("When"), ["when", "at", "is_tracked"]),
        ]
        return [(title, [name for name in names if name in self.fields]) for title, names in parts]

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.cleaned_data
        if facts.get("when") == LATER and "at" not in self.errors:
            if not facts.get("at"):
                self.add_error("at", _("Say when."))
            elif facts["at"] <= timezone.now():
                self.add_error("at", _("This moment has passed."))
        return facts

    def due_at(self) -> datetime | None:
        """When it is to go out; None means now."""
        facts = self.cleaned_data
        if facts["when"] == MORNING:
            return next_morning(zone_of(facts["to"]).name, timezone.now())
        return facts["at"] if facts["when"] == LATER else None


def morning_in_words(contact: Contact | None) -> str:
    """“In the reader's morning: Mon 30 November, 08:30 in Asia/Kolkata (by their country, India)”."""
    if contact is None:
        return _("In the reader's morning")
    zone = zone_of(contact)
    morning = next_morning(zone.name, timezone.now())
    told = {"at": formats.date_format(morning, "D j F, H:i"), "zone": zone.name.replace("_", " "), "why": zone.why}
    return _("In the reader's morning: %(at)s in %(zone)s (%(why)s)") % told


@login_required
def write(request: SignedIn) -> HttpResponse:
    """`on` names the record it is about, `to` another contact than the record's, `template` one to begin with.

    `instead` is the id of an email that waits: it is opened again, and replaced when this one is sent. `answers` is the id of
    an email that came in.
    """
    must_be_able_to_add(request.user, Activity)
    waiting = _waiting(request)
    answered = _answered(request)
    before = waiting or answered
    record = before.regarding or before.contact if before else record_named(request.GET.get("on", ""), request.user)
    contact = _contact(request, record) if before is None else before.contact
    initial = _begun(request, record, contact, waiting) | (_answer(answered, request.user) if answered else {})
    form = LetterForm(
        request.POST or None, request.FILES or None, request=request, record=record, contact=contact, initial=initial
    )
    back = way_back(request, address_of(record) or reverse("crm:activities"))
    if form.is_valid():
        try:
            made = _send(form, record, waiting, request.user, answered)
        except CrmError as problem:
            problem.field = "uploads" if problem.field == "files" else problem.field
            add_to(form, problem)
        else:
            return done(request, _said(made), back)
    more: dict[str, Any] = {"record": record, "waiting": waiting, "contact": contact, "label": _label(record)}
    title = _("Write to %s") % contact if contact else _("Write an email")
    return render_form(
        request, form, title=title, submit=_("Send"), back=back, template="crm/letters/write.html", **more
    )


@login_required
def letter_facts(request: SignedIn) -> JsonResponse:
    """For the form while it is filled in: a template said to this person, her morning, and why she cannot be written to."""
    must_be_able_to_add(request.user, Activity)
    record = record_named(request.GET.get("on", ""), request.user)
    contact = _contact(request, record)
    facts: dict[str, Any] = {"morning": morning_in_words(contact), "why_not": _why_not(contact)}
    if template := _template(request):
        said = filled(template.subject, template.html, record=record, contact=contact, by=request.user)
        files = list(attachments_of(template).values_list("name", flat=True))
        html = said.html + _signed(request)
        facts |= {"subject": said.subject, "html": html, "empty": said.empty, "files": files}
    return JsonResponse(facts)


@login_required
@require_POST
def hurry(request: SignedIn, pk: int) -> HttpResponse:
    """Send a waiting one now."""
    activity = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    back = way_back(request, activity.get_absolute_url())
    try:
        send_at(activity, None)
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, _("“%s” is on its way.") % activity, back)


@login_required
@require_POST
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a waiting one back."""
    activity = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    back = way_back(request, activity.get_absolute_url())
    try:
        take_back(activity, by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, _("“%s” will not be sent.") % activity, back)


def _send(form: LetterForm, record: Any, waiting: Activity | None, by: Any, answered: Activity | None) -> Activity:
    facts = form.cleaned_data
    kept = list(attachments_of(waiting)) if waiting else []
    return write_letter(
        by=by,
        to=facts["to"],
        subject=facts["subject"],
        html=facts["html"],
        cc=facts["cc"],
        bcc=facts["bcc"],
        regarding=record,
        template=facts.get("template"),
        uploads=facts["uploads"],
        files=[*kept, *facts.get("known", [])],
        due_at=form.due_at(),
        is_tracked=facts["is_tracked"],
        instead_of=waiting,
        in_reply_to=_message_id(answered) if answered else waiting.letter.in_reply_to if waiting else "",
    )


def _said(activity: Activity) -> str:
    if activity.due_at and activity.due_at > timezone.now():
        moment = formats.date_format(timezone.localtime(activity.due_at), "SHORT_DATETIME_FORMAT")
        return _("“%(what)s” goes out %(when)s.") % {"what": activity, "when": moment}
    return _("“%s” is on its way.") % activity


def _begun(request: SignedIn, record: Any, contact: Contact | None, waiting: Activity | None) -> dict[str, Any]:
    """What the form begins with: the waiting email, a template said to this person, or the signature alone."""
    if waiting is not None:
        letter = waiting.letter
        at = timezone.localtime(letter.waits_until) if letter.waits_until else None
        return {
            "to": contact, "cc": letter.cc_line, "bcc": ", ".join(hidden_readers(letter)), "subject": letter.subject,
            "html": letter.html, "when": LATER, "at": at, "is_tracked": letter.is_tracked,
        }  # fmt: skip
    begun: dict[str, Any] = {"to": contact, "html": _signed(request)}
    if template := _template(request):
        said = filled(template.subject, template.html, record=record, contact=contact, by=request.user)
        begun |= {"template": template, "subject": said.subject, "html": said.html + begun["html"]}
    return begun


def _template(request: SignedIn) -> EmailTemplate | None:
    """The one that was asked for."""
    asked = request.GET.get("template", "")
    return get_object_or_404(EmailTemplate.objects.visible_to(request.user), pk=asked) if asked.isdigit() else None


def _signed(request: SignedIn) -> str:
    """Room to write in, and the signature below."""
    return f"<p></p>{request.user.signature}" if request.user.signature else ""


def _contact(request: SignedIn, record: Any) -> Contact | None:
    """Whom it is to: the chosen one, else the record's person, as far as the writer sees them."""
    asked = request.GET.get("to", "")
    if asked.isdigit():
        return see_or_404(Contact, int(asked), request.user)
    if record is None:
        return None
    subject = Subject.of(record)
    contact = subject.contact or getattr(subject.account, "primary_contact", None)
    seen = contact is not None and Contact.objects.visible_to(request.user).filter(pk=contact.pk).exists()
    return contact if seen else None


def _waiting(request: SignedIn) -> Activity | None:
    asked = request.GET.get("instead", "")
    if not asked.isdigit():
        return None
    rows = Activity.objects.select_related("contact", "letter")
    found = see_or_404(rows, int(asked), request.user).must_be_editable_by(request.user)
    if not Letter.objects.filter(activity=found).exclude(waits_until=None).exists():
        raise Http404
    return found


def _answered(request: SignedIn) -> Activity | None:
    """The email that came in and is answered."""
    asked = request.GET.get("answers", "")
    if not asked.isdigit():
        return None
    found = see_or_404(Activity.objects.select_related("contact", "owner"), int(asked), request.user)
    if found.kind != Activity.Kind.EMAIL or found.contact is None:
        raise Http404
    return found


def _answer(mail: Activity, by: Any) -> dict[str, Any]:
    """“Re: …”, room for the answer, the signature, and what is answered below."""
    subject = mail.subject if mail.subject.lower().startswith(("re:", "aw:")) else f"Re: {mail.subject}"
    when = formats.date_format(timezone.localtime(mail.done_at or mail.created_at), "SHORT_DATETIME_FORMAT")
    head = _("%(who)s wrote on %(when)s:") % {"who": mail.contact, "when": when}
    quoted = "".join(f"<p>&gt; {escape(line)}</p>" for line in mail.body.splitlines()[:MOST_LINES_QUOTED])
    return {"subject": subject[:200], "html": f"<p></p>{by.signature}<p>{escape(head)}</p>{quoted}"}


def _message_id(mail: Activity) -> str:
    """Of an email that was filed; "" where it was only written down."""
    return mail.mails.exclude(message_id="").values_list("message_id", flat=True).first() or ""


def _why_not(contact: Contact | None) -> str:
    if contact is None:
        return ""
    return why_not(contact, purpose="transactional") if contact.email else _("%s has no email address.") % contact


def _label(record: Any) -> str:
    return f"{record._meta.label_lower}:{record.pk}" if record is not None else ""
