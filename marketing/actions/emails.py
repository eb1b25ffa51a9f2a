"""What is done with an email: edit, check, make ready, test, copy. A send takes only what was made ready."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from crm.delivery.contents import Content
from crm.delivery.queueing import queue_test
from crm.delivery.rendering import facts_about
from crm.delivery.templates import flat
from crm.errors import Invalid
from crm.models import Contact, Message
from marketing.actions.revisions import keep_revision
from marketing.actions.sender_checks import about_sender
from marketing.actions.utm import utm_of
from marketing.blocks.checking import Problem, check_email, check_html, head_of
from marketing.blocks.compiling import asks_of, compile_email
from marketing.blocks.conditions import all_asks, asked
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.uses import keep_uses, pictures_in
from marketing.blocks.values import examples
from marketing.blocks.wants import DATA, wants_of
from marketing.models import EmailTranslation, EmailVersion, MarketingEmail

if TYPE_CHECKING:
    from crm.models import User

CONTENT, DRAFT = "marketing.email", "marketing.email_draft"
SAID = ("subject", "preheader", "blocks", "html")
"""What is said in each language of its own."""
EDITABLE = (
    "name",
    *SAID,
    "sender",
    "purpose",
    "topic",
    "campaign",
    "language",
    "brand",
    "kind",
    "adds_utm",
    "utm_campaign",
    "api_name",
)
LARGEST_HTML = 500_000


@transaction.atomic
def edit_email(email: MarketingEmail, *, by: User, language: str = "", **fields: Any) -> MarketingEmail:
    """Change it, or what it says in `language`; a ready email becomes a draft again, its versions stay. Raises Invalid
    with the path in the blocks."""
    email = _locked(email, by)
    for name, value in fields.items():
        if name not in (SAID if language else EDITABLE):
            raise TypeError(f"edit_email does not set {name}")
        if name == "html" and len(value) > LARGEST_HTML:
            raise Invalid("This HTML has more than 500 KB; a mail program shows the first 102 of them.", field="html")
    must_be_free_name(fields.get("api_name", ""), email)
    said = translation_of(email, language) if language else email
    before = {name: getattr(said, name) for name in SAID}
    for name, value in fields.items():
        setattr(said, name, as_stored(parse_blocks(value)) if name == "blocks" else value)
    if isinstance(said, EmailTranslation):
        said.save()
    if any(getattr(said, name) != before[name] for name in SAID):
        keep_revision(email, language, said, by=by, before=before)
    if email.status == MarketingEmail.Status.READY:
        email.rework()
    email.version += 1
    email.save()
    keep_uses(email)
    return email


def must_be_free_name(name: str, email: MarketingEmail | None) -> None:
    """Raises Invalid where another email has this name for the API."""
    if not name:
        return
    other = MarketingEmail.objects.alive().filter(api_name=name).exclude(pk=(email and email.pk) or 0)
    if other.exists():
        raise Invalid(f"“{name}” is the name of another email for the API.", field="api_name")


def translation_of(email: MarketingEmail, language: str) -> EmailTranslation:
    """Raises Invalid where it is not written in this language."""
    found = email.translations.filter(language=language).first()
    if found is None:
        raise Invalid(f"This email has no version in “{language}”.", field="language")
    return found


def said_in(email: MarketingEmail, language: str) -> MarketingEmail:
    """The email as it stands in a language; itself for "". What is answered is for reading, not for saving."""
    if not language:
        return email
    return spoken(email, translation_of(email, language))


def spoken(email: MarketingEmail, translation: EmailTranslation) -> MarketingEmail:
    copy = MarketingEmail(pk=email.pk, version=email.version)
    for name in (*EDITABLE, "status", "ready_version", "owner", "team"):
        if name != "status":
            setattr(copy, name, getattr(email, name))
    for name in SAID:
        setattr(copy, name, getattr(translation, name))
    copy.language = translation.language
    return copy


def problems_of(email: MarketingEmail) -> list[Problem]:
    """The check of the draft as it stands, in the language it is read in, and of whom it is from; errors first."""
    return [*_said_wrong(email), *about_sender(email.sender)]


def _said_wrong(email: MarketingEmail) -> list[Problem]:
    if email.kind == MarketingEmail.Kind.HTML:
        return check_html(email)
    return check_email(email, parse_blocks(email.blocks))


def all_problems(email: MarketingEmail) -> list[Problem]:
    """Those of every language; of a translation with its language before the sentence."""
    found = problems_of(email)
    for translation in email.translations.all():
        for problem in _said_wrong(spoken(email, translation)):
            path = f"translations.{translation.language}.{problem.path}"
            found.append(replace(problem, message=f"{translation.language}: {problem.message}", path=path))
    return found


@transaction.atomic
def make_ready(email: MarketingEmail, *, by: User) -> MarketingEmail:
    """Check it and keep what will be sent, word for word. Raises Invalid at the first error."""
    email = _locked(email, by)
    problems = all_problems(email)
    for problem in problems:
        if problem.is_error:
            raise Invalid(problem.message, field=problem.path)
    content = draft_content(email)
    said = {
        language: {"subject": variant.subject, "html": variant.html, "text": variant.text}
        for language, variant in content.variants.items()
    }
    made = {
        "subject": content.subject, "html": content.html, "text": content.text, "translations": said,
        "asks": asks(email), "postal_address": content.postal_address, "wants": wants_of(content),
    }  # fmt: skip
    latest = email.versions.first()
    if latest and all(getattr(latest, name) == value for name, value in made.items()):
        number = latest.number
    else:
        number = latest.number + 1 if latest else 1
        version = EmailVersion.objects.create(
            email=email,
            number=number,
            **made,
            blocks=email.blocks,
            checked=[problem.as_json() for problem in problems],
            made_by=by,
        )
        version.media.set(pictures_in([version.html, version.translations]))
    email.make_ready(number)
    email.version += 1
    email.save()
    return email


def send_test(
    email: MarketingEmail, *, by: User, to: str = "", contact: Contact | None = None, language: str = ""
) -> Message:
    """Send the draft to yourself (or `to`), as `contact` would read it, or in a language. Nothing is counted."""
    email.must_be_editable_by(by)
    for problem in problems_of(email):
        if problem.is_error and problem.field in ("subject", "sender"):
            raise Invalid(problem.message, field=problem.path)
    content = draft_content(email)
    facts = {**facts_about(content, contact), **sample_values(content)}
    if language:
        facts["contact.language"] = language
    return queue_test(
        (DRAFT, email.pk, email.version),
        to=to or by.email,
        as_contact=contact,
        sender=email.sender,
        variables={"as_facts": facts} if facts else None,
        by=by,
    )


@transaction.atomic
def copy_email(email: MarketingEmail, *, by: User) -> MarketingEmail:
    """A new draft with the same blocks, in all its languages."""
    copied = MarketingEmail.objects.create(
        **{name: getattr(email, name) for name in EDITABLE if name not in ("name", "api_name")},
        name=f"{email.name} (copy)"[:200],
        owner=by,
        created_by=by,
    )
    EmailTranslation.objects.bulk_create(
        EmailTranslation(email=copied, language=one.language, **{name: getattr(one, name) for name in SAID})
        for one in email.translations.all()
    )
    keep_uses(copied)
    return copied


def sample_values(content: Content) -> dict[str, Any]:
    """For a preview or a test: a value for each that a program would give, so that it can be seen where it stands."""
    return flat(DATA, examples(wants_of(content)))


def draft_content(email: MarketingEmail) -> Content:
    """The draft as delivery would take it, with its languages."""
    content = content_of(email)
    translations = list(email.translations.all()) if email.pk else []
    if not translations:
        return content
    variants = {one.language.lower(): content_of(spoken(email, one)) for one in translations}
    return replace(content, variants=variants, facts=asked(asks(email)))


def content_of(email: MarketingEmail) -> Content:
    """What it says in one language."""
    head = head_of(email)
    if email.kind == MarketingEmail.Kind.HTML:
        address = head.look.postal_address
        return Content(email.name, email.subject, email.html, postal_address=address, language=email.language)
    return compile_email(head, parse_blocks(email.blocks))


def asks(email: MarketingEmail) -> dict[str, Any]:
    """What must be asked about its readers, in all languages."""
    if email.kind == MarketingEmail.Kind.HTML:
        return {}
    said = [email.blocks, *email.translations.values_list("blocks", flat=True)]
    return all_asks([asks_of(parse_blocks(blocks)) for blocks in said])


def load_version(pk: int, number: int) -> Content:
    """For crm.delivery.contents: a version, word for word."""
    version = EmailVersion.objects.filter(email=pk, number=number).select_related("email__campaign").first()
    if version is None:
        raise LookupError(f"Email {pk} has no version {number}.")
    email, address = version.email, version.postal_address
    name = email.name
    utm = utm_of(email.utm_campaign or str(email.campaign or name), medium="email") if email.adds_utm else {}
    return Content(
        name=name,
        subject=version.subject,
        html=version.html,
        text=version.text,
        variants={
            language: Content(name=name, **said, utm=utm, postal_address=address, language=language)
            for language, said in version.translations.items()
        },
        utm=utm,
        facts=asked(version.asks),
        postal_address=address,
        language=email.language,
    )


def load_draft(pk: int, version: int) -> Content:
    """For crm.delivery.contents: what a test-send carries. `version` is that of the record, which every edit raises."""
    email = MarketingEmail.objects.filter(pk=pk).select_related("brand").first()
    if email is None:
        raise LookupError(f"There is no email {pk}.")
    return draft_content(email)


def _locked(email: MarketingEmail, by: User) -> MarketingEmail:
    email.must_be_editable_by(by)
    return MarketingEmail.objects.select_for_update(of=("self",)).select_related("brand").get(pk=email.pk)
