"""Form controls for what is written and sent: rich text, and any number of files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms


class RichText(forms.Textarea):
    """A text with bold, lists and links (static/js/rich.js); `tokens` are (label, name) of what can be put in."""

    def __init__(self, tokens: Sequence[tuple[str, str]] = (), attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 12, **(attrs or {}), "data-rich": ""})
        self.offer(tokens)

    def offer(self, tokens: Sequence[tuple[str, str]]) -> None:
        self.attrs["data-tokens"] = json.dumps([[str(label), f"{{{{ {name} }}}}"] for label, name in tokens])


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several files; a list, empty where none was chosen."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        single = super().clean
        return [single(one, initial) for one in data] if isinstance(data, list | tuple) else []
