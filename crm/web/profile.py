"""A person's own settings: name, phone, time zone, language, currency, where the day begins. Passwords are allauth's."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import User
from crm.rich_text import clean_rich
from crm.web.context import Shell
from crm.web.pages import done, render_form
from crm.web.requests import SignedIn
from crm.web.rich_fields import RichText


def zone_choices() -> list[tuple[str, str]]:
    """Every zone of the world, as IANA names them."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(zoneinfo.available_timezones())
        if "/" in name or name == "UTC"
    ]


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices, help_text=gettext_lazy("All times are shown in it.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=lambda: [("", _("The company's")), *settings.INSIDE_LANGUAGES],
        required=False,
        help_text=gettext_lazy("It also decides how days and numbers are written."),
    )
    start_page = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False)

    signature = forms.CharField(
        label=gettext_lazy("Signature"), widget=RichText(attrs={"rows": 4}), max_length=5000, required=False,
        help_text=gettext_lazy("It stands under the emails that you write."),
    )  # fmt: skip

    groups = [
        (gettext_lazy("You"), ["name", "phone", "signature"]),
        (gettext_lazy("How things are shown"), ["time_zone", "language", "currency", "start_page"]),
    ]

    class Meta:
        model = User
        fields = ["name", "phone", "signature", "time_zone", "language", "currency", "start_page"]
        help_texts = {"currency": gettext_lazy("Offered first on your new deals.")}

    def __init__(self, *args: Any, shell: Shell, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = [(door.name, door.label) for door in shell.open_doors if door.area in ("sales", "marketing")]
        self.fields["start_page"].choices = [("", _("What my role begins with")), *pages]  # type: ignore[attr-defined]
        currency: Any = self.fields["currency"]
        currency.required, currency.empty_label = False, _("The company's")

    def clean_signature(self) -> str:
        return clean_rich(self.cleaned_data["signature"])


@login_required
def profile(request: SignedIn) -> HttpResponse:
    form: Any = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk), shell=Shell(request))
    if form.is_valid():
        form.save()
        return done(request, _("Your profile is saved."), "/settings/profile/")
    return render_form(request, form, title=_("Your profile"), template="crm/profile.html")
