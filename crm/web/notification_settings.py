"""How a person is told, by kind of notification, and when the digest comes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.actions.notifications import way_of
from crm.hooks import notices
from crm.hooks.notices import Way
from crm.models import User
from crm.web.pages import done, render_form
from crm.web.requests import SignedIn


class NotificationSettingsForm(forms.Form):
    digest = forms.ChoiceField(
        label=gettext_lazy("Mail me what I have not read"),
        choices=User.Digest,
        help_text=gettext_lazy("At seven in your own time zone, and only where there is something."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["digest"].initial = user.digest
        for notice in notices.all_notices():
            self.fields[notice.name] = forms.ChoiceField(
                label=str(notice.label), choices=Way, initial=way_of(user, notice.name)
            )
        kinds = [notice.name for notice in notices.all_notices()]
        self.groups = [(_("Digest"), ["digest"]), (_("Tell me when"), kinds)]

    def save(self, user: User) -> None:
        """Only what differs from the usual is kept, so that a new default reaches whoever chose nothing."""
        chosen = {notice.name: self.cleaned_data[notice.name] for notice in notices.all_notices()}
        user.notices = {name: way for name, way in chosen.items() if way != notices.get(name).way}
        user.digest = self.cleaned_data["digest"]
        user.save(update_fields=["notices", "digest"])


@login_required
def notification_settings(request: SignedIn) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)
    form = NotificationSettingsForm(request.POST or None, user=user)
    if form.is_valid():
        form.save(user)
        return done(request, _("You are told as you have chosen."), request.path)
    return render_form(request, form, title=_("Notifications"))
