"""A worker's delivery in a process of its own, to be killed: `python -m tests.crm.delivery.sender_process`."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from crm.delivery.sending import deliver  # noqa: E402

if __name__ == "__main__":
    deliver("email", timezone.now())
