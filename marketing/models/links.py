"""A link to the web: http or https only, and “example.com” typed into a form means https."""

from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.forms import Field


class WebLink(models.URLField):
    """A javascript: or ftp: address is refused."""

    default_validators = [URLValidator(schemes=["https", "http"])]

    def formfield(self, **kwargs: Any) -> Field | None:
        return super().formfield(**{"assume_scheme": "https", **kwargs})
