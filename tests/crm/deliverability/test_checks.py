"""What the DNS says about a domain, what is wrong with it, and which record would mend it."""

from ipaddress import ip_address

import pytest

from crm.deliverability import dkim, dmarc, hosts, spf
from crm.deliverability.lookups import Lookups, Silent, Unreachable
from crm.deliverability.work import look_up
from crm.models import SenderDomain
from tests.crm.deliverability.conftest import ADDRESS, KEY, public_key

NAME = "tandem.example"


def domain(selectors="s1", sending_hosts=ADDRESS):
    return SenderDomain(domain=NAME, selectors=selectors, sending_hosts=sending_hosts)


def test_a_domain_in_good_order_is_well_in_every_respect(good):
    findings, problem = look_up(domain())
    assert problem == ""
    assert {found["check"]: found["state"] for found in findings} == dict.fromkeys(
        ["spf", "dkim", "dmarc", "mx", "reverse"], "good"
    )
    assert all(found["wrong"] == [] and found["publish"] is None for found in findings)
    assert findings[0]["says"] == [f"v=spf1 ip4:{ADDRESS} -all"]


def test_a_domain_without_a_single_record_is_told_what_to_publish(zone):
    findings, problem = look_up(domain())
    assert problem == ""
    told = {found["check"]: (found["state"], found["publish"] and found["publish"]["name"]) for found in findings}
    assert told == {
        "spf": ("bad", NAME),
        "dkim": ("bad", f"s1._domainkey.{NAME}"),
        "dmarc": ("bad", f"_dmarc.{NAME}"),
        "mx": ("bad", NAME),
        "reverse": ("bad", "34.216.184.93.in-addr.arpa"),
    }
    assert findings[0]["publish"]["value"] == f"v=spf1 mx ip4:{ADDRESS} ~all"


@pytest.mark.parametrize(
    ("record", "state", "word"),
    [
        ("v=spf1 mx ~all", "good", ""),
        ("v=spf1 +all", "bad", "everybody"),
        ("v=spf1 mx", "weak", "without"),
        ("v=spf1 mx ?all", "weak", "without"),
        ("v=spf1 mx ipv4:1.2.3.4 -all", "bad", "no part"),
        ("v=spf1 ip4:1.2.3 -all", "bad", "no address"),
        ("v=spf1 include:nothing.example -all", "bad", "no SPF record"),
        ("v=spf1 redirect=good.example", "good", ""),
        ("v=spf1 include:loop.example -all", "good", ""),
    ],
)
def test_an_spf_record_is_read_as_a_receiver_reads_it(zone, record, state, word):
    zone.text(NAME, record)
    zone.text("good.example", "v=spf1 ip4:93.184.216.0/24 -all")
    zone.text("loop.example", "v=spf1 include:loop.example ~all")
    zone.add(f"{NAME}. 60 IN MX 10 mail.{NAME}.")
    zone.add(f"mail.{NAME}. 60 IN A {ADDRESS}")
    found = spf.check(NAME, [], "", Lookups())
    assert found.state == state, found
    assert word in " ".join(found.wrong)
    assert (found.publish is None) == (state == "good")


def test_an_spf_record_that_takes_more_than_ten_lookups_is_wrong_and_ends_being_read(zone):
    zone.text(NAME, "v=spf1 include:p0.example ~all")
    for number in range(30):
        zone.text(f"p{number}.example", f"v=spf1 include:p{number + 1}.example ~all")
    found = spf.check(NAME, [], "", Lookups())
    assert found.state == "bad"
    assert "11 lookups" in found.wrong[0]
    assert len(zone.asked) < 15


def test_an_address_that_the_record_does_not_name_is_added_to_what_should_be_published(zone):
    zone.text(NAME, "v=spf1 include:relay.example ptr -all")
    zone.text("relay.example", "v=spf1 ip4:93.184.216.0/28 -all")
    found = spf.check(NAME, [ip_address(ADDRESS)], "", Lookups())
    assert found.state == "weak"
    assert ADDRESS in " ".join(found.wrong)
    assert found.publish.value == f"v=spf1 include:relay.example ip4:{ADDRESS} -all"


def test_a_big_relay_is_included_by_the_name_it_tells_its_customers(zone):
    found = spf.check(NAME, [ip_address("142.250.1.1")], "smtp-relay.gmail.com", Lookups())
    assert found.publish.value == "v=spf1 mx include:_spf.google.com ~all"


def test_two_spf_records_are_joined_into_one(zone):
    zone.text(NAME, "v=spf1 mx -all")
    zone.text(NAME, "v=spf1 ip4:93.184.216.0/24 ~all")
    found = spf.check(NAME, [], "", Lookups())
    assert (found.state, found.publish.value) == ("bad", "v=spf1 mx ip4:93.184.216.0/24 ~all")


@pytest.mark.parametrize(
    ("record", "state", "word"),
    [
        (f"v=DKIM1; k=rsa; p={KEY}", "good", ""),
        (f"k=rsa; t=y; p={KEY}", "weak", "test"),
        (f"v=DKIM1; p={public_key(1024)}", "weak", "1024 bits"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "good", ""),
        ("v=DKIM1; k=rsa; p=", "bad", "withdrawn"),
        ("v=DKIM1; k=rsa; p=nonsense!", "bad", "cannot be read"),
        ("v=DKIM1; k=rsa; p=bm9uc2Vuc2U=", "bad", "cannot be read"),
    ],
)
def test_a_key_is_read_as_a_receiver_reads_it(zone, record, state, word):
    zone.text(f"s1._domainkey.{NAME}", record)
    found = dkim.check(NAME, ["s1"], Lookups())
    assert found.state == state, found
    assert word in " ".join(found.wrong)


def test_without_a_selector_nobody_can_say_and_one_good_key_of_two_is_enough(good):
    assert dkim.check(NAME, [], Lookups()).state == "open"
    assert dkim.check(NAME, ["old", "s1"], Lookups()).state == "good"


@pytest.mark.parametrize(
    ("record", "state", "word"),
    [
        ("v=DMARC1; p=quarantine; rua=mailto:a@b.example", "good", ""),
        ("v=DMARC1; p=none; rua=mailto:a@b.example", "weak", "only watches"),
        ("v=DMARC1; p=reject", "weak", "reports"),
        ("v=DMARC1; p=reject; pct=20; rua=mailto:a@b.example", "weak", "20 %"),
        ("v=DMARC1; rua=mailto:a@b.example", "bad", "no policy"),
    ],
)
def test_a_policy_is_read_as_a_receiver_reads_it(zone, record, state, word):
    zone.text(f"_dmarc.{NAME}", record)
    found = dmarc.check(NAME, Lookups())
    assert found.state == state, found
    assert word in " ".join(found.wrong)


def test_a_subdomain_goes_by_the_policy_above_it(zone):
    zone.text(f"_dmarc.{NAME}", "v=DMARC1; p=none; sp=reject; rua=mailto:a@b.example")
    assert dmarc.check(f"news.mail.{NAME}", Lookups()).state == "good"


def test_a_domain_that_takes_no_mail_and_one_whose_server_has_no_address_are_told(zone):
    zone.add(f"{NAME}. 60 IN MX 0 .")
    zone.add("lost.example. 60 IN MX 10 nowhere.lost.example.")
    assert "takes no mail" in hosts.check_mail_servers(NAME, Lookups()).wrong[0]
    assert hosts.check_mail_servers("lost.example", Lookups()).wrong == ["nowhere.lost.example has no address."]


def test_a_name_that_does_not_lead_back_is_wrong_and_a_private_address_says_nothing(good):
    good.add("35.216.184.93.in-addr.arpa. 60 IN PTR mail.tandem.example.")
    found = hosts.check_names([ip_address("93.184.216.35")], Lookups())
    assert (found.state, found.publish.kind, found.publish.value) == ("bad", "A", "93.184.216.35")
    assert hosts.check_names([ip_address("10.0.0.3")], Lookups()).state == "open"


def test_servers_that_fail_or_are_silent_leave_their_check_open_and_the_others_go_on(good):
    good.broken.add(f"_dmarc.{NAME}")
    good.silent.add(f"_domainkey.{NAME}")
    findings, problem = look_up(domain())
    states = {found["check"]: found["state"] for found in findings}
    assert (problem, states["dmarc"], states["dkim"], states["spf"]) == ("", "open", "open", "good")
    assert "do not answer" in findings[1]["wrong"][0]
    with pytest.raises(Silent):
        Lookups().texts(f"_dmarc.{NAME}")


def test_a_resolver_that_does_not_answer_is_told_once(zone, settings):
    zone.silent.add("")
    findings, problem = look_up(domain())
    assert findings == []
    assert problem == f"The DNS resolver ({settings.DNS_RESOLVER}) does not answer."


@pytest.mark.parametrize("said", ["dns.example", "1.2.3.4:x", "1.2.3"])
def test_a_resolver_that_is_no_address_is_told(settings, said):
    settings.DNS_RESOLVER = said
    with pytest.raises(Unreachable, match="DNS_RESOLVER"):
        Lookups()


def test_names_that_cannot_exist_have_no_records(zone):
    assert Lookups().texts(f"{'a' * 80}.example") == []
    assert Lookups().texts("a..example") == []
