"""The bell and its page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.actions.notifications import mark_read
from crm.models import Notification
from crm.web.context import Shell
from crm.web.lists import page_of
from crm.web.pages import done
from crm.web.presence import note_presence
from crm.web.requests import SignedIn


@login_required
def notifications(request: SignedIn) -> HttpResponse:
    page = page_of(request, Notification.objects.filter(user=request.user))
    return render(request, "crm/notifications/list.html", {"page": page})


@login_required
def bell(request: SignedIn) -> HttpResponse:
    """The bell alone, with its number; the shell asks for it every half minute, which also says that somebody is there."""
    note_presence(request)
    return render(request, "ui/_bell.html", {"unread": Shell(request).unread})


@login_required
def open_notification(request: SignedIn, pk: int) -> HttpResponse:
    """Read it and lead to what it is about."""
    notification = get_object_or_404(Notification, pk=pk, user=request.user)
    mark_read(request.user, notification.pk)
    is_ours = url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return redirect(notification.url if notification.url and is_ours else "crm:notifications")


@login_required
@require_POST
def mark_all_read(request: SignedIn) -> HttpResponse:
    mark_read(request.user)
    return done(request, _("All notifications are read."), "/notifications/")
