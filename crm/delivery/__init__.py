"""Delivery: every mail and SMS that leaves Tandem, whoever asks for it. What the other rooms use:

**Content** (crm/delivery/contents.py). Who owns content registers a loader once, from wiring:

    contents.register("marketing.email", load)      # load(id, version) -> Content; LookupError where there is none
    Content(name=…, subject=…, html=…, text=…, tracked=True, variables=frozenset({"join_url"}))

Subject, html and text are written in the Liquid subset: `{{ contact.first_name | default: "there" }}`, `{% if … %}`.
`contact.` knows first_name, last_name, full_name, job_title, email, phone, mobile, city, country, language and account;
`owner.` name and email; `sender.` name and email; `company.` name and postal_address. Besides them: `unsubscribe_url`,
`preferences_url`, and the names in `variables`, which each message brings. An http(s) link without a token is tracked.
`templates.check(content) -> list[Problem]` (field, message) finds every unknown token: ask it before publishing.
`rendering.preview(content, contact=None, variables=None, purpose="commercial") -> Rendered(subject, html, text)`
is for designers. A version that was sent never changes; it is compiled once for each run of the sender.

**Queueing** (crm/delivery/queueing.py). Rows only, in the caller's transaction; a nudge carries them within a second or two.

    queue_for(contacts, content=("marketing.email", id, version), send_key="send:7", channel="email",
              purpose="commercial", topic=None, campaign=None, sender=None, variables=None,
              due_at=None, expires_at=None) -> int                          # one INSERT … SELECT, any number
    queue_messages([Request(contact=pk, send_key="journey:3:visit:9", variables={…}, address="")], content=…, …) -> int
    queue_test(content, to="mia@…", as_contact=contact, sender=None, channel="email", by=user) -> Message
    send_one(to=…, subject=…, text=…, html="", contact=None, attachments=[Attachment("guest.ics", "text/calendar", data)],
             sender=None, reply_to="", purpose="transactional", campaign=None, key="", due_at=None, by=None) -> Message
    queue_one(contact, content=…, key=…, purpose=…, variables=None, expires_at=None) -> Message     # crm/delivery/singles.py
    cancel(Message queryset, reason) -> int                                  # what is not yet claimed stays unsent

`contacts` is a queryset of Contact; campaign, sender, topic are instances or ids; `send_key` is a text or an expression over the queryset
(`Concat(Value("journey:3:visit:"), F("visit_number"))`), at most 80 characters. `key` of a message is
`send_key:channel:contact id`; asking twice makes one row. An address gets one message per send_key: of two contacts who
share it, the first (lowest id) gets the row. The answer is the number of rows that are new. Who has no address gets a
row too, which says so. What one person waits for (`queue_one`, `send_one`, letters, tests) is urgent: of what is due it is claimed
before what is sent to many. `send_one` says its text literally: no tokens. A message's rows are found by
`Message.objects.filter(send_key=…)` or by their content columns.

**Who gets it** (crm/delivery/eligibility.py): `preview(contacts, channel=…, purpose=…, topic=None) -> Audience(total,
will_get, left_out=[(reason, n), …])` and `why_not(contact, channel=…, purpose=…, topic=None) -> str` ("" means: gets it).
The claiming statement decides by the same SQL at every attempt; what is not sent keeps its reason in words.

**Consent** (crm/actions/consent.py): `give_consent(address, channel="email", purpose="commercial", topic=None, source=…,
text_shown="", proof=None, by=None, at=None)`, `withdraw_consent(…)`, `give_consent_many(contacts, …) -> int`,
and in crm/actions/suppressions.py `suppress(address, …)`, `pause(address, …)`, `lift(suppression, reason=…, by=…)`.

**Tokens** (crm/delivery/tokens.py): a click that leads to our own PUBLIC_URL carries `?t=`;
`tokens.read_person(text) -> Person(message, contact) | None` tells who came (for a day), so that a form can be filled in.

**What the log hears**: email.sent and email.delivered when the carrier takes the message (SMTP acceptance counts as
delivered until a bounce comes; then email.bounced), sms.sent; email.opened, email.clicked, sms.clicked with a verdict;
email.unsubscribed. `source` is the content (“marketing.email”, id), `message` and `campaign` are set.

**Carriers** are chosen in settings.DELIVERY like CACHES: {"email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS":
{…}}}; EMAIL_URL=smtp://user:password@host:587?tls=1 makes email go by SMTP, SMS_URL=https://… SMS by HTTP; else the
Outbox, a page of the admin. A provider is one file of crm/integrations/ and follows crm.delivery.providers.Provider.
"""
