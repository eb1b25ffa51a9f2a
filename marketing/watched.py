"""The tables of marketing whose changes can change what a rule answers for a contact."""

from crm.log.triggers import Watch

SCORE = Watch("marketing_score", columns=("contact_id",), contacts="SELECT changed.contact_id AS id FROM {rows}")
REGISTRATION = Watch(
    "marketing_registration", columns=("contact_id",), contacts="SELECT changed.contact_id AS id FROM {rows}"
)
