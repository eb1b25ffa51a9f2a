"""What each column becomes, how the file is read, what is done with the lines: the page between upload and check."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.depths import may
from crm.actions.imports import UNSTARTED, check_import, forget_mapping, map_import, read_again, use_mapping
from crm.errors import CrmError
from crm.hooks import importers
from crm.imports import memory
from crm.imports.files import sample_rows
from crm.imports.lines import targets_of
from crm.imports.reading import ENCODINGS
from crm.models import Import, ImportMapping, Topic
from crm.web.imports.seeing import see
from crm.web.pages import answer, done

SEPARATORS = [(",", lazy("Comma ,")), (";", lazy("Semicolon ;")), ("\t", lazy("Tab")), ("|", lazy("Bar |"))]
CLAIM = ("has_consent", "source", "given_on", "topic")


class ReadForm(forms.Form):
    """How the file is read, where the guess was wrong."""

    encoding = forms.ChoiceField(label=lazy("Encoding"), choices=list(ENCODINGS.items()), required=False)
    separator = forms.CharField(label=lazy("Separator"), max_length=1, required=False, strip=False)
    sheet = forms.ChoiceField(label=lazy("Sheet"), required=False)

    def __init__(self, *args: Any, of: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sheet: Any = self.fields["sheet"]
        sheet.choices = [(name, name) for name in of.sheets]
        unusual = [(of.separator, of.separator)] if of.separator not in dict(SEPARATORS) else []
        self.fields["separator"].widget = forms.Select(choices=[*SEPARATORS, *unusual])
        for name in ("encoding", "separator") if of.rows else ("sheet",):
            del self.fields[name]


class MappingForm(forms.Form):
    """A select per column; what to do with new, known and doubtful lines; and the claim of consent."""

    policy = forms.ChoiceField(label=lazy("Lines"), choices=Import.Policy.choices)
    known = forms.ChoiceField(label=lazy("Known records"), choices=Import.Known.choices)
    doubtful = forms.ChoiceField(label=lazy("What may be a duplicate"), choices=Import.Doubtful.choices)
    creates_related = forms.BooleanField(label=lazy("Make what is named and not known"), required=False)
    assigns_by_rules = forms.BooleanField(label=lazy("Assign by the rules those without an owner"), required=False)
    starts_journeys = forms.BooleanField(
        label=lazy("Let journeys start from these contacts"),
        required=False,
        help_text=lazy("Else they enter their segments, and no journey begins on that account."),
    )
    day_first = forms.TypedChoiceField(
        label=lazy("3/4/2026 is"),
        choices=[("yes", lazy("3 April: the day comes first")), ("no", lazy("March 4: the month comes first"))],
        coerce=lambda said: said == "yes",
    )
    decimal_comma = forms.TypedChoiceField(
        label=lazy("Amounts look like"),
        choices=[("no", "1,234.50"), ("yes", "1.234,50")],
        coerce=lambda said: said == "yes",
    )
    save_as = forms.CharField(
        label=lazy("Save this mapping as"),
        required=False,
        max_length=80,
        help_text=lazy("Everybody who imports can use it then. Yours is remembered for these columns anyway."),
    )
    has_consent = forms.BooleanField(label=lazy("These people gave commercial consent"), required=False)
    source = forms.CharField(
        label=lazy("Where they gave it"),
        required=False,
        max_length=100,
        help_text=lazy("E.g. “Form at the trade fair in Pune”."),
    )
    given_on = forms.DateField(
        label=lazy("On which day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(), label=lazy("For the topic"), required=False, empty_label=lazy("All commercial mail")
    )

    def __init__(self, *args: Any, of: Import, samples: list[list[str]], may_claim: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of, self.samples, self.importer = of, samples, importers.get(of.kind)
        self._leave_out_what_does_not_apply(may_claim)
        self.fields.get("creates_related", forms.Field()).help_text = str(self.importer.related)
        self.fields.get("assigns_by_rules", forms.Field()).help_text = str(self.importer.by_rules)
        choices = [("", _("Leave out")), *((target.name, target.label) for target in targets_of(of).values())]
        for index, column in enumerate(of.columns):
            select = forms.Select(attrs={"class": "form-select"})
            self.fields[f"column_{index}"] = forms.ChoiceField(
                choices=choices, required=False, label=column, widget=select
            )

    def _leave_out_what_does_not_apply(self, may_claim: bool) -> None:
        is_contacts = self.of.kind == "crm.contact"
        left_out = [
            *(() if is_contacts and may_claim else CLAIM),
            *(() if self.importer.updates else ("policy", "known")),
            *(() if self.importer.doubts else ("doubtful",)),
            *(() if self.importer.related else ("creates_related",)),
            *(() if self.importer.by_rules else ("assigns_by_rules",)),
        ]
        for name in left_out:
            del self.fields[name]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each column with its select and what stands in its first lines."""
        return [
            {
                "column": column,
                "field": self[f"column_{index}"],
                "samples": [row[index] for row in self.samples if index < len(row) and row[index]][:3],
            }
            for index, column in enumerate(self.of.columns)
        ]

    def values(self) -> dict[str, Any]:
        """The words of map_import."""
        data = self.cleaned_data
        said: dict[str, Any] = {
            name: data[name]
            for name in (
                "policy", "known", "doubtful", "creates_related", "assigns_by_rules", "starts_journeys", "day_first",
                "decimal_comma", "save_as",
            )
            if name in data
        }  # fmt: skip
        claim = None
        if data.get("has_consent"):
            claim = {
                "source": data["source"],
                "given_on": data["given_on"],
                "topic": getattr(data["topic"], "pk", None),
            }
        mapping = {str(i): data[f"column_{i}"] for i in range(len(self.of.columns))}
        return {**said, "mapping": mapping, "consent": claim}

    def place(self, problem: CrmError) -> None:
        """Put an action's error beside its field."""
        place = problem.field.removeprefix("consent.")
        if place.startswith("mapping."):
            place = f"column_{place.removeprefix('mapping.')}"
        self.add_error(place if place in self.fields else None, problem.message)


@login_required
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    of = see(request, pk)
    if of.status not in UNSTARTED or of.position or not of.file:
        return redirect("crm:import", of.pk)
    form = MappingForm(
        request.POST or None,
        of=of,
        samples=sample_rows(of),
        may_claim=may(request.user, "crm.consent", "add"),
        initial=_initial(of),
    )
    if request.method == "POST" and form.is_valid():
        try:
            check_import(map_import(of, **form.values(), by=request.user), by=request.user)  # type: ignore[arg-type]
            return redirect("crm:import", of.pk)
        except CrmError as problem:
            form.place(problem)
    context = {
        "of": of,
        "form": form,
        "importer": importers.get(of.kind),
        "reading": ReadForm(of=of, initial={"encoding": of.encoding, "separator": of.separator, "sheet": of.sheet}),
        "saved": memory.named(of),
    }
    return render(request, "crm/imports/mapping.html", context, status=422 if form.is_bound else 200)


def _initial(of: Import) -> dict[str, Any]:
    initial: dict[str, Any] = {f"column_{index}": name for index, name in of.mapping.items()}
    for name in memory.OPTIONS:
        value = getattr(of, name)
        initial[name] = ("yes" if value else "no") if name in ("day_first", "decimal_comma") else value
    return initial


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file again in another way."""
    of = see(request, pk)
    address = reverse("crm:import-mapping", args=[of.pk])
    said = {name: request.POST.get(name, "") for name in ("encoding", "separator", "sheet")}
    try:
        read_again(of, **said, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, address)
    return done(request, _("The file is read anew."), address)


@login_required
@require_POST
def use_saved(request: HttpRequest, pk: int) -> HttpResponse:
    """Map the columns as a saved mapping says; or delete that mapping."""
    of = see(request, pk)
    address = reverse("crm:import-mapping", args=[of.pk])
    chosen = request.POST.get("saved", "")
    kept = (
        ImportMapping.objects.offered_to(request.user, of.kind).filter(pk=chosen or 0).first()
        if _is_id(chosen)
        else None
    )
    if kept is None:
        raise Http404
    try:
        if "forget" in request.POST:
            forget_mapping(kept, by=request.user)  # type: ignore[arg-type]
            return done(request, _("“%(name)s” is deleted.") % {"name": kept.name}, address)
        use_mapping(of, mapping=kept, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, address)
    return done(request, _("Mapped as in “%(name)s”.") % {"name": kept.name}, address)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 18
