"""The table of journeys whose changes can change what a rule answers for a contact."""

from crm.log.triggers import Watch

PARTICIPANT = Watch(
    "journeys_participant",
    columns=("id", "contact_id", "left_at", "outcome"),
    contacts="SELECT changed.contact_id AS id FROM {rows}",
    if_different=True,
)
"""Coming in and leaving count; the steps between, which are written all the time, do not."""
