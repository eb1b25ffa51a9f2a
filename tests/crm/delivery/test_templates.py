"""Tokens: found wrong before publishing, filled safely afterwards."""

import pytest

from crm.delivery.contents import Content
from crm.delivery.rendering import preview, text_of
from crm.delivery.templates import Liquid, Mixed, Plain, Problem, Slot, _environment, check, parse


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
    mixed = parse("Dear {{ contact.city }}, {% if contact.city %}x{% endif %}!", is_html=False)
    assert isinstance(mixed, Mixed)
    assert [type(piece) for piece in mixed.pieces] == [str, Slot, str, Liquid, str]
    assert isinstance(parse("{% assign x = 1 %}{{ contact.city }}{{ x }}", is_html=False), Liquid)


LISTS = {
    "contact.city": "Kiel",
    "contact.country": "",
    "talks": ["One", "Two", "Three"],
    "data.a.b": 7,
    "n": 0,
    "is_it": False,
}


@pytest.mark.parametrize(
    "source",
    [
        "{% if contact.city == 'Kiel' %}a{% elsif n %}b{% else %}c{% endif %} {{ contact.city }}",
        "{% for t in talks %}{{ t }}{% unless forloop.last %}, {% endunless %}{% endfor %}{% for t in talks %}{{ t }}{% endfor %}",
        "{% for t in talks limit: 1 %}{{ t }}{% endfor %}{% for t in talks offset: continue %}{{ t }}{% endfor %}",
        "{% assign x = contact.city %}{{ x }}{% if x == 'Kiel' %}!{% endif %}",
        "a {%- if n == 0 -%} b {%- endif -%} c {{ contact.city }}",
        "{{ contact.city | upcase }} {{ data.a.b | plus: 1 }} {{ talks | join: '+' }} {{ talks.size }} {{ talks }}",
        "{% case contact.city %}{% when 'Kiel' %}{{ contact.country | default: 'DE' }}{% else %}?{% endcase %}{{ nothing }}",
        "{% if data %}{{ data.a.b }}{% endif %}{{ talks[0] }}{{ contact['city'] }}{% if is_it %}x{% endif %}{{ is_it }}{{ n }}",
        "{% if contact.city %}{% for t in talks %}{% if t == 'Two' %}{% break %}{% endif %}{{ t }}{% endfor %}{% endif %}.",
        "{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% increment n %}{% if n %}x{% endif %}",
        "{% raw %}{{ contact.city }}{% endraw %}{% comment %}no{% endcomment %}",
    ],
)
@pytest.mark.parametrize("is_html", [True, False])
def test_taken_apart_or_not_a_template_says_the_same(source, is_html):
    values = {
        "contact": {"city": "Kiel", "country": ""},
        "data": {"a": {"b": 7}},
        **{n: LISTS[n] for n in ("talks", "n", "is_it")},
    }
    whole = _environment(is_html, False).from_string(source).render(**values)
    assert parse(source, is_html=is_html).render(LISTS, is_html=is_html) == whole


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
