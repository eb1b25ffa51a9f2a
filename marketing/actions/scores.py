"""Scores follow from the log: always computed anew for the contacts concerned, never added up, so twice is once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from crm import jobs
from crm.access.see import must_be_able_to, must_be_able_to_add
from crm.actions.bin import delete_record
from crm.errors import Invalid
from crm.log.recording import entry, record_many
from crm.models import Contact, User
from crm.rules.compile import behaviour
from crm.rules.parse import RuleInvalid
from crm.rules.tree import All, Did, Either, Rule, Test, Top, kinds_in, nodes
from crm.rules.use import check, matching, moves_with_time, parse
from marketing import score_watch
from marketing.models import Score, ScoringModel, ScoringRule

RECOMPUTE = "marketing.tasks.recompute_scores"
DECAYS_EVERY = timedelta(hours=1)
BATCH = 1000
BATCHES_A_JOB = 20
SCORE = "score"


@dataclass(frozen=True)
class Line:
    """A rule of a model, ready to ask. `counted` is the behaviour where each time counts, else None."""

    rule: ScoringRule
    tree: Rule
    counted: Did | None


@transaction.atomic
def create_scoring_model(*, by: User, rules: Sequence[dict[str, Any]] = (), **fields: Any) -> ScoringModel:
    """`rules` are {"label", "when", "points", "limit"}. Raises RuleInvalid, Invalid and Forbidden."""
    must_be_able_to_add(by, ScoringModel)
    model = ScoringModel(owner=by, created_by=by, **fields)
    _must_make_sense(model)
    model.save()
    _write_rules(model, rules)
    return _recompute_soon(model)


@transaction.atomic
def change_scoring_model(
    model: ScoringModel, *, by: User, rules: Sequence[dict[str, Any]] | None = None, **fields: Any
) -> ScoringModel:
    """Change the model and, where given, all its rules; every score is then computed anew."""
    must_be_able_to(by, "change", model)
    model = _locked(model.pk)
    for name, value in fields.items():
        setattr(model, name, value)
    _must_make_sense(model)
    model.version += 1
    model.save()
    if rules is not None:
        model.rules.all().delete()
        _write_rules(model, rules)
    return _recompute_soon(model)


@transaction.atomic
def ask_for_recompute(model: ScoringModel, *, by: User) -> ScoringModel:
    must_be_able_to(by, "change", model)
    return _recompute_soon(_locked(model.pk))


@transaction.atomic
def delete_scoring_model(model: ScoringModel, *, by: User) -> None:
    """Put into the bin; its scores are kept but no longer shown or tested."""
    must_be_able_to(by, "delete", model)
    ScoringModel.objects.filter(pk=model.pk).update(is_active=False)
    delete_record(model, by=by)


def _must_make_sense(model: ScoringModel) -> None:
    if model.warm_at > model.ready_at:
        raise Invalid("“Warm from” must not be above “ready from”.", field="warm_at")


def _write_rules(model: ScoringModel, rules: Sequence[dict[str, Any]]) -> None:
    for index, rule in enumerate(rules):
        if problem := wrong_with(rule["when"]):
            raise Invalid(problem, field=f"rules/{index}/when")
    ScoringRule.objects.bulk_create(
        ScoringRule(
            model=model,
            position=index,
            label=rule["label"],
            when=rule["when"],
            points=rule["points"],
            limit=rule.get("limit"),
        )
        for index, rule in enumerate(rules)
    )


def wrong_with(when: Any) -> str:
    """Why this cannot give points, or “”. A score must not depend on a score, nor on who else there is."""
    if problems := check(when):
        return str(problems[0])
    for node in nodes(parse(when)):
        if isinstance(node, Top):
            return "rule: Points cannot depend on a ranking."
        if isinstance(node, Test) and node.attribute == SCORE:
            return "rule: Points cannot depend on a score."
    return ""


def _recompute_soon(model: ScoringModel) -> ScoringModel:
    ScoringModel.objects.filter(pk=model.pk).update(
        recompute_due_at=timezone.now(),
        recompute_after=0,
        recomputed=0,
        recompute_total=Contact.objects.alive().count(),
    )
    if model.is_active:
        jobs.nudge(RECOMPUTE, model.pk)
    return ScoringModel.objects.get(pk=model.pk)


# Computing


def lines_of(model: ScoringModel) -> list[Line]:
    """The rules that can be used; one that has become invalid gives no points and is shown as such on its page."""
    lines = []
    for rule in model.rules.all():
        try:
            tree = parse(rule.when)
        except RuleInvalid:
            continue
        lines.append(Line(rule, tree, _counted(tree)))
    return lines


def _counted(tree: Rule) -> Did | None:
    """The lone behaviour of a rule, where it asks for no number of times itself."""
    while isinstance(tree, All | Either) and len(tree.rules) == 1:
        tree = tree.rules[0]
    return tree if isinstance(tree, Did) and tree.at_least is None and tree.at_most is None else None


@transaction.atomic
def score(model: int, contacts: Collection[int], now: datetime) -> int:
    """Compute the scores of these contacts anew, a few queries a rule; answers how many changed.

    Who passes the threshold is told to the log, but not by the model's first computation.
    """
    locked = _locked(model)
    if not locked.is_active or locked.deleted_at:
        return 0
    living = list(Contact.objects.filter(pk__in=contacts).values_list("pk", flat=True))
    reasons = _reasons(lines_of(locked), living, now)
    known = {one.contact_id: one for one in Score.objects.filter(model=locked, contact__in=living)}
    changed, reached, risen = [], [], []
    for pk in living:
        old = known.get(pk)
        new = _new_score(locked, pk, reasons.get(pk, []), old, now)
        if old is None and not new.reasons:
            continue
        if old is None or (old.points, old.reasons, old.reached_at) != (new.points, new.reasons, new.reached_at):
            changed.append(new)
            if new.reached_at and not (old and old.reached_at):
                reached.append(new)
            if new.points > (old.points if old else 0):
                risen.append((old.points if old else 0, new))
    Score.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["model", "contact"],
        update_fields=["points", "reasons", "reached_at", "updated_at"],
        batch_size=500,
    )
    if locked.computed_at:
        _tell(locked, reached, now)
        _tell_of_thresholds(locked, risen, now)
    return len(changed)


def _reasons(lines: Sequence[Line], contacts: Collection[int], now: datetime) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        for pk, times in _times(line, contacts, now).items():
            counted = min(times, line.rule.limit or times)
            points = counted * line.rule.points
            found[pk].append({"rule": line.rule.pk, "label": line.rule.label, "points": points, "times": counted})
    for reasons in found.values():
        reasons.sort(key=lambda reason: -abs(reason["points"]))
    return found


def _times(line: Line, contacts: Collection[int], now: datetime) -> dict[int, int]:
    """How often the rule applies to whom."""
    if line.counted is None:
        return dict.fromkeys(matching(line.tree, now).filter(pk__in=contacts).values_list("pk", flat=True), 1)
    rows = behaviour(line.counted, now).filter(contact__in=contacts).order_by()
    return dict(rows.values("contact_id").annotate(times=Count("pk")).values_list("contact_id", "times"))


def _new_score(
    model: ScoringModel, contact: int, reasons: list[dict[str, Any]], old: Score | None, now: datetime
) -> Score:
    points = sum(reason["points"] for reason in reasons)
    reached = ((old and old.reached_at) or now) if points >= model.ready_at and reasons else None
    return Score(model=model, contact_id=contact, points=points, reasons=reasons, reached_at=reached, updated_at=now)


def _tell(model: ScoringModel, reached: Sequence[Score], now: datetime) -> None:
    source = ("marketing.scoringmodel", model.pk)
    record_many(
        entry(
            "score.reached",
            contact=one.contact_id,
            source=source,
            occurred_at=now,
            data={"model": model.name, "points": one.points, "reasons": one.reasons},
        )
        for one in reached
    )


def _tell_of_thresholds(model: ScoringModel, risen: Sequence[tuple[int, Score]], now: datetime) -> None:
    """Who crossed upwards one of the numbers of points that somebody watches (marketing/score_watch.py)."""
    watched = score_watch.thresholds_of(model.pk) if risen else set()
    record_many(
        entry(
            "score.crossed",
            contact=one.contact_id,
            source=("marketing.scoringmodel", model.pk),
            occurred_at=now,
            data={"model": model.name, "points": one.points, "threshold": points},
        )
        for before, one in risen
        for points in sorted(watched)
        if before < points <= one.points
    )


def _locked(model: int) -> ScoringModel:
    rows = ScoringModel.objects.filter(pk=model)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.get()


# What jobs and readers do


def active() -> list[tuple[ScoringModel, list[Line]]]:
    models = ScoringModel.objects.alive().filter(is_active=True).prefetch_related("rules").order_by("pk")
    return [(model, lines_of(model)) for model in models]


PAST_CHANGES = {"record.merged", "record.unmerged"}
"""After these a person has done more, or less, than before."""


def kinds_that_score() -> set[str]:
    wanted = {kind for _, lines in active() for line in lines for kind in kinds_in(line.tree)}
    return wanted | PAST_CHANGES if wanted else wanted


def look_again(contacts: Collection[int], now: datetime, *, kinds: set[str] | None = None) -> None:
    """These contacts did something of these kinds, or (without kinds) a fact of theirs changed."""
    for model, lines in active():
        if kinds is None:
            concerned = any(isinstance(node, Test) for line in lines for node in nodes(line.tree))
        else:
            concerned = bool(kinds & PAST_CHANGES) or any(kinds & kinds_in(line.tree) for line in lines)
        if concerned:
            score(model.pk, contacts, now)


def recompute(model: int, now: datetime) -> bool:
    """Carry a full recompute on, a batch a transaction; answers whether it is done."""
    return any(not _recompute_batch(model, now) for _ in range(BATCHES_A_JOB))


@transaction.atomic
def _recompute_batch(model: int, now: datetime) -> bool:
    """One batch; answers whether there may be more."""
    locked = _locked(model)
    if locked.recompute_due_at is None:
        return False
    people = Contact.objects.filter(pk__gt=locked.recompute_after).order_by("pk")
    batch = list(people.values_list("pk", flat=True)[:BATCH])
    if batch:
        score(model, batch, now)
        ScoringModel.objects.filter(pk=model).update(
            recompute_after=batch[-1], recomputed=locked.recomputed + len(batch)
        )
        return True
    ScoringModel.objects.filter(pk=model).update(recompute_due_at=None, computed_at=now)
    return False


def waiting(now: datetime) -> list[int]:
    rows = ScoringModel.objects.alive().filter(is_active=True, recompute_due_at__lte=now)
    return list(rows.values_list("pk", flat=True))


def recompute_decaying(now: datetime) -> None:
    """Models with “in the last n days” lose points by the clock alone."""
    for model, lines in active():
        if any(moves_with_time(line.tree) for line in lines) and model.recompute_due_at is None:
            with transaction.atomic():
                _recompute_soon(model)
