"""A real browser for whoever asks: `browser`, and `page_as(user)` for a page that is signed in.

Chromium comes from the system (/usr/bin/chromium). A page collects what its console says was wrong in `page.problems`:
a violated Content-Security-Policy, a script error, a failed request of our own; assert that it is empty.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

EVERY_DATABASE = ("rep_way", "marketer_way", "list_way", "board_way", "timeline_way", "import_way", "rule_builder")
"""The ways that ask most of the database are walked on each; of the others one is enough to see that the page works."""
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if item.path.stem.removeprefix("test_") not in EVERY_DATABASE:
                item.add_marker(pytest.mark.once)
        if "serious" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def browser(django_db_setup):
    """One Chromium for all tests.

    Its event loop lives in this thread from now on, and two things follow: Django must be told that the ORM may be used
    beside it, and Django's connections are new objects there, which must know what migrations wrote (for the next flush).
    """
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}: install it, or set CHROMIUM, to run the browser tests.")
    if not (ROOT / "frontend/dist/vendor.css").exists():
        pytest.skip("The assets are not built: run `npm ci && npm run build` first.")
    from playwright.sync_api import sync_playwright

    written = getattr(connection, "_test_serialized_contents", None)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        if written is not None:
            connection._test_serialized_contents = written
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()
        connection.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser, live_server):
    """open_page(viewport=NARROW, color_scheme="dark", cookies=…): a page whose addresses start at the live server."""
    contexts = []

    def open_(*, viewport=WIDE, cookies=(), **options):
        context = browser.new_context(base_url=live_server.url, viewport=viewport, **options)
        context.add_cookies([{**cookie, "url": live_server.url} for cookie in cookies])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.problems = []
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def page_as(open_page):
    """page_as(user, viewport=NARROW, …): a page signed in as the user."""

    def open_(user, **options):
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        return open_page(cookies=[{"name": settings.SESSION_COOKIE_NAME, "value": cookie}], **options)

    return open_


@pytest.fixture
def serious():
    """serious(page): what axe finds serious or critical on the page, as readable lines. The page needs bypass_csp=True.

    Of a long table it looks at the first rows: the others are drawn by the same part, and cost seconds.
    """

    def look(page):
        if not page.evaluate("'axe' in window"):
            page.add_script_tag(content=AXE.read_text())
        page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+5)').forEach(row => row.remove())")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{violation['id']}: {node['target'][0]} {node['failureSummary']}"
            for violation in found
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    return look
