"""Creating through the API what may be known already: 409 where that is certain, a hint in the answer where it is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_add
from crm.actions.duplicates import raise_duplicates
from crm.errors import NotAllowed
from crm.models.duplicates import Duplicate, Strength
from crm.queries.duplicates import Match, Matches, columns_of, matches_of

ALLOW = "allow_duplicates"
REFUSED = OpenApiResponse(
    description="It is most likely the same as a record that exists: `matches` names those that you may see, `hidden` counts"
    f" the others. Send it again with `?{ALLOW}=true` where it is meant."
)


class AsksFirst:
    """Mixed into the resource of a kind that has duplicates."""

    duplicate_kind = ""

    def values_to_compare(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The columns of the new record; None where it is known who it is."""
        return {name: value for name, value in values.items() if name in columns_of(self.duplicate_kind)}

    @extend_schema(
        parameters=[OpenApiParameter(ALLOW, bool, description="Create it although it is like a record that exists.")],
        responses={409: REFUSED},
    )
    @transaction.atomic
    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        must_be_able_to_add(request.user, self.get_queryset().model)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        self.must_be_able_to_give_to(form.validated_data.get("owner"))
        compared = self.values_to_compare(form.validated_data)
        found = matches_of(self.duplicate_kind, compared, request.user) if compared is not None else None
        if found and found.has_certain and request.query_params.get(ALLOW) not in ("true", "1", "yes"):
            raise NotAllowed(_refusal(found), more=described(found))
        made = self.perform_create(form)
        if found:
            raise_duplicates([made], found_by=Duplicate.FoundBy.API)
        answer: Response = self.answer(made, 201)
        if found:
            answer.data["duplicates"] = described(found)
        return answer


def described(found: Matches) -> dict[str, Any]:
    """{"matches": [{"id", "name", "strength", "reasons", "url"}], "hidden": how many one may not see}."""
    return {"matches": [_one(match) for match in found.seen], "hidden": found.hidden}


def _one(match: Match) -> dict[str, Any]:
    return {
        "id": match.record.pk,
        "name": str(match.record),
        "strength": Strength(match.strength).name.lower(),
        "reasons": match.reasons,
        "url": match.record.get_absolute_url(),
    }


def _refusal(found: Matches) -> str:
    sure = next((match for match in found.seen if match.is_certain), None)
    if sure is None:
        return f"There is such a record already, which you may not see. Send it again with ?{ALLOW}=true where it is meant."
    why = ", ".join(sure.reasons)
    return f"This is most likely “{sure.record}”: {why}. Send it again with ?{ALLOW}=true where it is meant."
