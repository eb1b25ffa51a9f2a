"""The tables of crm whose changes can change what a rule answers for a contact."""

from crm.log.triggers import Watch

CONTACT = Watch("crm_contact", columns=("id",), contacts="SELECT changed.id AS id FROM {rows}", on=("INSERT", "UPDATE"))
ACCOUNT = Watch(
    "crm_account",
    columns=("id",),
    contacts="SELECT person.id AS id FROM {rows} JOIN crm_contact person ON person.account_id = changed.id",
    on=("UPDATE",),
)
ACTIVITY = Watch(
    "crm_activity",
    columns=("contact_id",),
    contacts="SELECT changed.contact_id AS id FROM {rows} WHERE changed.contact_id IS NOT NULL",
)
CONSENT = Watch(
    "crm_consent",
    columns=("point_id",),
    contacts=(
        "SELECT person.id AS id FROM {rows} JOIN crm_contactpoint point ON point.id = changed.point_id"
        " JOIN crm_contact person ON person.email_normal = point.value WHERE point.channel = 'email'"
        " UNION SELECT person.id FROM {rows} JOIN crm_contactpoint point ON point.id = changed.point_id"
        " JOIN crm_contact person ON person.mobile_normal = point.value WHERE point.channel = 'sms'"
    ),
)
TAGGING = Watch(
    "crm_tagging",
    columns=("record_type_id", "record_id"),
    contacts=(
        "SELECT changed.record_id AS id FROM {rows} JOIN django_content_type kind ON kind.id = changed.record_type_id"
        " WHERE kind.app_label = 'crm' AND kind.model = 'contact'"
        " UNION SELECT person.id FROM {rows} JOIN django_content_type kind ON kind.id = changed.record_type_id"
        " JOIN crm_contact person ON person.account_id = changed.record_id"
        " WHERE kind.app_label = 'crm' AND kind.model = 'account'"
    ),
)
