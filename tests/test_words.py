"""The catalogues of public pages and mails: whole, with their placeholders, compiled where they are older than their source."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings

from config.words import LOCALE, ROOT, SHIPPING, compile_words, find_words, read_catalog, said_in, untranslated

SPOKEN = [code for code, _name in settings.LANGUAGES if code not in dict(settings.INSIDE_LANGUAGES)]
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")


def catalogue(language):
    return read_catalog(LOCALE / language / "LC_MESSAGES" / "django.po")


@pytest.fixture(scope="module")
def words():
    return find_words()


@pytest.mark.parametrize("language", SPOKEN)
def test_every_word_that_visitors_read_is_translated(language, words):
    missing = untranslated(catalogue(language), words)
    assert missing == [], f"Run `make words`, then say these in locale/{language}/LC_MESSAGES/django.po: {missing}"


@pytest.mark.parametrize("language", SPOKEN)
def test_no_catalogue_keeps_a_word_that_nobody_says_any_more(language, words):
    kept = {message.id for message in catalogue(language) if message.id}
    assert kept - set(words) == set(), "Run `make words`."


@pytest.mark.parametrize("language", SPOKEN)
def test_every_translation_keeps_its_placeholders(language):
    broken = []
    for message in catalogue(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = sorted(PLACEHOLDER.findall(ids[0]))
        broken += [one for one in said if message.id and sorted(PLACEHOLDER.findall(one)) != wanted]
    assert broken == []


def test_a_word_without_translation_is_named_and_so_is_half_a_plural():
    half = Catalog(locale="de")
    half.add("Send", "Absenden")
    half.add("Back")
    half.add(("%(n)s seat left", "%(n)s seats left"), ("Noch %(n)s Platz frei", ""))
    words = ["Send", "Back", "Unheard of", ("%(n)s seat left", "%(n)s seats left")]
    assert untranslated(half, words) == ["Back", "Unheard of", "%(n)s seat left"]


def test_only_a_catalogue_that_is_newer_than_its_compiled_form_is_compiled(tmp_path):
    shutil.copytree(LOCALE, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.mo"))
    assert compile_words(tmp_path) == SPOKEN
    for po in tmp_path.glob("*/LC_MESSAGES/django.po"):
        os.utime(po, (0, 0))
    assert compile_words(tmp_path) == []
    french = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    os.utime(french)
    os.utime(french.with_suffix(".mo"), (1, 1))
    assert compile_words(tmp_path) == ["fr"]
    assert sorted(path.name for path in french.parent.iterdir()) == ["django.mo", "django.po"]


def test_a_process_that_has_only_started_knows_every_text_that_tandem_brings():
    said = {word for path in SHIPPING for word in said_in((ROOT / path).read_text(), {"shipped": None})}
    asked = (
        "import django, json; django.setup(); import config.urls; from crm.languages import is_shipped;"
        "import sys; print(json.dumps([word for word in json.load(sys.stdin) if not is_shipped(word)]))"
    )
    command = [sys.executable, "-c", asked]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    fresh = subprocess.run(
        command, input=json.dumps(sorted(said)), capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert (json.loads(fresh.stdout), "First name" in said) == ([], True)
