"""Mail programs that throw <style> away: every shipped design, read in Chromium without it, wide and narrow."""

import re

import pytest

from crm.delivery.rendering import preview
from marketing.actions.emails import draft_content
from marketing.blocks.gallery import GALLERY
from marketing.blocks.parsing import as_stored, parse_blocks
from tests.factories.crm import ContactFactory
from tests.factories.emails import MarketingEmailFactory

STYLE = re.compile(r"<style\b.*?</style>", re.S)
EVERY_WAY = {
    "kind": "section",
    "layout": "1-1",
    "columns": [
        [{"kind": "heading", "text": "Left heading"}, {"kind": "button", "label": "Press left", "url": "https://x.example/"}],
        [{"kind": "text", "html": "<p>Right words</p>"}, {"kind": "quotation", "text": "It paid", "author": "Asha"}],
    ],
}  # fmt: skip
SEEN = """
() => [...document.querySelectorAll('h1,h2,h3,p,a,td')].filter(one => [...one.childNodes].some(
    node => node.nodeType === 3 && node.textContent.replace(/[\\u00ad\\u034f\\u200b-\\u200f\\s]/g, ''))).map(one => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  return {text: one.textContent.trim().slice(0, 60), size: parseFloat(style.fontSize), left: box.left, right: box.right,
          width: box.width, hidden: style.display === 'none' || style.visibility === 'hidden' || box.height === 0};
})
"""
"""Whatever carries words of its own, as it is drawn; the invisible padding of the preheader is no words."""

PAINTED = """
one => { while (one) { const paint = getComputedStyle(one).backgroundColor;
  if (paint !== 'rgba(0, 0, 0, 0)') return paint; one = one.parentElement; } return ''; }
"""
"""The colour that stands behind an element; empty where nothing is painted."""


def shown(open_page, blocks, width):
    email = MarketingEmailFactory(blocks=as_stored(parse_blocks(blocks)))
    html = preview(draft_content(email), ContactFactory(first_name="Asha", city="Pune", country="IN")).html
    assert "<style" in html  # or there would be nothing to take away
    page = open_page(viewport={"width": width, "height": 900})
    page.set_content(STYLE.sub("", html))
    return page


@pytest.mark.parametrize("name", GALLERY)
def test_a_shipped_design_is_read_whole_without_its_style(open_page, name, db):
    page = shown(open_page, GALLERY[name].blocks, 700)
    words = [one for one in page.evaluate(SEEN) if not one["hidden"]]
    assert any("Unsubscribe" in one["text"] for one in words)
    for one in words:
        assert one["size"] >= 11, one
        assert one["width"] >= 24, one
        assert one["left"] >= 0, one
        assert one["right"] <= 700, one
    assert page.evaluate("document.documentElement.scrollWidth") <= 700


def test_columns_and_buttons_keep_their_shape_without_style(open_page, db):
    page = shown(open_page, [EVERY_WAY, {"kind": "footer"}], 700)
    button = page.get_by_text("Press left")
    assert button.evaluate("one => getComputedStyle(one).textDecorationLine") == "none"
    assert button.evaluate(PAINTED) not in ("rgb(255, 255, 255)", "")
    assert button.bounding_box()["height"] >= 16
    for words in ("Left heading", "Right words", "It paid", "Asha"):
        assert page.get_by_text(words).first.is_visible()


def test_on_a_phone_nothing_has_to_be_moved_sideways_without_style(open_page, db):
    page = shown(open_page, [EVERY_WAY, {"kind": "footer"}], 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    words = [one for one in page.evaluate(SEEN) if not one["hidden"]]
    assert all(one["right"] <= 391 for one in words), words
