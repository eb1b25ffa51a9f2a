"""Templates of the emails that people write: saved with a check of their tokens, copied, deleted."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from crm.actions.attachments import attach_file, attachments_of, forget_files
from crm.errors import Forbidden, Invalid, Stale
from crm.hooks import records
from crm.models import EmailTemplate, User
from crm.queries.template_words import problems_in
from crm.rich_text import clean_rich

FIELDS = ("name", "subject", "html", "about", "language", "reach", "is_active")


def create_template(*, by: User, **values: Any) -> EmailTemplate:
    """A new one of `by`'s. Raises Invalid at the field that cannot be used, e.g. html with a token that nobody knows."""
    return _saved(EmailTemplate(owner=by), values, by)


@transaction.atomic
def change_template(template: EmailTemplate, *, by: User, version: int | None = None, **values: Any) -> EmailTemplate:
    """Raises Stale where somebody else saved in the meantime; mails that are waiting stay as they were written."""
    template = EmailTemplate.objects.select_for_update().get(pk=template.pk)
    if version is not None and version != template.version:
        raise Stale(_("“%s” was changed by somebody else in the meantime. Look at it again.") % template)
    template.version += 1
    return _saved(template, values, by)


@transaction.atomic
def copy_template(template: EmailTemplate, *, by: User) -> EmailTemplate:
    """A personal copy, with its files."""
    copy = EmailTemplate(
        name=(_("%s (copy)") % template.name)[:120], subject=template.subject, html=template.html, about=template.about,
        language=template.language, owner=by,
    )  # fmt: skip
    copy.save()
    for attachment in attachments_of(template).order_by("pk"):
        with attachment.file.open() as file:
            attach_file(copy, SimpleUploadedFile(attachment.name, file.read(), attachment.media_type), by=by)
    return copy


@transaction.atomic
def delete_template(template: EmailTemplate) -> None:
    """Emails that were written with it stay."""
    forget_files(attachments_of(template))
    template.delete()


def _saved(template: EmailTemplate, values: dict[str, Any], by: User) -> EmailTemplate:
    for name, value in values.items():
        if name not in FIELDS:
            raise Invalid(_("A template has no “%s”.") % name, field=name)
        setattr(template, name, value)
    template.html = clean_rich(template.html)
    for name, said in (
        ("name", _("Give it a name.")),
        ("subject", _("Write a subject.")),
        ("html", _("Write a text.")),
    ):
        if not str(getattr(template, name)).strip():
            raise Invalid(said, field=name)
    if template.about and not records.known(template.about):
        raise Invalid(_("There are no records of the kind “%s”.") % template.about, field="about")
    for problem in problems_in(template.subject, template.html, template.about):
        raise Invalid(problem.message, field=problem.field)
    _share(template, by)
    template.save()
    return template


def _share(template: EmailTemplate, by: User) -> None:
    """Its team is its owner's. Whose role reaches only what is their own keeps templates to themselves and their team."""
    if template.reach == EmailTemplate.Reach.TEAM:
        template.team = template.team or template.owner.team
        if template.team is None:
            raise Invalid(_("You are in no team, so there is nobody to share it with."), field="reach")
        return
    template.team = None
    if template.reach == EmailTemplate.Reach.EVERYBODY and not shares_with_everybody(by):
        raise Forbidden(_("Your role does not let you give templates to everybody; your team is the most."))


def shares_with_everybody(user: User) -> bool:
    from crm.access.depths import Depth, depth_of

    return depth_of(user, "crm.emailtemplate", "change") == Depth.ALL
