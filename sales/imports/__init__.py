"""What sales lets files bring in: leads, opportunities, products, each line through the action a person would have taken."""

from crm.hooks import importers
from sales.imports import leads, opportunities, products


def register_all() -> None:
    for importer in (leads.IMPORTER, opportunities.IMPORTER, products.IMPORTER):
        importers.register(importer)
