"""When people take leads: everybody's own settings, and the page of sellers for whoever manages them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.validators import MaxValueValidator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_at_all
from crm.errors import CrmError
from crm.models import User
from crm.web.lists import page_of
from crm.web.pages import add_to, done
from crm.web.requests import SignedIn
from sales.actions.sellers import add_absence, remove_absence, set_hours
from sales.models import WEEKDAYS, Absence, Seller
from sales.queries.sellers import rows_of, sellers, within

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HoursForm(forms.Form):
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Working days"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: leads are given at any time."),
    )
    works_from = forms.TimeField(label=gettext_lazy("From"), widget=TIME)
    works_to = forms.TimeField(
        label=gettext_lazy("To"), widget=TIME, help_text=gettext_lazy("Earlier than “from”: a night shift.")
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("Most open leads"),
        min_value=0,
        required=False,
        validators=[MaxValueValidator(100_000)],
        help_text=gettext_lazy("The rules give no more once so many are open. Empty: no limit."),
    )

    def __init__(self, data: Any, *, seller: Seller, is_managed: bool) -> None:
        """Who works how much is the manager's to say; when, also one's own."""
        names = ("days", "works_from", "works_to", "capacity")
        super().__init__(data, initial={name: getattr(seller, name) for name in names})
        if not is_managed:
            del self.fields["capacity"]


class AbsenceForm(forms.Form):
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DAY)
    last_day = forms.DateField(label=gettext_lazy("Until, that day included"), widget=DAY)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=100, required=False)


@login_required
def mine(request: SignedIn) -> HttpResponse:
    """One's own hours and absences."""
    return _settings(request, request.user, is_managed=within(User.objects.all(), request.user, "change").exists())


@login_required
def seller_list(request: SignedIn) -> HttpResponse:
    must_be_able_to_at_all(request.user, "view", Seller)
    page = page_of(request, sellers(request.user).select_related("team").order_by("name", "pk"))
    rows = rows_of(page.object_list, timezone.now())
    return render(request, "sales/sellers/list.html", {"page": page, "rows": rows})


@login_required
def seller(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody's hours, capacity and absences, for whoever manages them."""
    person = get_object_or_404(within(User.objects.filter(is_active=True), request.user, "change"), pk=pk)
    return _settings(request, person, is_managed=True)


@login_required
@require_POST
def absence_remove(request: SignedIn, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("user"), pk=pk)
    if absence.user != request.user:
        get_object_or_404(within(User.objects.all(), request.user, "change"), pk=absence.user_id)
    remove_absence(absence, by=request.user)
    return done(request, _("The absence is taken away."), _address(request, absence.user))


def _settings(request: SignedIn, person: User, *, is_managed: bool) -> HttpResponse:
    """Two forms on one page: the week, and one more absence."""
    wants_absence = request.POST.get("form") == "absence"
    held = Seller.objects.filter(user=person).first() or Seller(user=person)
    week = HoursForm(request.POST if request.POST and not wants_absence else None, seller=held, is_managed=is_managed)
    absence = AbsenceForm(request.POST if wants_absence else None)
    form, action, said = (
        (absence, add_absence, _("The absence is noted."))
        if wants_absence
        else (week, set_hours, _("The working hours are saved."))
    )
    if form.is_valid():
        try:
            action(person, **form.cleaned_data, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, said, _address(request, person))
    context = {
        "person": person,
        "is_own": person == request.user,
        "week": week,
        "absence": absence,
        "absences": Absence.objects.filter(user=person, last_day__gte=timezone.localdate()),
        "row": next(iter(rows_of([person], timezone.now())), None),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "sales/sellers/settings.html", context, status=status)


def _address(request: SignedIn, person: User) -> str:
    return reverse("sales:availability") if person == request.user else reverse("sales:seller", args=[person.pk])
