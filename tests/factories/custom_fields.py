"""Custom fields for tests, made by the action."""

from crm.actions.custom_fields import create_custom_field

PLANS = [{"label": "Gold", "colour": "amber"}, {"label": "Silver"}, {"label": "Bronze"}]
EVERY_TYPE = {
    "nickname": ("text", {}),
    "story": ("longtext", {}),
    "seats": ("number", {"places": 1}),
    "budget": ("money", {}),
    "renewal": ("day", {}),
    "plan": ("choice", {"choices": PLANS}),
    "colours": ("choices", {"choices": [{"label": "Red"}, {"label": "Green"}, {"label": "Blue"}]}),
    "agreed": ("yesno", {}),
    "page": ("url", {}),
    "partner": ("lookup", {"to": "crm.account"}),
    "adviser": ("lookup", {"to": "crm.user"}),
    "desk": ("lookup", {"to": "crm.team"}),
}


def custom_field(kind, key, type, **more):
    return create_custom_field(
        kind=kind, key=key, label=more.pop("label", key.capitalize()), type=type, by=None, **more
    )


def every_custom_field(kind):
    """One field of every type, by key."""
    return {key: custom_field(kind, key, type, **more) for key, (type, more) in EVERY_TYPE.items()}
