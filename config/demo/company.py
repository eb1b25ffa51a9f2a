"""Our own company of the demo: settings, rates, teams, and the people who sign in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from config.demo import SIGN_INS
from crm.models import Company, ExchangeRate, Role, Sender, Team, User

PASSWORD = SIGN_INS[0][2]


def make_company(today: date) -> None:
    Company.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Northwind Cycles GmbH",
            "street": "Speicherstraße 12",
            "postal_code": "20457",
            "city": "Hamburg",
            "country": "DE",
            "vat_id": "DE123456789",
            "base_currency_id": "EUR",
            "time_zone": "Europe/Berlin",
        },
    )
    begin = today - timedelta(days=400)
    for currency, rate in (("USD", "1.08"), ("INR", "91.50"), ("GBP", "0.86")):
        ExchangeRate.objects.get_or_create(currency_id=currency, on=begin, defaults={"rate": Decimal(rate)})
    Sender.objects.get_or_create(
        is_default=True,
        defaults={"name": "Northwind Cycles", "email": "events@northwind.example", "sms_from": "Northwind"},
    )


def make_people() -> dict[str, User]:
    """Answers the users by first name: priya, arne, lena (reps), marta, milan, ada."""
    sales = Team.objects.create(name="Sales")
    europe = Team.objects.create(name="Sales Europe", parent=sales)
    asia = Team.objects.create(name="Sales Asia", parent=sales)
    marketing = Team.objects.create(name="Marketing")
    users = {
        "marta": _person("Marta Lindqvist", sales, "manager"),
        "priya": _person("Priya Nair", asia, "rep", "Asia/Kolkata"),
        "arne": _person("Arne Riis", europe, "rep"),
        "lena": _person("Lena Vogt", europe, "rep"),
        "milan": _person("Milan Novak", marketing, "marketer"),
        "ada": _person("Ada Berg", None, "administrator"),
    }
    for team in (sales, europe, asia):
        team.manager = users["marta"]
        team.save()
    return users


def _person(name: str, team: Team | None, role: str, zone: str = "Europe/Berlin") -> User:
    email = f"{name.split()[0].lower()}@tandem.example"
    user = User.objects.create_user(
        email, PASSWORD, name=name, team=team, time_zone=zone, is_superuser=role == "administrator"
    )
    user.roles.add(Role.objects.get(key=role))
    return user
