"""One family of errors. Each message is a sentence for the person who will read it, on a page or from the API."""

from typing import Any


class CrmError(Exception):
    """Something was asked that cannot be done. `field` names the input it is about (a path in JSON input)."""

    status = 400

    def __init__(self, message: str, *, field: str = "", more: dict[str, Any] | None = None) -> None:
        """`more` are further members of the API's answer."""
        super().__init__(message)
        self.message = str(message)
        self.field = field
        self.more = more or {}


class Invalid(CrmError):
    """The input cannot be used as it is: 400."""


class Forbidden(CrmError):
    """You see it, but may not change it: 403, with the reason."""

    status = 403


class NotAllowed(CrmError):
    """The record's state forbids it: 409."""

    status = 409


class Stale(CrmError):
    """Somebody else saved the record in the meantime: 412 in the API, both versions on a page."""

    status = 412


class ProviderError(CrmError):
    """An outside service refused or failed. `permanent` means: do not try again."""

    status = 502

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
