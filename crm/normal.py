"""Names and companies in one normal form, so that “Müller, Hans (Dr.)” at “ACME GmbH & Co. KG” is “Hans Mueller” at “Acme”.

Both sides of a comparison go through the same folding, so it may be coarse: what it brings together is only *possible*.
Numbers have their own normal form (crm/phones.py), addresses theirs in the database (lower case, trimmed).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

VERSION = 1
"""Counted up when the folding changes: every row made by an older one is then made anew (crm/actions/normal_forms.py)."""

LONGEST = 200

FREE_MAIL = frozenset((
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.de",
    "yahoo.co.uk", "yahoo.co.in", "ymail.com", "icloud.com", "me.com", "mac.com", "gmx.de", "gmx.net", "gmx.at",
    "gmx.ch", "web.de", "t-online.de", "freenet.de", "proton.me", "protonmail.com", "aol.com", "mail.com",
    "mail.ru", "yandex.ru", "qq.com", "163.com", "126.com", "naver.com", "orange.fr", "free.fr", "wanadoo.fr",
    "laposte.net", "libero.it", "rediffmail.com", "zoho.com", "fastmail.com", "posteo.de",
))  # fmt: skip
"""Domains that say nothing about where somebody works."""

TITLES = frozenset((
    "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "herr", "frau", "mme", "monsieur", "madame", "ing",
    "dipl", "mag", "jr", "sr", "phd", "mba",
))  # fmt: skip
LEGAL_FORMS = frozenset((
    "gmbh", "mbh", "ug", "ag", "kg", "kgaa", "ohg", "gbr", "eg", "ev", "ek", "se", "co", "company", "ltd",
    "limited", "plc", "llp", "llc", "lp", "inc", "incorporated", "corp", "corporation", "sa", "sas", "sasu", "sarl",
    "eurl", "srl", "spa", "sapa", "snc", "bv", "nv", "vof", "cv", "oy", "oyj", "ab", "as", "asa", "aps", "is", "ks",
    "kft", "zrt", "sro", "spol", "doo", "dd", "ad", "ood", "eood", "ltda", "sl", "slu", "slp", "lda", "pty", "pvt",
    "private", "pte", "bhd", "sdn", "kk", "yk", "ooo", "oao", "zao", "pao", "ооо", "зао", "оао", "пао", "ип", "jsc",
    "cjsc", "ojsc", "pjsc", "haftungsbeschrankt", "the", "and", "und", "et",
))  # fmt: skip
PHRASES = re.compile(r"\bsp z o ?o\b|株式会社|有限会社|合同会社|股份有限公司|有限责任公司|有限公司|주식회사")
NO_DECOMPOSITION = str.maketrans(
    {
        "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th",
        "ı": "i", "æ": "a", "Æ": "a", "œ": "o", "Œ": "o", "ħ": "h", "Ħ": "h", "ŧ": "t", "Ŧ": "t",
    }
)  # fmt: skip
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0640]")
"""Latin, Greek, Cyrillic accents, Hebrew points, Arabic vowels. Vowel signs of Indian scripts are letters: they stay."""
SILENT = re.compile(r"[.'’‘`´\u200b-\u200f\u202a-\u202e]")
NOT_ASCII_WORD = re.compile(r"[^a-z0-9]+")
WRITTEN_UMLAUT = re.compile(r"([aou])e")


def folded_person(*names: str) -> str:
    """First and last name in whatever order, without case, accents, punctuation and titles: “hans muller”."""
    return _key(" ".join(names), TITLES)


def folded_company(name: str) -> str:
    """The name of a company without its legal form, case, accents, punctuation and order of words: “acme”."""
    return _key(name, LEGAL_FORMS)


def mail_domain(address: str) -> str:
    """The domain of an email address; "" where it says nothing about the employer (gmail.com)."""
    domain = address.strip().lower().rpartition("@")[2] if "@" in address else ""
    return "" if domain in FREE_MAIL else domain[:LONGEST]


def web_domain(address: str) -> str:
    """“https://www.Acme.example:8080/de/” -> “acme.example”; "" where there is none."""
    if not address.strip():
        return ""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")[:LONGEST]


@lru_cache(maxsize=8192)
def _key(text: str, dropped: frozenset[str]) -> str:
    words = _together(_words(text))
    chosen = [word for word in words if word not in dropped] or words
    return " ".join(sorted(chosen))[:LONGEST]


def _words(text: str) -> list[str]:
    text = SILENT.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(NO_DECOMPOSITION)).casefold()
        text = unicodedata.normalize("NFC", ACCENTS.sub("", text))
        text = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in text)
    else:
        text = NOT_ASCII_WORD.sub(" ", text.lower())
    text = PHRASES.sub(" ", WRITTEN_UMLAUT.sub(r"\1", text)) or text
    return text.split()


def _together(words: list[str]) -> list[str]:
    """Single letters that follow each other are one word: “A/S”, “I B M”."""
    found: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isascii():
            run += word
            continue
        found += [run, word] if run else [word]
        run = ""
    return [*found, run] if run else found


def vat_id(value: str) -> str:
    """As the database keeps it in accounts: upper case, without spaces, dots, hyphens and strokes."""
    return value.upper().translate(str.maketrans("", "", " .-/"))
