"""Deliverability › Warm-up: begun and ended for one sender, on the page that shows its plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.actions.senders import start_warm_up, stop_warm_up
from crm.errors import CrmError
from crm.models import Sender


class WarmUpForm(forms.Form):
    warm_up_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    warm_up_first = forms.IntegerField(
        label=gettext_lazy("Messages on the first day"),
        widget=forms.NumberInput(attrs={"min": 1}),
        help_text=gettext_lazy("Twice as many on each day after, until the limit of a day."),
    )


class WarmUpPages:
    """Mixed into the admin of sender domains; `page` draws the whole page again."""

    def warm_up_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("senders/<int:pk>/warm-up/start/", view(require_POST(self.start)), name="crm_sender_warm_up_start"),
            path("senders/<int:pk>/warm-up/stop/", view(require_POST(self.stop)), name="crm_sender_warm_up_stop"),
        ]

    def start(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        sender = self._sender(request, pk)
        form = WarmUpForm(request.POST, auto_id=f"id_{pk}_%s")
        if form.is_valid():
            said = form.cleaned_data
            user: Any = request.user
            try:
                start_warm_up(sender, on=said["warm_up_on"], first=said["warm_up_first"], by=user)
            except CrmError as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        if form.errors:
            return self.page(request, (pk, form))
        messages.success(request, _("The warm-up is set. What waits goes out day by day."))
        return HttpResponseRedirect(_place(pk))

    def stop(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        stop_warm_up(self._sender(request, pk), by=user)
        messages.success(request, _("Ended. It sends at full speed now, within its other limits."))
        return HttpResponseRedirect(_place(pk))

    def _sender(self: Any, request: HttpRequest, pk: int) -> Sender:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Sender, pk=pk)


def _place(pk: int) -> str:
    return f"{reverse('admin:crm_senderdomain_changelist')}#pace-{pk}"
