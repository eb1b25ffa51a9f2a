"""The words of public pages and of mails: found in their sources, kept in locale/*.po, compiled where set-up runs.

Babel does what the gettext binaries would. The inside of the product speaks English, so only what visitors and readers see
is looked through: a page that is new to them comes into the lists here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
TEMPLATES = ("crm/delivery/*.html", "marketing/public/*.html", "ui/public.html", "400.html", "404.html", "error.html")
MODULES = (
    "crm/actions/opt_ins.py",
    "crm/web/opt_ins.py",
    "marketing/actions/forms.py",
    "marketing/actions/registrations.py",
    "marketing/answers.py",
    "marketing/calendars.py",
    "marketing/models/events.py",
    "marketing/web/answering.py",
    "marketing/web/form_tokens.py",
)
SHIPPING = (
    "crm/delivery/purposes.py",
    "crm/models/preferences.py",
    "crm/web/preferences.py",
    "marketing/fields.py",
    "marketing/models/forms.py",
)
"""Of these only what is marked by `crm.languages.shipped`; their other words are for colleagues."""
SHIPPED = {"shipped": None}
WORDS = {**dict.fromkeys(("_", "gettext", "gettext_lazy")), "ngettext": (1, 2), **SHIPPED}
Word = str | tuple[str, ...]


def compile_words(folder: Path = LOCALE) -> list[str]:
    """Write the .mo beside each .po that is newer; answers the languages. Whoever reads the file meanwhile reads a whole one."""
    stale = [po for po in sorted(folder.glob("*/LC_MESSAGES/django.po")) if _is_newer(po, po.with_suffix(".mo"))]
    for po in stale:
        fresh = po.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as out:
            write_mo(out, read_catalog(po))
        fresh.replace(po.with_suffix(".mo"))
    return [po.parent.parent.name for po in stale]


def read_catalog(po: Path) -> Catalog:
    with po.open("rb") as source:
        return read_po(source, locale=po.parent.parent.name)


def find_words() -> dict[Word, list[str]]:
    """Every word (singular and plural where it counts) with the files that say it."""
    found: dict[Word, list[str]] = {}
    for path, python, keywords in _sources():
        for word in said_in(python, keywords):
            places = found.setdefault(word, [])
            if path not in places:
                places.append(path)
    return found


def said_in(python: str, keywords: Mapping[str, Any] = WORDS) -> list[Word]:
    return [found[1] for found in extract("python", BytesIO(python.encode()), keywords=keywords)]


def update_catalogs(languages: Iterable[str]) -> dict[str, int]:
    """Take new words in and forget those that nobody says any more; answers by language how many have no translation."""
    words = find_words()
    return {language: _update(language, words) for language in languages}


def untranslated(catalog: Catalog, words: Iterable[Word]) -> list[str]:
    """The words that this catalogue does not say, or not in every plural."""
    found = []
    for word in words:
        message = catalog.get(_singular(word))
        said = message.string if message and not message.fuzzy else ""
        if not said or (isinstance(word, tuple) and (isinstance(said, str) or not all(said))):
            found.append(_singular(word))
    return found


def _update(language: str, words: Mapping[Word, list[str]]) -> int:
    po = LOCALE / language / "LC_MESSAGES" / "django.po"
    known = read_catalog(po) if po.exists() else Catalog(locale=language)
    fresh = Catalog(locale=language, fuzzy=False, header_comment="#")
    for word, places in words.items():
        old = known.get(_singular(word))
        fresh.add(word, old.string if old else None, locations=[(place, 0) for place in places])
    po.parent.mkdir(parents=True, exist_ok=True)
    po.write_bytes(_written(fresh))
    return len(untranslated(fresh, words))


def _written(catalog: Catalog) -> bytes:
    """Without dates and versions, so that a second run changes nothing."""
    out = BytesIO()
    write_po(out, catalog, width=0, include_lineno=False)
    kept = ("Language:", "Plural-Forms:", "MIME", "Content")
    lines = out.getvalue().decode().splitlines(keepends=True)
    end = lines.index("\n")
    head = [line for line in lines[:end] if not line.startswith('"') or line[1:].startswith(kept)]
    return "".join([*head, *lines[end:]]).encode()


def _sources() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, what Babel's reader of Python is given, the calls that mark a word)."""
    for pattern in TEMPLATES:
        for file in sorted((ROOT / "templates").glob(pattern)):
            yield str(file.relative_to(ROOT)), python_of(file.read_text()), WORDS
    for path in MODULES:
        yield path, (ROOT / path).read_text(), WORDS
    for path in SHIPPING:
        yield path, (ROOT / path).read_text(), SHIPPED


def python_of(template: str) -> str:
    """A template as Django turns it into Python for gettext; its indentation would mean something there."""
    from django.utils.translation.template import templatize

    return "\n".join(line.lstrip() for line in templatize(template).splitlines())


def _singular(word: Word) -> str:
    return word if isinstance(word, str) else word[0]


def _is_newer(source: Path, made: Path) -> bool:
    return not made.exists() or source.stat().st_mtime >= made.stat().st_mtime


if __name__ == "__main__":
    compile_words()
