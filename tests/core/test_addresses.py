"""Which addresses a callout may reach: the list of delivery-facts.md, to the edges of each range."""

from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

import pytest

from portal.core.addresses import LOOPBACK, Allowed, parse_networks

REFUSED_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
REFUSED_V6 = [
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
# of ::/8, what carries no IPv4 address of its own
REFUSED_V6_LOW = ["::", "::1", "::127.0.0.1", "::8.8.8.8", "::fffe:8.8.8.8", "64:ff9b::1:0:0", "ff:ffff::"]
PUBLIC_V4 = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "223.255.255.255",
]
PUBLIC_V6 = ["2606:4700:4700::1111", "2a00:1450::1", "2001:200::", "2620:fe::fe", "2003::1", "400::1"]


def carriers(text: str) -> dict[str, str]:
    """The ways in which an IPv6 address carries an IPv4 one."""
    number = int(ip_address(text))
    return {
        "mapped": f"::ffff:{text}",
        "mapped, in hexadecimal": str(IPv6Address(0xFFFF << 32 | number)),
        "NAT64": str(IPv6Address((0x64FF9B << 96) | number)),
        "6to4": str(IPv6Address((0x2002 << 112) | (number << 80))),
        "6to4, with a host": str(IPv6Address((0x2002 << 112) | (number << 80) | 1)),
    }


def test_the_first_and_last_address_of_a_special_range_are_refused(subtests):
    for network in REFUSED_V4 + REFUSED_V6:
        with subtests.test(network=network):
            for address in (ip_network(network)[0], ip_network(network)[-1]):
                said = Allowed().refusal(str(address))
                assert said is not None
                assert str(address) in said
                assert "is not a public address" in said
                assert "PORTAL_ALLOWED_NETWORKS" in said


def test_the_lowest_ipv6_addresses_are_refused(subtests):
    for address in REFUSED_V6_LOW:
        with subtests.test(address=address):
            assert Allowed().refusal(address)


def test_an_ipv6_address_is_refused_when_it_carries_a_refused_ipv4_one(subtests):
    for network in REFUSED_V4:
        with subtests.test(network=network):
            for inner in map(str, (ip_network(network)[0], ip_network(network)[-1])):
                for how, address in carriers(inner).items():
                    said = Allowed().refusal(address)
                    assert said is not None, how
                    assert f"(it carries {inner})" in said, how


def test_an_ipv6_address_that_carries_a_public_ipv4_one_is_allowed(subtests):
    for inner in PUBLIC_V4:
        with subtests.test(inner=inner):
            assert Allowed().refusal(inner) is None
            for how, address in carriers(inner).items():
                assert Allowed().refusal(address) is None, how


def test_public_addresses_are_allowed(subtests):
    for address in PUBLIC_V6:
        with subtests.test(address=address):
            assert Allowed().refusal(address) is None


def test_the_neighbours_of_a_special_range_are_judged_on_their_own(subtests):
    for network in [each for each in REFUSED_V4 if each not in {"0.0.0.0/8", "240.0.0.0/4", "224.0.0.0/4"}]:
        with subtests.test(network=network):
            every = [IPv4Network(each) for each in REFUSED_V4]
            for address in (ip_network(network)[0] - 1, ip_network(network)[-1] + 1):
                assert (Allowed().refusal(str(address)) is not None) == any(address in each for each in every)


# Python 3.11 calls these global: the reason for a list of our own.
def test_what_python_3_11_calls_global_is_refused_nonetheless(subtests):
    for address in [
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "224.0.0.1",
        "192.88.99.1",
        "fec0::1",
        "::ffff:127.0.0.1",
    ]:
        with subtests.test(address=address):
            assert Allowed().refusal(address)


def test_a_network_that_a_setting_names_is_allowed_and_no_other(subtests):
    for networks, address, allowed in [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.0.0", False),
        ("10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("10.1.0.0/16", "::ffff:10.2.0.0", False),
        ("10.1.0.0/16", "64:ff9b::10.1.2.3", True),
        ("10.1.0.0/16", "64:ff9b::10.2.2.3", False),
        ("10.1.0.0/16", "2002:a01:203::", True),
        ("10.1.0.0/16", "fd00::1", False),
        ("::ffff:10.1.0.0/112", "::ffff:10.1.2.3", True),
        ("64:ff9b::/96", "64:ff9b::10.1.2.3", True),
        ("64:ff9b::/96", "10.1.2.3", False),
        ("fd00::/8", "fd12::1", True),
        ("fd00::/8", "fc00::1", False),
        ("169.254.169.254", "169.254.169.254", True),
        ("169.254.169.254", "169.254.169.253", False),
        ("0.0.0.0/0", "127.0.0.1", True),
        ("0.0.0.0/0", "::1", False),
        ("::/0", "::1", True),
        ("::/0", "127.0.0.1", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("8.8.8.0/24", "1.1.1.1", True),
    ]:
        with subtests.test(networks=networks, address=address, allowed=allowed):
            assert (Allowed(parse_networks(networks)).refusal(address) is None) is allowed


def test_loopback_is_allowed_where_it_is_named(subtests):
    for address in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"]:
        with subtests.test(address=address):
            assert Allowed(LOOPBACK).refusal(address) is None
            assert Allowed(LOOPBACK).refusal("10.0.0.1")


def test_a_scope_does_not_hide_an_address(subtests):
    for address in ["fe80::1%eth0", "fe80::1%1", "::1%lo", "::ffff:127.0.0.1%lo"]:
        with subtests.test(address=address):
            assert Allowed().refusal(address)


def test_a_public_address_with_a_scope_is_read_all_the_same():
    assert Allowed().refusal("2606:4700::1%eth0") is None


def test_networks_are_divided_by_commas_or_spaces(subtests):
    for text, count in [
        ("", 0),
        (" , ", 0),
        ("10.0.0.0/8", 1),
        ("10.0.0.0/8,fd00::/8", 2),
        ("10.0.0.0/8, fd00::/8\n192.168.1.7", 3),
        ("10.0.0.0/255.0.0.0", 1),
    ]:
        with subtests.test(text=text, count=count):
            assert len(parse_networks(text)) == count


def test_a_network_that_is_none_is_refused_and_named(subtests):
    for text in [
        "10.0.0.0/33",
        "10.1.2.3/8",
        "rmm.example",
        "10.0.0.0/8;fd00::/8",
        "10.0.0",
        "fd00::/129",
        "*",
    ]:
        with subtests.test(text=text), pytest.raises(ValueError, match=r"network|host bits"):
            parse_networks(f"192.168.0.0/16, {text}")


def test_what_is_no_address_is_never_allowed(subtests):
    for text in ["", "rmm.example", "127.1", "0177.0.0.1", "2130706433", "0x7f.1"]:
        with subtests.test(text=text), pytest.raises(ValueError, match=r"does not appear to be|Expected"):
            Allowed().refusal(text)
