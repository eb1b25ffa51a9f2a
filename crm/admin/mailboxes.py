"""Set-up › Mailboxes: which are read, when each was last read, what went wrong, and what became of the mails."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.actions.mailboxes import check_mailbox, save_mailbox
from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.errors import CrmError
from crm.models import IncomingMail, Mailbox, User
from crm.templatetags.ui import status_badge
from crm.web.mailbox_form import MailboxForm


class SharedMailboxForm(MailboxForm):
    """An administrator's: whosever it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            owner: Any = self.fields["owner"]
            owner.queryset, owner.empty_label = User.objects.filter(is_active=True), _("The company's")
            for tool in ("add", "change", "delete", "view"):
                setattr(owner.widget, f"can_{tool}_related", False)


@admin.register(Mailbox)
class MailboxAdmin(TeachingList, GrantedAdmin):
    form = SharedMailboxForm
    empty_title = lazy("No mailbox is read yet")
    empty_sentence = lazy(
        "Name one over IMAP: replies to your mails are then filed on the right record by themselves, and reps can file their own mails."
    )
    empty_button = lazy("Add a mailbox")
    empty_picture = "mail-down"
    list_display = ("name", "kind", "address", "whose", "state", "read_at", "problem")
    list_select_related: ClassVar[tuple[str, ...]] = ("owner",)
    change_list_template = "admin/crm/mailbox/change_list.html"
    change_form_template = "admin/crm/mailbox/change_form.html"
    fieldsets = (
        (lazy("Mailbox"), {"fields": ("name", "kind", "address", "owner", "is_active")}),
        (lazy("Server"), {"fields": ("host", "port", "security", "user_name", "password", "folder")}),
    )

    @admin.display(description=lazy("Whose"), ordering="owner__name")
    def whose(self, mailbox: Mailbox) -> str:
        return str(mailbox.owner or _("The company's"))

    @admin.display(description=lazy("State"))
    def state(self, mailbox: Mailbox) -> str:
        if not mailbox.is_active:
            return status_badge(_("Rests"), "neutral")
        if mailbox.problem:
            return status_badge(_("Cannot be read"), "danger")
        return status_badge(_("Is read"), "success") if mailbox.read_at else status_badge(_("Waits"), "warning")

    def save_model(self, request: HttpRequest, obj: Mailbox, form: Any, change: bool) -> None:
        save_mailbox(obj, password=form.cleaned_data.get("password", ""))

    def response_add(self, request: HttpRequest, obj: Mailbox, post_url_continue: Any = None) -> HttpResponse:
        """A new one shows its page, where it can be tried."""
        if "_addanother" not in request.POST:
            self._say_how_it_went(request, obj)
            return HttpResponseRedirect(reverse("admin:crm_mailbox_change", args=[obj.pk]))
        return super().response_add(request, obj, post_url_continue)

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(require_POST(self.check_connection))
        return [path("<int:pk>/check/", check, name="crm_mailbox_check"), *super().get_urls()]

    def check_connection(self, request: HttpRequest, pk: int) -> HttpResponse:
        mailbox = get_object_or_404(Mailbox, pk=pk)
        if not self.has_change_permission(request, mailbox):
            return HttpResponse(status=403)
        self._say_how_it_went(request, mailbox)
        return HttpResponseRedirect(reverse("admin:crm_mailbox_change", args=[pk]))

    def _say_how_it_went(self, request: HttpRequest, mailbox: Mailbox) -> None:
        try:
            messages.success(request, check_mailbox(mailbox))
        except CrmError as problem:
            messages.error(request, problem.message)


@admin.register(IncomingMail)
class IncomingMailAdmin(TeachingList, GrantedAdmin):
    """What was kept of mails, to look at: filed where, or not, and why."""

    resource = "crm.mailbox"
    empty_title = lazy("Nothing came in yet")
    empty_sentence = lazy("Each mail that was filed stands here, and each that could not be, with the reason.")
    empty_picture = "mail-down"
    list_display = ("at", "became", "said", "filed_on", "mailbox")
    list_display_links = None
    list_filter = ("became", "mailbox")
    list_select_related: ClassVar[tuple[str, ...]] = ("mailbox",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("raw").prefetch_related("activities__contact")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=lazy("Filed as"))
    def filed_on(self, mail: IncomingMail) -> SafeString | str:
        activity = next(iter(mail.activities.all()), None)
        if activity is None:
            return "–"
        return format_html('<a href="{}">{}</a>', activity.get_absolute_url(), activity)
