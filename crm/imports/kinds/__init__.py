"""What crm lets files bring in, one kind a file: how its lines are told apart, found, written and taken back."""

from crm.hooks import importers
from crm.imports.kinds import accounts, activities, consent, contacts, tags


def register_all() -> None:
    for importer in (
        contacts.IMPORTER,
        accounts.IMPORTER,
        activities.ACTIVITIES,
        activities.NOTES,
        tags.IMPORTER,
        consent.CONSENT,
        consent.SUPPRESSIONS,
    ):
        importers.register(importer)
