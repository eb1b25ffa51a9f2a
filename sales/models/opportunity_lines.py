"""What a deal is about, line by line."""

from django.db import models

from sales.models.documents import DocumentLine


class OpportunityLine(DocumentLine):
    """A product or a write-in on an opportunity, in the opportunity's currency."""

    opportunity = models.ForeignKey("sales.Opportunity", models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        pass
