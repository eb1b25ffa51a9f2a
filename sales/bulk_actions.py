"""What sales offers on many leads or opportunities at once; each goes through the action that does it for one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from crm.hooks import bulk_actions
from crm.hooks.bulk_actions import Batch, BulkAction, Outcome, done, one_by_one, skipped
from crm.hooks.records import RecordKind
from crm.models import User
from crm.web.forms import RecordField
from sales.actions.closing import lose_opportunity, reopen_opportunity
from sales.actions.leads import disqualify_lead, qualify_lead, reactivate_lead
from sales.actions.unassigned import assign_by_rules, claim_lead
from sales.models import Competitor, DisqualifyReason, LeadStatus, LostReason, OpportunityStatus
from sales.queries.assignment_words import why_nobody_has


def register_all() -> None:
    for action in (QUALIFY, DISQUALIFY, REACTIVATE, CLAIM, BY_RULES, LOSE, REOPEN):
        bulk_actions.register(action)


class QualifyForm(forms.Form):
    """As Dynamics does in bulk: no question about each lead; account and contact come of it, a deal if wished."""

    create_opportunity = forms.BooleanField(
        label=_("Open an opportunity for each"), required=False, initial=True,
        help_text=_("With the topic and the budget of the lead. Accounts are found by name, or made."),
    )  # fmt: skip

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user

    def clean_create_opportunity(self) -> bool:
        wanted: bool = self.cleaned_data["create_opportunity"]
        if wanted and not self.user.may("sales.opportunity", "add"):
            raise forms.ValidationError(_now("Your role does not let you open opportunities."))
        return wanted


class DisqualifyForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose a reason…")), *DisqualifyReason.choices])

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)


class LoseForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose a reason…")), *LostReason.choices])
    competitor = RecordField(
        label=_("Lost to"), queryset=Competitor.objects.none(), required=False,
        help_text=_("Only if all of them went to the same one."),
    )  # fmt: skip
    description = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)
        chosen: Any = self.fields["competitor"]
        chosen.queryset = chosen.widget.queryset = Competitor.objects.visible_to(user)


def by_rules(batch: Batch) -> dict[int, Outcome]:
    """Those that nobody has, all at one go; what the rules found nobody for says why."""
    tried = {lead.pk: lead for lead in assign_by_rules(batch.rows, by=batch.by)}
    taken = skipped(_now("Somebody has it already, or it is closed."))
    outcomes: dict[int, Outcome] = {row.pk: taken for row in batch.rows}
    for pk, lead in tried.items():
        outcomes[pk] = done() if lead.owner_id else skipped(" ".join(why_nobody_has(lead)))
    return outcomes


def undo_disqualify(batch: Batch) -> dict[int, Outcome]:
    return _those(batch, "status", LeadStatus.DISQUALIFIED, reactivate_lead)


def undo_lose(batch: Batch) -> dict[int, Outcome]:
    return _those(batch, "status", OpportunityStatus.LOST, reopen_opportunity)


def _those(batch: Batch, column: str, value: str, act: Any) -> dict[int, Outcome]:
    """Only rows that are still as the run left them."""
    still = [row for row in batch.rows if getattr(row, column) == value]
    moved = {row.pk: skipped(_now("Somebody has taken it up since.")) for row in batch.rows if row not in still}
    return {**moved, **one_by_one(act)(Batch(batch.run, batch.by, {}, still))}


QUALIFY = BulkAction(
    "sales.qualify", _("Qualify"), "circle-check", one_by_one(qualify_lead), kinds=("sales.lead",), form=QualifyForm,
    button=_("Qualify %(what)s"), order=1,
)  # fmt: skip
DISQUALIFY = BulkAction(
    "sales.disqualify", _("Disqualify"), "circle-x", one_by_one(disqualify_lead), kinds=("sales.lead",),
    form=DisqualifyForm, undo=undo_disqualify, button=_("Disqualify %(what)s"), order=2,
    warning=_("They close without a sale and can be reactivated."),
)  # fmt: skip
REACTIVATE = BulkAction(
    "sales.reactivate", _("Reactivate"), "refresh", one_by_one(reactivate_lead), kinds=("sales.lead",),
    button=_("Reactivate %(what)s"), order=3,
)  # fmt: skip
CLAIM = BulkAction(
    "sales.claim", _("Claim"), "hand-finger", one_by_one(claim_lead), kinds=("sales.lead",), verb="view",
    permission=("sales.lead", "change"), button=_("Claim %(what)s"), order=4,
    warning=_("What nobody has becomes yours."),
)  # fmt: skip
BY_RULES = BulkAction(
    "sales.by_rules", _("Assign by the rules"), "arrows-split", by_rules, kinds=("sales.lead",), verb="assign",
    button=_("Assign %(what)s by the rules"), order=5,
    warning=_("Only what nobody has is given to somebody."),
)  # fmt: skip
LOSE = BulkAction(
    "sales.lose", _("Close as lost"), "mood-sad", one_by_one(lose_opportunity), kinds=("sales.opportunity",),
    form=LoseForm, undo=undo_lose, button=_("Close %(what)s as lost"), order=2,
)  # fmt: skip
REOPEN = BulkAction(
    "sales.reopen", _("Reopen"), "refresh", one_by_one(reopen_opportunity), kinds=("sales.opportunity",),
    button=_("Reopen %(what)s"), order=3,
)  # fmt: skip
