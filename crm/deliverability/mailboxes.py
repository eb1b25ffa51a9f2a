"""The big mailbox providers, by the domain of an address, and the limits that they publish.

Complaints: Google's “Email sender guidelines” (support.google.com/a/answer/81126, in force since February 2024) ask to stay
below 0.10 % and never to reach 0.30 %; Yahoo's “Sender Best Practices” (senders.yahooinc.com/best-practices, 2024) name
0.3 %. The others publish no number, and are held against the same. Microsoft's “Outlook's New Requirements for High-Volume
Senders” (techcommunity.microsoft.com, April 2025, in force since May 2025) ask SPF, DKIM and DMARC of domains that send more
than 5,000 a day, and refuse what fails with 550 5.7.515.

Bounces: no provider publishes a number. 2 % and 5 % are the limits at which the big relays warn and stop (Amazon SES,
“Reputation metrics”: below 2 % is best, review at 5 %; docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

GOOD_COMPLAINTS, MOST_COMPLAINTS = Decimal("0.1"), Decimal("0.3")
GOOD_BOUNCES, MOST_BOUNCES = Decimal(2), Decimal(5)
ENOUGH = 100
"""Messages: of fewer, one bounce alone would be over the limit, and says nothing."""
REST = "rest"


@dataclass(frozen=True)
class Provider:
    """Its own domains; those of firms that keep their mail with it are not told apart and count as the rest."""

    key: str
    label: str
    domains: tuple[str, ...]
    begins: tuple[str, ...] = ()


PROVIDERS = (
    Provider("gmail", "Gmail", ("gmail.com", "googlemail.com")),
    Provider(
        "outlook",
        "Outlook, Hotmail, Live",
        (
            "live.com", "msn.com", "passport.com", "windowslive.com", "live.co.uk", "live.de", "live.fr", "live.it", "live.nl",
            "live.be", "live.at", "live.ca", "live.cn", "live.com.au", "live.com.mx", "live.dk", "live.ie", "live.jp", "live.no", "live.se",
        ),
        ("hotmail.", "outlook."),
    ),
    Provider("yahoo", "Yahoo, AOL", ("ymail.com", "rocketmail.com", "aim.com"), ("yahoo.", "aol.")),
    Provider("apple", "Apple", ("icloud.com", "me.com", "mac.com", "privaterelay.appleid.com")),
    Provider("gmx", "GMX, Web.de", ("web.de",), ("gmx.",)),
)  # fmt: skip
PUBLISHED = (
    (
        "Gmail",
        "complaints below 0.1 %, never 0.3 %; SPF, DKIM, DMARC and unsubscribing by one click from 5,000 mails a day on",
    ),
    ("Yahoo, AOL", "complaints below 0.3 %; SPF, DKIM, DMARC and unsubscribing by one click of whoever sends in bulk"),
    (
        "Outlook, Hotmail, Live",
        "no number of complaints; SPF, DKIM and DMARC from 5,000 mails a day on, else the mail is refused",
    ),
)
LABELS = {provider.key: provider.label for provider in PROVIDERS} | {REST: "All others"}


def share(part: int, whole: int) -> Decimal:
    """In per cent, with two places."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01")) if whole else Decimal("0.00")


def judged(rate: Decimal, good: Decimal, most: Decimal) -> str:
    """good, weak (over what is asked) or bad (at the limit)."""
    return "bad" if rate >= most else "weak" if rate >= good else "good"
