"""What sales lets files bring in: leads, opportunities, products, competitors, each line through the action a person would have taken."""

from crm.hooks import importers
from sales.imports import competitors, leads, opportunities, products


def register_all() -> None:
    for importer in (leads.IMPORTER, opportunities.IMPORTER, products.IMPORTER, competitors.IMPORTER):
        importers.register(importer)
