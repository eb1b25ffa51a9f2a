"""UTM parameters: what web analytics reads in an address to know where a visitor came from."""

from __future__ import annotations

from crm.models import Company


def utm_of(campaign: str, *, medium: str) -> dict[str, str]:
    """The parameters as the company's settings want them; nothing where no source is named there."""
    company = Company.objects.first()
    if company is None or not company.utm_source:
        return {}
    return {
        "utm_source": company.utm_source,
        "utm_medium": company.utm_medium or medium,
        "utm_campaign": campaign[:100],
    }
