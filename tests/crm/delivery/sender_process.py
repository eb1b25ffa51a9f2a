"""Parts of a delivery in processes of their own, to be killed: `python -m tests.crm.delivery.sender_process [what]`.

Without a word one run of the sender; `all` goes on until nothing is left; `people 20000` makes so many letters due.
"""

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402

from crm.actions.consent import give_consent_many  # noqa: E402
from crm.delivery import contents  # noqa: E402
from crm.delivery.contents import Content  # noqa: E402
from crm.delivery.queueing import queue_for  # noqa: E402
from crm.delivery.sending import deliver, is_due  # noqa: E402
from crm.models import Contact, Message, Sender  # noqa: E402

HTML = "<p>Dear {{ contact.first_name }},</p><p><a href='https://vendor.example/page'>Read more</a></p>"
contents.register("tests.soak", lambda pk, version: Content("Soak", "{{ contact.first_name }}?", HTML))


def everything() -> None:
    while Message.objects.filter(status="due").exists():
        if is_due("email", timezone.now()):
            deliver("email", timezone.now())
        time.sleep(0.05)


def people(number: int) -> None:
    Sender.objects.create(name="Northwind", email="events@northwind.example", is_default=True)
    rows = (Contact(first_name=f"Asha{n}", last_name="Rao", email=f"p{n}@x.example") for n in range(number))
    Contact.objects.bulk_create(rows, batch_size=2000)
    give_consent_many(Contact.objects.all(), source="Test")
    queue_for(Contact.objects.all(), content=("tests.soak", 1, 1), send_key="send:soak")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["people", number]:
            people(int(number))
        case ["all"]:
            everything()
        case _:
            deliver("email", timezone.now())
