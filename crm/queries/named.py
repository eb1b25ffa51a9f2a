"""Records named by a text: “sales.lead:5”."""

from typing import Any

from django.apps import apps
from django.http import Http404

from crm.access.see import see_or_404


def record_named(label: str, user: Any) -> Any:
    """The visible record that “app.model:pk” names; None for an empty name. Raises Http404 for anything else."""
    if not label:
        return None
    name, _colon, pk = label.partition(":")
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        raise Http404 from None
    if not pk.isdigit() or not hasattr(model._default_manager.all(), "visible_to"):
        raise Http404
    return see_or_404(model, int(pk), user)
