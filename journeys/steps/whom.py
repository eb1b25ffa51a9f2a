"""Whose something is that a step makes: the owner of the contact, a named user, or the members of a team in turn."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.db.models import Sum

from crm.models import Contact, Team, User
from journeys.models import Passage
from journeys.names import name_of
from journeys.steps.batch import Batch
from journeys.steps.kind import Params, StepForm

OWNER, USER, TEAM = "owner", "user", "team"
WHO = [(OWNER, "The owner of the contact"), (USER, "One user"), (TEAM, "The members of a team, in turn")]


def users(empty: str) -> list[tuple[object, str]]:
    return [("", empty), *User.objects.filter(is_active=True).values_list("pk", "name")]


def user_field(label: str, empty: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        coerce=int,
        required=False,
        empty_value=None,
        choices=lambda: users(empty),
        error_messages={"invalid_choice": "Choose somebody who still works here."},
    )


def team_field(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        coerce=int,
        required=False,
        empty_value=None,
        choices=lambda: [("", "Choose a team…"), *Team.objects.values_list("pk", "name")],
        error_messages={"invalid_choice": "Choose a team that still exists."},
    )


class WhoForm(StepForm):
    """Only the field of the chosen way is there. `otherwise` takes what would be nobody's."""

    who = forms.ChoiceField(label="For whom", choices=WHO, required=False)
    user = user_field("User", "Choose a user…")
    team = team_field("Team")
    otherwise = user_field("Where that is nobody, for", "nobody yet")

    @property
    def redraws(self) -> list[str]:
        return ["who"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        chosen = self["who"].value() or OWNER
        for name in {USER, TEAM} - {chosen}:
            self.fields.pop(name, None)

    def clean(self) -> Params:
        values = super().clean() or {}
        for name in (USER, TEAM):
            if name in self.fields and not values.get(name) and name not in self.errors:
                self.add_error(name, "Say who.")
        return values


def owners(batch: Batch) -> dict[int, int | None]:
    """{participant: user, or None}. A team takes turns: it goes on where the people who passed here before left off."""
    params = batch.params
    found: dict[int, int | None]
    match params.get("who") or OWNER:
        case "user":
            found = dict.fromkeys(batch.ids, at_work(params.get(USER)))
        case "team":
            passed = Passage.objects.filter(version=batch.version, node=batch.node).aggregate(many=Sum("count"))["many"]
            found = dict(zip(batch.ids, in_turn(members(params), len(batch.ids), passed or 0), strict=True))
        case _:
            rows = Contact.objects.filter(pk__in=batch.contacts, owner__is_active=True).order_by()
            theirs = dict(rows.values_list("pk", "owner"))
            found = {person.id: theirs.get(person.contact) for person in batch.people}
    if None in found.values() and params.get("otherwise"):
        other = at_work(params["otherwise"])
        found = {pk: owner or other for pk, owner in found.items()}
    return found


def at_work(user: int | None) -> int | None:
    return User.objects.filter(pk=user, is_active=True).values_list("pk", flat=True).first() if user else None


def members(params: Params) -> list[int]:
    team = User.objects.filter(team=params.get(TEAM), is_active=True)
    return list(team.order_by("pk").values_list("pk", flat=True))


def in_turn(users: Sequence[int], many: int, after: int) -> list[int | None]:
    return [users[(after + place) % len(users)] if users else None for place in range(many)]


def in_words(params: Params, contact: Contact) -> str:
    match params.get("who") or OWNER:
        case "user":
            return name_of(User, params.get(USER)) or "nobody yet"
        case "team":
            return f"the next of team {name_of(Team, params.get(TEAM))}"
    owner = contact.owner if contact.owner and contact.owner.is_active else None
    return str(owner or name_of(User, params.get("otherwise")) or "nobody yet")
