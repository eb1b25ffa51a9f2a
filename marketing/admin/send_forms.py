"""What is asked before a send: who, who not, when, how fast, and whether variants are tested."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from crm.errors import Invalid
from crm.log import kinds
from crm.models import Sender
from marketing.actions.experiments import Plan, Way
from marketing.models import Experiment, MarketingEmail, Segment, Send, TextMessage
from marketing.models.experiments import LETTERS

MOMENT = "%Y-%m-%dT%H:%M"


def _moment(label: str, help_text: str = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


class SendForm(forms.Form):
    segments = forms.ModelMultipleChoiceField(
        Segment.objects.none(), label="To everybody in one of", widget=forms.CheckboxSelectMultiple
    )
    excluded = forms.ModelMultipleChoiceField(
        Segment.objects.none(), label="But to nobody in", required=False, widget=forms.CheckboxSelectMultiple
    )
    timing = forms.ChoiceField(
        label="How the time is chosen", choices=Send.Timing.choices, required=False, widget=forms.RadioSelect,
        initial=Send.Timing.AT_ONCE,
    )  # fmt: skip
    due_at = _moment(
        "When", "Empty: now. In your time zone, or as the reader’s clock shows it. The people are those of then."
    )
    rate_per_hour = forms.IntegerField(
        label="At most an hour", required=False, min_value=1, help_text="Empty: as fast as the sender may."
    )
    expires_at = _moment("Not later than", "What could not go out by then stays unsent. Empty: no end.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.alive().visible_to(user).order_by("name")
        self.offered = list(segments)
        for name in ("segments", "excluded"):
            field: Any = self.fields[name]
            field.queryset = segments
            field.choices = [(segment.pk, str(segment)) for segment in self.offered]  # asked for once

    def clean_timing(self) -> str:
        return self.cleaned_data["timing"] or Send.Timing.AT_ONCE


class TestForm(forms.Form):
    """The test of variants as a whole; `variants` of 0 is no test."""

    variants = forms.TypedChoiceField(
        label="How many variants",
        choices=[(0, "No test"), *((n, str(n)) for n in range(2, len(LETTERS) + 1))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    metric = forms.ChoiceField(label="What counts", choices=Experiment.Metric.choices, required=False, initial="clicks")
    goal_kind = forms.ChoiceField(label="The goal", required=False)
    sample_percent = forms.IntegerField(
        label="Tested with, in percent of the people", required=False, min_value=1, max_value=100, initial=20,
        help_text="The others wait and get the winner. 100: nobody waits.",
    )  # fmt: skip
    hours = forms.IntegerField(label="Decided after, in hours", required=False, min_value=1, max_value=720, initial=24)
    confidence = forms.TypedChoiceField(
        choices=[(n, f"{n} %") for n in (90, 95, 99)], coerce=int, required=False, initial=95,
        help_text="How sure we must be that it was no luck.",
    )  # fmt: skip
    is_automatic = forms.BooleanField(label="Send the winner to the others by itself", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        goals = [(kind.name, kind.label) for kind in kinds.all_kinds()]
        self.fields["goal_kind"].choices = [("", "Choose what readers should do…"), *goals]  # type: ignore[attr-defined]


class VariantForm(forms.Form):
    """What is empty is as in the email that is sent."""

    subject = forms.CharField(max_length=200, required=False)
    email = forms.ModelChoiceField(MarketingEmail.objects.none(), label="Another email", required=False)
    sender = forms.ModelChoiceField(Sender.objects.all(), label="Another sender", required=False)
    due_at = _moment("Another time")
    share = forms.IntegerField(min_value=1, max_value=100, initial=1, required=False)

    def __init__(self, *args: Any, emails: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].queryset = emails  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()}: {self.prefix}"


class Asked:
    """All forms of the page together, filled in from what was typed. `is_look`: count and show, send nothing yet."""

    def __init__(self, request: HttpRequest, content: MarketingEmail | TextMessage) -> None:
        user: Any = request.user
        data = request.POST if request.method == "POST" else None
        self.is_look = "look" in request.POST
        given: Any = [request.GET["segment"]] if request.GET.get("segment", "").isdecimal() else []
        self.send = SendForm(data, user=user, initial={"segments": given})
        self.test = TestForm(data) if isinstance(content, MarketingEmail) else None
        self.variants: list[VariantForm] = []
        self.segments = self._chosen("segments", data, given)
        self.excluded = self._chosen("excluded", data, [])
        if self.test is not None and data and (count := data.get("variants", "0")).isdecimal():
            emails = MarketingEmail.objects.alive().visible_to(user).filter(status=MarketingEmail.Status.READY)
            others = emails.exclude(pk=content.pk).order_by("name")
            self.variants = [VariantForm(data, prefix=letter, emails=others) for letter in LETTERS[: int(count)]]

    @property
    def is_valid(self) -> bool:
        forms_ = [self.send, *([self.test] if self.test else []), *self.variants]
        return not any(not ok for ok in [form.is_valid() for form in forms_])  # each says its own problems

    @property
    def has_errors(self) -> bool:
        return any(form.is_bound and form.errors for form in (self.send, self.test, *self.variants) if form)

    def plan(self) -> Plan | None:
        if self.test is None or not self.test.cleaned_data["variants"]:
            return None
        if len(self.variants) < 2:
            raise Invalid("Show the variants and fill them in first.", field="variants")
        said = {name: value for name, value in self.test.cleaned_data.items() if name != "variants" and value != ""}
        ways = [Way(**{**form.cleaned_data, "share": form.cleaned_data["share"] or 1}) for form in self.variants]
        defaults = {"sample_percent": 20, "hours": 24, "confidence": 95}
        return Plan(ways=ways, **{**said, **{k: said.get(k) or v for k, v in defaults.items()}})

    def refuse(self, problem: Any) -> None:
        """Say it at the field that it is about."""
        for form in (self.send, self.test):
            if form is not None and problem.field in form.fields:
                form.add_error(problem.field, problem.message)
                return
        self.send.add_error(None, problem.message)

    def _chosen(self, name: str, data: QueryDict | None, given: list[str]) -> list[Segment]:
        wanted = set(data.getlist(name) if data else given)
        return [segment for segment in self.send.offered if str(segment.pk) in wanted]
