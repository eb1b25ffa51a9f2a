"""The story from the first address to the revenue, on a running Tandem: only public doors, and waits that are real.

The importer takes the file, the marketer's actions build the campaign, the worker sends, readers follow the links of
the delivered mails over HTTP, the journey hands the best over, and a rep sells.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from config.people import Person, as_csv, people
from config.story.desk import Sold, sell
from config.story.marketing import Campaigning, Plan, build, go_live
from config.story.readers import Reader, read_mail
from crm.actions.imports import check_import, map_import, run_import, start_import
from crm.hooks import campaign_results
from crm.hooks.registry import Text
from crm.models import Campaign, Import, Message, OutboxItem, User
from marketing.models import Registration, Score
from sales.models import Lead

Tell = Callable[[str, int, int], None]
"""Shows a step with how much of it is done: (step, done, of)."""


@dataclass
class Size:
    """How many people do what. The story's own numbers by default."""

    invited: int = 1000
    register: int = 100
    engaged: int = 30
    best: int = 10


@dataclass
class Told:
    """What came out, for the test that asks and the person who watches."""

    built: Campaigning
    leads: list[Lead] = field(default_factory=list)
    sold: Sold | None = None
    results: list[tuple[Text, str]] = field(default_factory=list)


class Story:
    """One telling. `seed` makes its people, so that two tellings in one database do not meet."""

    def __init__(self, marketer: User, tell: Tell, size: Size | None = None, seed: int | None = None) -> None:
        self.marketer, self.tell, self.size = marketer, tell, size or Size()
        self.seed = seed if seed is not None else int(time.time()) % 100_000
        self.name = f"Fleet webinar {self.seed}"

    def run(self) -> Told:
        crowd = list(people(self.size.invited, seed=self.seed, only="IN DE"))
        self.bring_in(crowd)
        self.take_in_again(crowd)
        now = timezone.now()
        patience = timedelta(seconds=20 + self.size.invited * 0.1)
        plan = Plan(
            self.name, f"fleets-{self.seed}", now + timedelta(days=7), wait=patience,
            judged_at=now + patience + timedelta(seconds=20), best=self.size.best,
        )  # fmt: skip
        told = Told(build(plan, self.marketer, rule=self.audience()))
        self.wait_for("The segment builds itself", self.size.invited, lambda: told.built.segment.members.count())
        go_live(told.built, self.marketer)
        self.wait_for("Invitations are delivered", self.size.invited, lambda: self._delivered(told.built))
        self.read(told.built)
        self.wait_for("Scores rise", self.size.register, lambda: self._scored(told.built))
        self.wait_for(
            "The best are handed over", self.size.best, lambda: self._leads(told.built).count(), patience.seconds + 120
        )
        told.leads = list(self._leads(told.built).order_by("pk"))
        told.sold = self.sell_one(told.leads)
        told.results = [(r.label, _shown(r, told.built.campaign)) for r in campaign_results.all_results()]
        return told

    def bring_in(self, crowd: list[Person]) -> Import:
        """The file goes through the importer: mapping guessed, dry run, run."""
        done = self._import(crowd)
        if done.created_count + done.updated_count + done.unchanged_count != len(crowd):
            raise AssertionError(f"The importer took {done.created_count} of {len(crowd)} people.")
        return done

    def take_in_again(self, crowd: list[Person]) -> Import:
        """The same file once more makes nobody twice."""
        again = self._import(crowd)
        if again.created_count:
            raise AssertionError(f"The second import made {again.created_count} people twice.")
        return again

    def _import(self, crowd: list[Person]) -> Import:
        given = {"source": "Trade fair", "given_on": timezone.localdate(), "text": "Yes, invite me."}
        of = start_import(io.BytesIO(as_csv(crowd)), f"trade-fair-{self.seed}.csv", self.marketer)
        of = check_import(map_import(of, mapping=of.mapping, consent=given, by=self.marketer), by=self.marketer)
        self._until(of, Import.Status.CHECKED, "The file is checked")
        of = run_import(Import.objects.get(pk=of.pk), by=self.marketer)
        return self._until(of, Import.Status.DONE, "Contacts come in")

    def _until(self, of: Import, status: str, step: str) -> Import:
        def handled() -> int:
            of.refresh_from_db()
            if of.status in (Import.Status.FAILED, Import.Status.CANCELLED):
                raise AssertionError(f"{step}: {of.problem or of.get_status_display()}")
            return of.total if of.status == status else min(of.handled, of.total - 1)

        self.wait_for(step, of.total, handled)
        return of

    def audience(self) -> dict[str, object]:
        """Contacts in India or Germany with commercial consent; of this telling's file only."""
        return {
            "all": [
                {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]},
                {"test": "commercial_consent", "op": "is", "value": True},
                {"test": "email", "op": "contains", "value": f".{self.seed}"},
            ]
        }

    def read(self, built: Campaigning) -> None:
        """Readers open their mail; some click, some of those register, and the keenest come back again and again."""
        time.sleep(3)  # a hit within two seconds of the sending is a scanner's
        size = self.size
        openers, clickers = int(size.invited * 0.45), int(size.register * 1.8)
        mails = list(islice(self._mails(built), max(openers, clickers)))
        page = f"{settings.PUBLIC_URL}/e/{built.event.slug}/"

        def reads(place: int) -> None:
            reader = Reader(read_mail(bytes(mails[place])))
            reader.open()
            if place >= clickers:
                return
            landing = reader.click("Save my seat")
            if place >= size.register:
                return
            answers = {"first_name": "Reader", "last_name": str(place), "email": reader.mail.to}
            reader.register(landing, **answers)
            for _ in range(2 + (size.engaged - place) // 4 if place < size.engaged else 0):
                reader.visit(f"{page}materials/")

        self._each("Readers open, click and register", range(len(mails)), reads)

    def sell_one(self, leads: list[Lead]) -> Sold:
        self.tell("A rep sells", 0, 1)
        lead = max(leads, key=lambda lead: lead.details.get("score", 0))
        assert lead.owner is not None
        sold = sell(lead, lead.owner)
        self.tell("A rep sells", 1, 1)
        return sold

    def _each(self, step: str, things: Iterable[int], act: Callable[[int], None]) -> None:
        things = list(things)
        with ThreadPoolExecutor(16) as pool:
            for done, _ in enumerate(pool.map(act, things), start=1):
                self.tell(step, done, len(things))
        connections.close_all()

    def wait_for(self, step: str, wanted: int, done: Callable[[], int], seconds: float = 300) -> None:
        """Ask twice a second how far it is. Raises AssertionError with the step where it does not come in time."""
        end = time.monotonic() + seconds
        while (count := done()) < wanted:
            if time.monotonic() > end:
                raise AssertionError(f"{step}: {count} of {wanted} after {seconds:.0f} s.")
            self.tell(step, count, wanted)
            time.sleep(0.5)
        self.tell(step, wanted, wanted)

    def _delivered(self, built: Campaigning) -> int:
        return self._invitations(built).filter(status=Message.Status.SENT).count()

    def _invitations(self, built: Campaigning) -> QuerySet[Message]:
        return Message.objects.filter(content_type="marketing.email", content_id=built.invitation.pk)

    def _mails(self, built: Campaigning) -> Iterator[bytes | memoryview]:
        items = OutboxItem.objects.filter(message__in=self._invitations(built).values("pk")).order_by("pk")
        return items.values_list("raw", flat=True).iterator()

    def _scored(self, built: Campaigning) -> int:
        registered = Registration.objects.filter(event=built.event).values("contact")
        return Score.objects.filter(model=built.scoring, contact__in=registered, points__gte=20).count()

    def _leads(self, built: Campaigning) -> QuerySet[Lead]:
        return Lead.objects.filter(campaign=built.campaign)


def _shown(result: campaign_results.Result, campaign: Campaign) -> str:
    count = str(result.count(campaign))
    money = result.money(campaign) if result.money else None
    return f"{count}  ({money[0]:,.2f} {money[1]})" if money else count
