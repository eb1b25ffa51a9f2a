"""Names offered behind an @ while somebody writes."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse

from crm.models import User
from crm.web.requests import SignedIn

FEW = 6


@login_required
def people(request: SignedIn) -> JsonResponse:
    """The active users whose name, or a word of it, begins like the text."""
    text = request.GET.get("q", "").strip()[:60]
    rows = User.objects.filter(is_active=True).exclude(name="")
    begins = rows.filter(name__istartswith=text) | rows.filter(name__icontains=f" {text}")
    return JsonResponse({"found": [user.name for user in begins.order_by("name")[:FEW]]})
