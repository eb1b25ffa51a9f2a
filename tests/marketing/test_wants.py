"""Which values an email wants is read from its Liquid: names, kinds, and what may be left out."""

import pytest
from liquid.exceptions import LiquidError

from crm.delivery.contents import Content
from crm.errors import Invalid
from marketing.blocks.values import examples, named, needed, read_values
from marketing.blocks.wants import mentions, wants_of


def wants(text="", html="", **more):
    return wants_of(Content("Mail", text=text, html=html, **more))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ contact.first_name }}", []),
        ("{{ data.order }}", [("data.order", "text", True)]),
        ("{{ data.note | default: 'none' }}", [("data.note", "text", False)]),
        ("{% if data.coupon %}{{ data.coupon }}{{ data.until }}{% endif %}", [("data.coupon", "text", False), ("data.until", "text", False)]),
        ("{% if contact.city == 'Graz' %}{{ data.shop }}{% endif %}", [("data.shop", "text", True)]),
        ("{% if data.total > 100 %}Thanks{% endif %}", [("data.total", "number", False)]),
        ("{{ data.address.city }}", [("data.address.city", "text", True)]),
        ("{% for l in data.lines %}{{ l.name }}{{ forloop.index }}{% endfor %}", [("data.lines", "list", True), ("data.lines[].name", "text", True)]),
        ("{% for l in data.lines %}{{ l }}{% else %}nothing{% endfor %}", [("data.lines", "list", False)]),
        ("{% for l in data.lines %}{% for o in l.options %}{{ o.say }}{% endfor %}{% endfor %}",
         [("data.lines", "list", True), ("data.lines[].options", "list", True), ("data.lines[].options[].say", "text", True)]),
        ("{% assign rows = data.lines | sort: 'price' %}{% for r in rows %}{{ r.price }}{% endfor %}{{ data.lines.size }}",
         [("data.lines", "list", True), ("data.lines[].price", "text", True)]),
        ("{{ data.tags | join: ', ' }}", [("data.tags", "any", True)]),
        ("{{ data.lines[0].name }}{% for l in data.lines %}{{ l.name }}{% endfor %}", [("data.lines", "list", True), ("data.lines[].name", "text", True)]),
        ("{% assign data_x = 1 %}{{ data_x }}", []),
        ("{% for data in contact.city %}{{ data.x }}{% endfor %}", []),
    ],
)  # fmt: skip
def test_what_is_wanted_is_read_from_the_text(source, found):
    assert list(named(wants(source))) == found


def test_all_languages_are_read_and_a_list_wins_over_a_text():
    content = Content("Mail", text="{{ data.a }}", variants={"de": Content("Mail", text="{{ data.b }}")})
    assert needed(wants_of(content)) == ["data.a", "data.b"]
    assert list(named(wants("{{ data.x }}{% for l in data.x %}{{ l }}{% endfor %}"))) == [("data.x", "list", True)]


@pytest.mark.parametrize("source", ["{{ data }}", "{{ data[contact.city] }}"])
def test_what_cannot_be_checked_is_an_error(source):
    with pytest.raises(LiquidError):
        wants(source)


def test_a_link_begins_with_a_value():
    assert list(named(wants(html='<a href="{{ data.url }}">x</a>{{ data.url }}'))) == [("data.url", "link", True)]


def test_names_are_found_as_they_stand():
    assert mentions("Hi {{ data.b }} {% if data.a.c == 1 %}x{% endif %} data.d {{ contact.city }}") == [
        "data.a.c",
        "data.b",
    ]


def test_examples_are_values_that_the_email_takes():
    shape = wants("{{ data.a.b }}{% for l in data.lines %}{{ l.n }}{% endfor %}{% if data.total > 1 %}x{% endif %}", '<a href="{{ data.url }}">x</a>')  # fmt: skip
    assert read_values(shape, examples(shape)) == {
        "a": {"b": "‹b›"}, "lines": [{"n": "‹n›"}, {"n": "‹n›"}], "total": 1, "url": "https://example.com/url",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "“data.a” is missing."),
        ({"a": None}, "“data.a” is missing."),
        ({"a": {"b": 1}}, "“data.a” must be a text or a number."),
        ({"a": "x" * 10_001}, "“data.a” is longer than 10,000 letters."),
        ({"a": "x", "lines": "no"}, "“data.lines” must be a list."),
        ({"a": "x", "lines": [1] * 501}, "“data.lines” has 501 rows; 500 are the most."),
        ({"a": "x", "total": "12"}, "“data.total” must be a number."),
        ({"a": "x", "a.b": 1}, "The email has no “data.a.b”. It knows a, lines, total."),
    ],
)
def test_what_does_not_fit_is_said(given, message):
    shape = wants(
        "{{ data.a }}{% for l in data.lines %}{{ l }}{% else %}-{% endfor %}{% if data.total > 1 %}x{% endif %}"
    )
    with pytest.raises(Invalid) as refused:
        read_values(shape, given)
    assert refused.value.message == message
