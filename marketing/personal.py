"""What marketing holds about a person, and what of it grows old."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.hooks import personal, retention
from crm.hooks.personal import ALWAYS, ON_ERASE, PersonalData, of_contact
from crm.hooks.retention import Keeping
from marketing.models import (
    Engagement,
    LeftOut,
    Registration,
    Score,
    SegmentChoice,
    SegmentMember,
    SendMember,
    Submission,
    Visitor,
)


def register_all() -> None:
    answers = {"values": {}, "user_agent": "", "ip_hash": "", "page": ""}
    personal.register(
        PersonalData(
            "marketing.submission", _("Answers to forms"), of_contact(Submission), "at", answers, ON_ERASE,
            hides=("key",), order=42,
        ),
        PersonalData(
            "marketing.registration", _("Registrations"), of_contact(Registration), "registered_at", deletes=ON_ERASE,
            order=43,
        ),
        PersonalData("marketing.visitor", _("Browsers"), of_contact(Visitor), "first_seen_at", deletes=ALWAYS, order=44),
        PersonalData("marketing.score", _("Scores"), of_contact(Score), "pk", deletes=ON_ERASE, order=45),
        PersonalData("marketing.segmentchoice", _("Put into segments, or kept out"), of_contact(SegmentChoice), "pk", deletes=ALWAYS, order=48),
        PersonalData("marketing.engagement", _("What she last opened and clicked"), of_contact(Engagement), "pk", deletes=ALWAYS, order=47),
        PersonalData("marketing.segmentmember", _("Segments"), of_contact(SegmentMember), "pk", deletes=ALWAYS, order=46),
        PersonalData("marketing.sendmember", _("Segments by which she was written to"), of_contact(SendMember), "pk", deletes=ALWAYS, order=49),
        PersonalData("marketing.leftout", _("Sends that left her out"), of_contact(LeftOut), "pk", deletes=ALWAYS, order=50),
    )  # fmt: skip
    retention.register(
        Keeping(
            "marketing.bots",
            _("Answers of bots to forms"),
            _("They are kept without a contact, to see what was caught."),
            lambda before: Submission.objects.filter(verdict=Submission.Verdict.BOT, at__lt=before),
            days=30,
            order=35,
        ),
        Keeping(
            "marketing.visitors",
            _("Browsers that nobody was recognised by"),
            _("Their visits stay in the log until they grow old themselves."),
            lambda before: Visitor.objects.filter(contact=None, first_seen_at__lt=before),
            days=365,
            order=36,
        ),
    )
