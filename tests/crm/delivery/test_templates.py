"""Tokens: found wrong before publishing, filled safely afterwards."""

import pytest

from crm.delivery.contents import Content
from crm.delivery.rendering import preview, text_of
from crm.delivery.templates import Liquid, Plain, Problem, check, parse


def test_an_unknown_token_is_named_with_its_field_and_a_suggestion():
    content = Content(
        "x", subject="{{ contact.frist_name }}", html="<p>{{ join_url }}</p>", variables=frozenset({"join_url"})
    )
    assert check(content) == [
        Problem("subject", "Nothing is known as “contact.frist_name”. Did you mean “contact.first_name”?")
    ]


@pytest.mark.parametrize(
    "html", ["{% include 'x' %}", "{% if contact.city %}", "{{ contact.city | shout }}", "{{ contact.city"]
)
def test_what_is_no_liquid_of_ours_cannot_be_published(html):
    (problem,) = check(Content("x", html=html))
    assert problem.field == "html"


def test_tokens_with_quotes_as_an_html_compiler_writes_them_are_understood():
    content = Content("x", html="<p>{{ contact.first_name | default: &quot;there&quot; }}</p>")
    assert check(content) == []
    assert parse(content.html, is_html=True).render({}, is_html=True) == "<p>there</p>"


def test_only_what_needs_liquid_is_rendered_by_liquid():
    assert isinstance(parse("{{ contact.city | default: 'x' }}", is_html=False), Plain)
    assert isinstance(parse("{% if contact.city %}x{% endif %}", is_html=False), Liquid)


@pytest.mark.parametrize("source", ["{{ contact.city }}", "{% if true %}{{ contact.city }}{% endif %}"])
def test_both_ways_escape_alike(source):
    values = {"contact.city": '<b> & "x"'}
    said = parse(source, is_html=True).render(values, is_html=True)
    assert "<b>" not in said
    assert "&lt;b&gt; &amp; " in said


@pytest.mark.django_db
def test_a_preview_shows_links_as_they_are_and_the_footer():
    shown = preview(Content("x", subject="Hi", html='<p><a href="https://v.example/1">Go</a></p>'))
    assert "https://v.example/1" in shown.html
    assert "/preferences/example" in shown.html


def test_a_mail_without_plain_text_gets_one():
    said = text_of('<style>p {}</style><p>Dear you,</p><p>go <a href="https://v.example">there</a></p>')
    assert said == "Dear you,\ngo there (https://v.example)\n"
