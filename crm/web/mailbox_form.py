"""The form of a mailbox: an administrator's in the set-up, and a person's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.models import Mailbox

USUAL_PORTS = (993, 143)


class MailboxForm(forms.ModelForm):
    """The password is typed and never shown; left empty, the kept one stays."""

    password = forms.CharField(
        label=lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("Many providers want an app password here. It is kept encrypted, and shown to nobody."),
    )

    class Meta:
        model = Mailbox
        fields = ("name", "kind", "address", "owner", "host", "port", "security", "user_name", "folder", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].required = False  # whoever says nothing means the usual one
        if self.instance.pk:
            self.fields["password"].help_text = _("Leave it empty to keep the one that is stored.")

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or self.instance.kind

    def clean_host(self) -> str:
        return self.cleaned_data["host"].strip()

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not password and not self.instance.pk:
            raise forms.ValidationError(_("Without a password nobody can sign in."))
        return password


class OwnMailboxForm(MailboxForm):
    """A person's own: always encrypted, at the usual ports, so that nobody looks around in the network by it."""

    groups = [
        (lazy("Mailbox"), ["address", "is_active"]),
        (lazy("Server"), ["host", "port", "security", "user_name", "password", "folder"]),
    ]

    class Meta:
        model = Mailbox
        fields = ("address", "host", "port", "security", "user_name", "folder", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way: Any = self.fields["security"]
        way.choices = [one for one in Mailbox.Security.choices if one[0] != Mailbox.Security.NONE]

    def clean_port(self) -> int:
        port: int = self.cleaned_data["port"]
        if port not in USUAL_PORTS:
            raise forms.ValidationError(_("Only 993 and 143. For another port ask an administrator."))
        return port
