"""The two first lines of every page: see it or 404, change it or 403 with its sentence."""

from functools import partial
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from crm.access.depths import Depth, depth_of
from crm.access.why import why_not
from crm.access.words import IN_A_SENTENCE
from crm.errors import Forbidden
from crm.models.merges import Mergeable

M = TypeVar("M", bound=Model)


def see_or_404(source: type[M] | QuerySet[M], pk: Any, user: Any) -> M:
    """The record if the user may see it; what you may not see does not exist for you. `source` may carry a select_related."""
    queryset: Any = source._default_manager.all() if isinstance(source, type) else source
    one = queryset.visible_one if hasattr(queryset, "visible_one") else partial(_one, queryset)
    found: M | None = one(pk, user)
    if found is None:
        if into := merged_away(queryset.model, pk, user):
            raise MergedAway(into)
        raise Http404
    return found


def _one(queryset: Any, pk: Any, user: Any) -> Any:
    return queryset.visible_to(user).filter(pk=pk).first()


class MergedAway(Http404):
    """It became part of `into`, which the user sees: a page leads there (crm/web/middleware.py), whatever else is no more."""

    def __init__(self, into: Any) -> None:
        super().__init__()
        self.into = into


def merged_away(model: Any, pk: Any, user: Any) -> Any:
    """The record that this one became part of, where the user sees it; else None."""
    if not issubclass(model, Mergeable) or not str(pk).isdigit():
        return None
    rows: Any = model
    into = rows._base_manager.filter(pk=pk).exclude(merged_into=None).values("merged_into")
    return rows._default_manager.visible_to(user).filter(pk__in=into).first()


def must_be_able_to(user: Any, verb: str, record: Model) -> None:
    """Raises Forbidden with a sentence where the user's role does not reach this record with `verb`."""
    model = type(record)
    if not model._default_manager.all().reachable_by(user, verb).filter(pk=record.pk).exists():  # type: ignore[attr-defined]
        raise Forbidden(why_not(user, record, verb))


def must_be_able_to_at_all(user: Any, verb: str, model: type[Model]) -> None:
    """Raises Forbidden where the user's role reaches no record of this kind with `verb`."""
    if depth_of(user, model._meta.label_lower, verb) == Depth.NONE:
        said = _("Your role does not let you %(verb)s %(nouns)s.")
        raise Forbidden(said % {"verb": IN_A_SENTENCE[verb], "nouns": model._meta.verbose_name_plural})


def must_be_able_to_add(user: Any, model: type[Model]) -> None:
    """Raises Forbidden where the user's role may not create such a record."""
    must_be_able_to_at_all(user, "add", model)
