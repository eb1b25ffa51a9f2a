"""The arithmetic of documents: examples by hand, and properties for every currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Invalid
from sales.pricing import Line, discount_on, in_base, price_document, price_line, shared_out, tax_by_rate

DECIMALS = st.sampled_from([0, 2, 3, 4])
PERCENT = st.decimals(0, 100, places=2)
LINES = st.lists(
    st.builds(
        Line,
        quantity=st.decimals(Decimal("0.0001"), 10_000, places=4),
        unit_price=st.decimals(0, 100_000, places=4),
        discount_percent=PERCENT,
        tax_percent=st.sampled_from([Decimal(p) for p in ("0", "7", "18", "19", "8.25")]),
    ),
    max_size=8,
)


def d(text: str) -> Decimal:
    return Decimal(text)


def test_a_line_is_quantity_times_price_less_discount_plus_tax():
    priced = price_line(Line(d("11"), d("100"), discount_amount=d("10"), tax_percent=d("19")), 2)
    assert (priced.gross, priced.discount, priced.net, priced.tax) == (d("1100"), d("10"), d("1090"), d("207.10"))
    assert priced.total == d("1297.10")


def test_the_half_cent_is_rounded_up():
    assert price_line(Line(d("1"), d("0.125")), 2).net == d("0.13")


@pytest.mark.parametrize(("decimals", "net"), [(0, "1235"), (2, "1234.57"), (3, "1234.568"), (4, "1234.5678")])
def test_amounts_have_the_decimals_of_their_currency(decimals, net):
    assert str(price_line(Line(d("1"), d("1234.5678")), decimals).net) == net


def test_the_foot_of_a_document():
    foot = price_document(
        [
            Line(d("2"), d("100"), tax_percent=d("19")),
            Line(d("1"), d("50"), discount_percent=d("10"), tax_percent=d("7")),
        ],
        2,
        discount_percent=d("10"),
        freight=d("12"),
    )
    assert (foot.detail, foot.discount, foot.freight) == (d("245.00"), d("24.50"), d("12.00"))
    assert [line.tax for line in foot.lines] == [d("34.20"), d("2.84")]
    assert foot.net == d("232.50")
    assert foot.total == d("269.54")


def test_a_document_without_lines_costs_nothing():
    assert price_document([], 2).total == 0


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (Line(d("-1"), d("1")), "lines/1/quantity"),
        (Line(d("0"), d("1")), "lines/1/quantity"),
        (Line(d("NaN"), d("1")), "lines/1/quantity"),
        (Line(d("Infinity"), d("1")), "lines/1/quantity"),
        (Line(d("99999999999"), d("99999999999")), "lines/1/quantity"),
        (Line(d("1"), d("-1")), "lines/1/unit_price"),
        (Line(d("1"), d("1"), discount_percent=d("101")), "lines/1/discount_percent"),
        (Line(d("1"), d("1"), discount_percent=d("-1")), "lines/1/discount_percent"),
        (Line(d("1"), d("1"), discount_amount=d("1.01")), "lines/1/discount_amount"),
        (Line(d("1"), d("9"), discount_percent=d("5"), discount_amount=d("1")), "lines/1/discount_amount"),
        (Line(d("1"), d("1"), tax_percent=d("-7")), "lines/1/tax_percent"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_at_its_place(line, field):
    with pytest.raises(Invalid) as refused:
        price_document([Line(d("1"), d("1")), line], 2)
    assert refused.value.field == field


def test_a_document_discount_above_everything_is_refused():
    with pytest.raises(Invalid, match=r"more than the 1\.00"):
        price_document([Line(d("1"), d("1"))], 2, discount_amount=d("2"))


@given(LINES, DECIMALS, PERCENT, st.decimals(0, 1000, places=2))
def test_totals_add_up_to_the_cent(lines, decimals, percent, freight):
    foot = price_document(lines, decimals, discount_percent=percent, freight=freight)
    assert foot.total == foot.detail - foot.discount + foot.freight + foot.tax
    assert foot.detail == sum(line.gross - line.discount for line in foot.lines)
    assert foot.tax == sum(line.tax for line in foot.lines)
    assert all(-amount.as_tuple().exponent == decimals for amount in (foot.detail, foot.discount, foot.tax, foot.total))


@given(LINES, DECIMALS, PERCENT)
def test_nothing_is_ever_negative(lines, decimals, percent):
    foot = price_document(lines, decimals, discount_percent=percent)
    assert min(foot.discount, foot.detail, foot.tax, foot.total) >= 0
    assert all(min(line.gross, line.discount, line.net, line.tax) >= 0 for line in foot.lines)


@given(LINES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))), DECIMALS, PERCENT)
def test_the_order_of_lines_changes_nothing(both, decimals, percent):
    lines, shuffled = both
    one = price_document(lines, decimals, discount_percent=percent)
    other = price_document(shuffled, decimals, discount_percent=percent)
    assert (one.detail, one.discount, one.tax, one.total) == (other.detail, other.discount, other.tax, other.total)


@given(st.lists(st.decimals(0, 10_000, places=2), min_size=1, max_size=10), PERCENT)
def test_a_discount_is_shared_out_to_the_last_cent_and_nobody_bears_more_than_they_have(nets, percent):
    discount = discount_on(sum(nets), percent, Decimal(0), 2)
    shares = shared_out(discount, [(net, Decimal(0)) for net in nets], 2)
    assert sum(shares) == discount
    assert all(0 <= share <= net for share, net in zip(shares, nets, strict=True))


def test_base_currency_amounts_divide_by_the_rate():
    assert in_base(d("108.50"), d("1.085"), 2) == d("100.00")


def test_tax_is_summed_by_rate_highest_first():
    assert tax_by_rate([(d("7"), d("1")), (d("19.00"), d("2")), (d("19"), d("3")), (d("0"), d("0"))]) == [
        (d("19"), d("5")),
        (d("7"), d("1")),
    ]
