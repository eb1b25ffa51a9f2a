"""A post to a public form: read, doubted, judged, taken in. Whatever is wrong is said, and what was typed is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.errors import CrmError, Invalid
from crm.languages import in_house
from marketing.actions.forms import Envelope, keep_bots_answer, submit_answer
from marketing.actions.visits import Guest
from marketing.answers import AnswerForm, answer_form
from marketing.models import Form, Submission
from marketing.web import form_tokens
from marketing.web.guests import network_of
from marketing.web.limits import is_too_often

HONEYPOT = "website"
"""A field that people do not see. Who fills it in is a bot."""


@dataclass(frozen=True)
class Reply:
    """`submission` where it was taken in; else the form to show again, with `token` in it and `status` for the browser."""

    answer: AnswerForm
    token: str
    status: int = 200
    submission: Submission | None = None


def receive(request: HttpRequest, form: Form, guest: Guest) -> Reply:
    """Judge a post. Raises Invalid where it is so large that nothing of it was read."""
    post = _body(request)
    answer = answer_form(form.definition)(post)
    token = post.get("token", "")
    if is_too_often(f"network.{network_of(request)}", settings.FORM_POSTS_PER_HOUR):
        return _again(answer, token, 429, _("Too much came from your network within the hour. Please try again later."))
    try:
        read = form_tokens.read(token, form)
    except Invalid as problem:
        return _again(answer, form_tokens.issue(form), 422, problem.message)
    envelope = Envelope(
        token=read.nonce,
        visitor=guest.visitor,
        page=post.get("page", "").replace("\x00", ""),
        ip_hash=network_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        language=get_language() or "",
    )
    if post.get(HONEYPOT):
        raw = {name: post.get(name, "") for name in answer.fields}
        return Reply(answer, token, submission=keep_bots_answer(form, raw, envelope))
    if read.is_too_quick:
        return _again(
            answer, token, 422, _("That was quicker than anybody can read. Please press the button once more.")
        )
    if not answer.is_valid():
        return Reply(answer, token, 422)
    if is_too_often(_address_bucket(form, answer), settings.FORM_POSTS_PER_HOUR_AND_ADDRESS):
        return _again(
            answer, token, 429, _("This address was sent many times within the hour. Please try again later.")
        )
    try:
        with in_house():
            return Reply(answer, token, submission=submit_answer(form, answer, envelope))
    except CrmError as problem:
        return _again(answer, token, problem.status, _(problem.message))


def _body(request: HttpRequest):  # type: ignore[no-untyped-def]
    try:
        return request.POST
    except (RequestDataTooBig, TooManyFieldsSent):
        raise Invalid(_("This is more than a form can take. Please go back and write less.")) from None


def _again(answer: AnswerForm, token: str, status: int, sentence: str) -> Reply:
    answer.is_valid()
    answer.add_error(None, sentence)
    return Reply(answer, token, status)


def _address_bucket(form: Form, answer: AnswerForm) -> str:
    digest = hashlib.sha256(answer.facts()["email"].strip().lower().encode()).hexdigest()
    return f"address.{form.pk}.{digest[:32]}"
