"""The nouns of marketing."""

from marketing.models.audiences import LeftOut, SendMember
from marketing.models.blocks import ContentBlock, EmailDesign
from marketing.models.brands import Brand
from marketing.models.emails import EmailRevision, EmailSeat, EmailTranslation, EmailVersion, MarketingEmail
from marketing.models.engagement import Engagement
from marketing.models.events import Event, EventMaterial, EventStatus, Registration, Speaker
from marketing.models.experiments import Experiment, Variant
from marketing.models.forms import Form, Submission, Visitor
from marketing.models.media import MediaFile
from marketing.models.scoring import Score, ScoringModel, ScoringRule
from marketing.models.segments import Hush, Segment, SegmentChoice, SegmentMember, SegmentSize
from marketing.models.sends import Send
from marketing.models.texts import TextMessage, TextVersion
from marketing.models.transactional import TransactionalEmail

__all__ = [
    "Brand",
    "ContentBlock",
    "EmailDesign",
    "EmailRevision",
    "EmailSeat",
    "EmailTranslation",
    "EmailVersion",
    "Engagement",
    "Event",
    "EventMaterial",
    "EventStatus",
    "Experiment",
    "Form",
    "Hush",
    "LeftOut",
    "MarketingEmail",
    "MediaFile",
    "Registration",
    "Score",
    "ScoringModel",
    "ScoringRule",
    "Segment",
    "SegmentChoice",
    "SegmentMember",
    "SegmentSize",
    "Send",
    "SendMember",
    "Speaker",
    "Submission",
    "TextMessage",
    "TextVersion",
    "TransactionalEmail",
    "Variant",
    "Visitor",
]
