"""The tables of sales whose changes can change what a rule answers for a contact."""

from crm.log.triggers import Watch

LEAD = Watch("sales_lead", columns=("contact_id",), contacts="SELECT changed.contact_id AS id FROM {rows}")
OPPORTUNITY = Watch(
    "sales_opportunity",
    columns=("contact_id",),
    contacts="SELECT changed.contact_id AS id FROM {rows} WHERE changed.contact_id IS NOT NULL",
)
