"""The readers of the story, played over HTTP: they open the mails that were delivered, click, register and come back.

Everything they know is in the mail: the pixel, the links, the page behind them and its form.
"""

from __future__ import annotations

import email
import email.policy
import time
from dataclasses import dataclass, field
from email.utils import parseaddr
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
READING_TIME = 1.7
"""Seconds between seeing a form and sending it; a form sent at once is taken for a robot's."""


@dataclass
class Mail:
    """A delivered mail as its reader has it."""

    to: str
    subject: str
    headers: dict[str, str]
    html: str
    text: str
    pixels: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """(address, text) of each link, in order."""

    def link(self, words: str) -> str:
        """The link with these words in its text. Raises LookupError with those that there are."""
        for address, text in self.links:
            if words.lower() in text.lower():
                return address
        raise LookupError(f"No link “{words}” in “{self.subject}”: {[text for _, text in self.links]}")


def read_mail(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    html, text = message.get_body(["html"]), message.get_body(["plain"])
    body = html.get_content() if html else ""
    page = _Page()
    page.feed(body)
    return Mail(
        parseaddr(str(message["To"]))[1], str(message["Subject"]), {k.lower(): str(v) for k, v in message.items()},
        body, text.get_content() if text else "", page.pixels, page.links,
    )  # fmt: skip


class Reader:
    """One person with a browser of their own."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.browser = requests.Session()
        self.browser.headers["User-Agent"] = BROWSER

    def open(self) -> None:
        """The mail program loads the pictures."""
        for pixel in self.mail.pixels:
            self._get(pixel)

    def click(self, words: str) -> requests.Response:
        """Follow the link with these words to its page."""
        return self._get(self.mail.link(words))

    def register(self, page: requests.Response, **answers: str) -> requests.Response:
        """Fill in the form of this page and send it; what the page knew by itself stays."""
        form = form_of(page.text)
        time.sleep(READING_TIME)
        blank = {name: value for name, value in answers.items() if name in form.names and not form.values.get(name)}
        values = {**form.values, **blank}
        answer = self.browser.post(urljoin(page.url, form.action or page.url), data=values, timeout=30)
        answer.raise_for_status()
        return answer

    def visit(self, url: str) -> None:
        self._get(url)

    def _get(self, url: str) -> requests.Response:
        answer = self.browser.get(url, timeout=30)
        answer.raise_for_status()
        return answer


@dataclass
class Form:
    action: str
    values: dict[str, str]
    names: set[str]


def form_of(html: str) -> Form:
    """The first form of a page that is sent by POST. Raises LookupError where there is none."""
    page = _Page()
    page.feed(html)
    if page.form is None:
        raise LookupError("There is no form on this page.")
    return page.form


class _Page(HTMLParser):
    """Pixels, links and the first POST form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.pixels: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.form: Form | None = None
        self._inside_form = False
        self._link: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "img" and "/t/o/" in given.get("src", ""):
            self.pixels.append(given["src"])
        elif tag == "a" and given.get("href", "").startswith("http"):
            self._link = given["href"]
            self.links.append((given["href"], ""))
        elif tag == "form" and given.get("method", "").lower() == "post" and self.form is None:
            self.form = Form(given.get("action", ""), {}, set())
            self._inside_form = True
        elif self._inside_form and self.form:
            self._input(tag, given)

    def _input(self, tag: str, given: dict[str, str]) -> None:
        assert self.form
        name = given.get("name", "")
        if tag == "select":
            self._select = name
            self.form.names.add(name)
        elif tag == "option" and self._select and "selected" in given:
            self.form.values[self._select] = given.get("value", "")
        elif tag in ("input", "textarea") and name:
            self.form.names.add(name)
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.form.values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._link and self.links:
            address, text = self.links[-1]
            self.links[-1] = (address, f"{text} {data}".strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
        elif tag == "form":
            self._inside_form = False
        elif tag == "select":
            self._select = ""
