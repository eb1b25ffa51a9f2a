"""People and companies that do not exist, for the demo and the story: the same ones every time."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

FIRST = {
    "IN": [
        "Aarav",
        "Aditi",
        "Ananya",
        "Arjun",
        "Deepa",
        "Ishaan",
        "Kavya",
        "Kiran",
        "Lakshmi",
        "Meera",
        "Neha",
        "Nikhil",
        "Pooja",
        "Rahul",
        "Rohan",
        "Sanjay",
        "Sneha",
        "Vikram",
    ],
    "DE": [
        "Anna",
        "Ben",
        "Clara",
        "Emil",
        "Felix",
        "Greta",
        "Hannah",
        "Jonas",
        "Karl",
        "Lena",
        "Luisa",
        "Max",
        "Mia",
        "Moritz",
        "Nora",
        "Paul",
        "Sophie",
        "Theo",
    ],
    "FR": ["Camille", "Chloé", "Hugo", "Inès", "Jules", "Léa", "Louis", "Manon", "Noé", "Zoé"],
    "US": ["Ava", "Caleb", "Emma", "Grace", "James", "Liam", "Mason", "Olivia", "Sophia", "William"],
}
LAST = {
    "IN": [
        "Agarwal",
        "Bose",
        "Chandra",
        "Desai",
        "Gupta",
        "Iyer",
        "Joshi",
        "Kapoor",
        "Kulkarni",
        "Menon",
        "Mehta",
        "Nair",
        "Patel",
        "Rao",
        "Reddy",
        "Shah",
        "Sharma",
        "Verma",
    ],
    "DE": [
        "Bauer",
        "Becker",
        "Fischer",
        "Hoffmann",
        "Keller",
        "Koch",
        "Krüger",
        "Lehmann",
        "Maier",
        "Müller",
        "Neumann",
        "Richter",
        "Schäfer",
        "Schmidt",
        "Vogel",
        "Wagner",
        "Weber",
        "Wolf",
    ],
    "FR": ["Bernard", "Dubois", "Durand", "Fournier", "Girard", "Lambert", "Laurent", "Moreau", "Petit", "Roux"],
    "US": ["Anderson", "Baker", "Carter", "Davis", "Evans", "Foster", "Garcia", "Harris", "Miller", "Walker"],
}
CITIES = {
    "IN": ["Bengaluru", "Mumbai", "Pune", "Chennai", "Hyderabad"],
    "DE": ["Berlin", "Hamburg", "München", "Köln", "Leipzig"],
    "FR": ["Lyon", "Paris", "Nantes"],
    "US": ["Austin", "Boston", "Denver"],
}
ZONES = {"IN": "Asia/Kolkata", "DE": "Europe/Berlin", "FR": "Europe/Paris", "US": "America/Chicago"}
MOBILE = {"IN": "+9198{:08d}", "DE": "+49151{:08d}", "FR": "+336{:08d}", "US": "+1512555{:04d}"}
COMPANIES = [
    "Alder Logistics",
    "Banyan Textiles",
    "Blaustein Optik",
    "Cedar Health",
    "Deltaworks",
    "Elbe Maschinenbau",
    "Falk Energie",
    "Ganges Foods",
    "Harbour Insurance",
    "Indus Pharma",
    "Isar Software",
    "Jasmine Hotels",
    "Kaveri Motors",
    "Lumen Analytics",
    "Malabar Shipping",
    "Nordlicht Medien",
    "Orchid Retail",
    "Peenya Tools",
    "Quellwasser",
    "Rhein Chemie Handel",
    "Saffron Finance",
    "Teakwood Interiors",
    "Ufer Werft",
    "Vindhya Steel",
]
INDUSTRIES = ["Manufacturing", "Retail", "Finance", "Health", "Software", "Logistics"]
JOBS = ["Head of Operations", "IT Director", "Marketing Manager", "Managing Director", "Purchasing Manager", "Analyst"]


@dataclass(frozen=True)
class Person:
    """Somebody invented. Addresses end in .example, which leads nowhere."""

    first_name: str
    last_name: str
    email: str
    mobile: str
    company: str
    job_title: str
    city: str
    country: str
    time_zone: str


def people(count: int, seed: int = 7, only: str = "") -> Iterator[Person]:
    """`count` people; seven in ten live in India or Germany, or all in the countries of `only` (“IN DE”)."""
    chance = random.Random(seed)
    countries = only.split() or ["IN"] * 4 + ["DE"] * 3 + ["FR"] * 2 + ["US"]
    for number in range(count):
        country = chance.choice(countries)
        first, last = chance.choice(FIRST[country]), chance.choice(LAST[country])
        company = chance.choice(COMPANIES)
        yield Person(
            first, last, _address(first, last, company, seed, number), _mobile(country, seed, number), company,
            chance.choice(JOBS), chance.choice(CITIES[country]), country, ZONES[country],
        )  # fmt: skip


def as_csv(crowd: list[Person]) -> bytes:
    """The file as a marketer would get it from a trade fair: UTF-8 with a header row."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["First name", "Last name", "Email", "Mobile", "Company", "Job title", "City", "Country", "Time zone"]
    )
    for p in crowd:
        writer.writerow(
            [p.first_name, p.last_name, p.email, p.mobile, p.company, p.job_title, p.city, p.country, p.time_zone]
        )
    return out.getvalue().encode()


def _address(first: str, last: str, company: str, seed: int, number: int) -> str:
    plain = str.maketrans("äöüéèçñ", "aoueecn")
    host = company.lower().split()[0].translate(plain)
    return f"{first}.{last}.{seed}{number:04d}@{host}.example".lower().translate(plain)


def _mobile(country: str, seed: int, number: int) -> str:
    if country == "US":
        return MOBILE[country].format(number % 10_000)
    return MOBILE[country].format(seed * 1_000_000 + number)
