"""Failed messages, once more: somebody has mended what stood in their way."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm import jobs
from crm.access.depths import may
from crm.delivery.channels import DELIVER
from crm.delivery.pace import open_again
from crm.errors import Forbidden
from crm.models import Message, User


@transaction.atomic
def try_again(messages: QuerySet[Message], *, by: User) -> int:
    """Those of them that failed are due now, with all attempts before them; answers how many.

    Consent, suppression and expiry are decided anew when they are claimed, so that a bounced address is left out with
    its reason. What may have gone out already (unknown) is never repeated.
    """
    if not may(by, "crm.message", "change"):
        raise Forbidden("Your role does not let you send messages again.")
    failed = messages.filter(status=Message.Status.FAILED)
    channels = set(failed.order_by().values_list("channel", flat=True).distinct())
    count = failed.order_by().update(status=Message.Status.DUE, due_at=timezone.now(), attempts=0, reason="")
    for channel in sorted(channels):
        open_again(channel)
        jobs.nudge(DELIVER, channel, name=f"{DELIVER}:{channel}")
    return count
