"""A rule as a form field: `RuleField()` in any form, `RuleField(of="sales.lead")` where it speaks of leads; the builder is static/js/rule-builder.js.

A page that shows one includes `{{ form.media }}` (or loads "js/rule-builder.js" as a module, where forms are swapped in).
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.rules.parse import Problem, check
from crm.rules.tree import CONTACT
from crm.rules.use import words

LONGEST = 100_000


class RuleWidget(forms.Textarea):
    """The builder over a textarea of JSON; without script the JSON itself can be edited.

    `preview`: “full” shows count and sample beside it, “words” only how the rule reads. `of` is the kind of record it
    speaks of; with `has_reader` it filters a list for somebody, who is “me” in it.
    """

    template_name = "crm/rules/widget.html"

    class Media:
        js = (forms.Script("js/rule-builder.js", type="module"),)
        css = {"all": ("css/rule-builder.css",)}

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        *,
        preview: str = "words",
        of: str = CONTACT,
        has_reader: bool = False,
    ) -> None:
        super().__init__({"rows": 6, "spellcheck": "false", "class": "form-control rule-json", **(attrs or {})})
        self.preview, self.of, self.has_reader = preview, of, has_reader

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {
            **super().get_context(name, value, attrs),
            "preview": self.preview,
            "of": self.of,
            "has_reader": self.has_reader,
        }

    def in_words(self, value: Any) -> str:
        """How the rule reads, where two versions are compared."""
        return words(value, self.of) if value else ""


class RuleField(forms.JSONField):
    """Cleans to the stored JSON of a valid rule. Each problem is an error with its place."""

    widget = RuleWidget
    default_error_messages = {"invalid": _("This is not a rule."), "required": _("Add at least one condition.")}

    def __init__(self, *args: Any, preview: str = "words", of: str = CONTACT, **kwargs: Any) -> None:
        kwargs.setdefault("widget", RuleWidget(preview=preview, of=of))
        self.of = of
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValidationError(_("This rule is too long."))
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, as it was typed."""
        return initial if self.disabled else data

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value in self.empty_values:
            return
        if problems := self.problems_of(value):
            raise ValidationError([str(problem) for problem in problems])

    def problems_of(self, value: Any) -> list[Problem]:
        return check(value, self.of)

    def prepare_value(self, value: Any) -> Any:
        """JSON for the textarea; what a person typed there comes back as it was."""
        return value if isinstance(value, str) else "" if value in (None, {}) else json.dumps(value, ensure_ascii=False)
