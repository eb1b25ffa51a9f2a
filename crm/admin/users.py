"""Set-up › Users: who signs in, by whose invitation, with which rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import password_validation
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.depths import ALL_VERBS
from crm.access.words import HEADINGS, MEANINGS
from crm.actions.departures import belongings, hand_over_everything, let_go
from crm.actions.invitations import invite, revoke_invitation, send_again
from crm.actions.users import (
    forget_old_addresses,
    must_leave_an_administrator,
    reactivate_user,
    reset_second_factor,
    sign_out_everywhere,
)
from crm.admin.base import GrantedAdmin
from crm.errors import CrmError
from crm.models import Invitation, Role, Team, User
from crm.queries.rights import rights_of
from crm.templatetags.ui import status_badge
from crm.web.profile import zone_choices


class UserForm(forms.ModelForm):
    """A user as the set-up edits it; the roles are the other side of Role.users."""

    time_zone = forms.ChoiceField(label=lazy("Time zone"), choices=zone_choices, initial="UTC")
    roles = forms.ModelMultipleChoiceField(
        label=lazy("Roles"), queryset=Role.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ["name", "email", "phone", "team", "manager", "time_zone", "is_superuser"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles"].initial = self.instance.roles.all()

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


class NewUserForm(UserForm):
    password = forms.CharField(
        label=lazy("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("At least 10 characters. The person changes it under Profile."),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            password_validation.validate_password(password)
        except ValidationError as problem:
            raise forms.ValidationError(problem.messages) from problem
        return password


class InviteForm(forms.Form):
    """Whom, and what they will be when they accept."""

    email = forms.EmailField(label=lazy("Email"))
    name = forms.CharField(label=lazy("Name"), max_length=120, required=False)
    team = forms.ModelChoiceField(label=lazy("Team"), queryset=Team.objects.all(), required=False)
    manager = forms.ModelChoiceField(
        label=lazy("Manager"), queryset=User.objects.filter(is_active=True), required=False
    )
    roles = forms.ModelMultipleChoiceField(
        label=lazy("Roles"), queryset=Role.objects.all(), widget=forms.CheckboxSelectMultiple
    )


class LeaveForm(forms.Form):
    successor = forms.ModelChoiceField(label=lazy("Everything goes to"), queryset=User.objects.none())


@admin.register(User)
class UserAdmin(GrantedAdmin):
    """Nobody is deleted: whoever leaves hands over and is deactivated."""

    form = UserForm
    list_display = ["name", "email", "team", "role_names", "state", "second_factor", "last_login"]
    list_filter = ["is_active", "team", "roles"]
    search_fields = ["name", "email"]
    ordering = ["-is_active", "name"]
    change_list_template = "admin/crm/user/change_list.html"
    change_form_template = "admin/crm/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).select_related("team").prefetch_related("roles")
        return rows.annotate(has_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"))))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = UserForm if obj else NewUserForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person = ["name", "email", "phone", "time_zone", *([] if obj else ["password"])]
        reach = ["team", "manager", "roles", *(["is_superuser"] if request.user.is_superuser else [])]
        return [(_("Person"), {"fields": person}), (_("What for, how far"), {"fields": reach})]

    @admin.display(description=lazy("Roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(role.name for role in user.roles.all()) or "–"

    @admin.display(description=lazy("State"), ordering="is_active")
    def state(self, user: User) -> str:
        return status_badge(_("Active"), "success") if user.is_active else status_badge(_("Left"), "neutral")

    @admin.display(description=lazy("Second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        return user.has_factor

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        waiting = Invitation.objects.open().select_related("team", "by").prefetch_related("roles")[:200]
        return super().changelist_view(request, {**(extra_context or {}), "invitations": waiting})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_password(form.cleaned_data["password"])
        super().save_model(request, obj, form, change)
        forget_old_addresses(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "roles" in form.cleaned_data:
            form.instance.roles.set(form.cleaned_data["roles"])
        must_leave_an_administrator()

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("invite/", "invite", self.invite),
            ("invitations/<int:pk>/again/", "invitation_again", require_POST(self.again)),
            ("invitations/<int:pk>/revoke/", "invitation_revoke", require_POST(self.revoke)),
            ("<int:pk>/rights/", "rights", self.rights),
            ("<int:pk>/leave/", "leave", self.leave),
            ("<int:pk>/hand-over/", "hand_over", self.hand_over),
            ("<int:pk>/reactivate/", "reactivate", require_POST(self.reactivate)),
            ("<int:pk>/sign-out/", "sign_out", require_POST(self.sign_out)),
            ("<int:pk>/second-factor/", "second_factor", require_POST(self.reset_factor)),
        ]
        view = self.admin_site.admin_view
        return [*(path(at, view(page), name=f"crm_user_{name}") for at, name, page in pages), *super().get_urls()]

    def invite(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InviteForm(request.POST or None)
        if form.is_valid():
            user: Any = request.user
            try:
                invitation = invite(**form.cleaned_data, by=user)
            except CrmError as problem:
                form.add_error(problem.field or None, problem.message)
            else:
                messages.success(request, _("The invitation is on its way to %s.") % invitation.email)
                return HttpResponseRedirect(reverse("admin:crm_user_changelist"))
        context = {**self.admin_site.each_context(request), "title": _("Invite somebody"), "form": form}
        return render(request, "admin/crm/user/invite.html", context, status=422 if form.errors else 200)

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._with_invitation(request, pk, send_again, _("A new link is on its way to %s; the old one is dead."))

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._with_invitation(request, pk, revoke_invitation, _("The invitation of %s works no more."))

    def rights(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = get_object_or_404(User.objects.select_related("team").prefetch_related("roles"), pk=pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What %s may do") % user,
            "user_shown": user,
            "sections": rights_of(user),
            "headings": [HEADINGS[verb] for verb in ALL_VERBS],
            "meanings": MEANINGS,
        }
        return render(request, "admin/crm/user/rights.html", context)

    def leave(self, request: HttpRequest, pk: int) -> HttpResponse:
        """This person leaves: to whom does everything go?"""
        said = _("%s is locked out; the records are being handed over.")
        return self._to_successor(request, pk, let_go, said, _("%s leaves"), is_leaving=True)

    def hand_over(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything goes to somebody else, and this person stays."""
        said = _("The records of %s are being handed over.")
        return self._to_successor(request, pk, hand_over_everything, said, _("%s hands over"), is_leaving=False)

    def _to_successor(
        self, request: HttpRequest, pk: int, act: Callable[..., Any], said: str, title: str, *, is_leaving: bool
    ) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        form = LeaveForm(request.POST or None, initial={"successor": user.manager_id})
        form.fields["successor"].queryset = User.objects.filter(is_active=True).exclude(pk=pk)  # type: ignore[attr-defined]
        if form.is_valid():
            try:
                act(user, successor=form.cleaned_data["successor"], by=request.user)
            except CrmError as problem:
                form.add_error(problem.field or None, problem.message)
            else:
                messages.success(request, said % user)
                return HttpResponseRedirect(reverse("admin:crm_user_change", args=[pk]))
        theirs = [(model._meta.verbose_name_plural, rows.count()) for model, rows in belongings(user)]
        context = {
            **self.admin_site.each_context(request),
            "title": title % user,
            "form": form,
            "user_shown": user,
            "is_leaving": is_leaving,
            "theirs": [(label, n) for label, n in theirs if n],
        }
        return render(request, "admin/crm/user/leave.html", context, status=422 if form.errors else 200)

    def reactivate(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._with_user(request, pk, reactivate_user, _("%s may sign in again."))

    def reset_factor(self, request: HttpRequest, pk: int) -> HttpResponse:
        said = _("%s signs in with the password alone, until a new second factor is set up.")
        return self._with_user(request, pk, reset_second_factor, said)

    def sign_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._with_user(request, pk, sign_out_everywhere, _("%s is signed out everywhere."))

    def _with_invitation(self, request: HttpRequest, pk: int, act: Callable[..., Any], said: str) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._act(request, get_object_or_404(Invitation, pk=pk), act, said, "admin:crm_user_changelist")

    def _with_user(self, request: HttpRequest, pk: int, act: Callable[..., Any], said: str) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return self._act(request, user, act, said, "admin:crm_user_change", pk)

    def _act(
        self, request: HttpRequest, on: Any, act: Callable[..., Any], said: str, back: str, *args: Any
    ) -> HttpResponse:
        try:
            act(on, by=request.user)
        except CrmError as problem:
            messages.error(request, problem.message)
        else:
            messages.success(request, said % on)
        return HttpResponseRedirect(reverse(back, args=args))
