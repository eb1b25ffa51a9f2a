"""By which words the nouns of marketing are found."""

from crm.search.indexed import Indexed

SEGMENTS = Indexed("marketing.segment", "marketing_segment", ("name",))
EMAILS = Indexed("marketing.marketingemail", "marketing_marketingemail", ("name", "subject"))
TEXTS = Indexed("marketing.textmessage", "marketing_textmessage", ("name", "text"))
FORMS = Indexed("marketing.form", "marketing_form", ("name", "slug"))
EVENTS = Indexed("marketing.event", "marketing_event", ("title", "slug"))
SCORING_MODELS = Indexed("marketing.scoringmodel", "marketing_scoringmodel", ("name",))
EVERY = (SEGMENTS, EMAILS, TEXTS, FORMS, EVENTS, SCORING_MODELS)
