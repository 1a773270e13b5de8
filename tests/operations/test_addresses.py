"""Addresses: what is kept of them tells two askers apart, and nobody who they are."""

import pytest

from app.resolvers.addresses import fingerprint_of, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_addresses_that_one_asker_can_choose_from_are_one(address: str, network: str) -> None:
    """Whoever has one IPv6 address has all of its network."""
    assert network_of(address) == network


def test_a_fingerprint_depends_on_its_purpose_and_the_servers_key() -> None:
    """So what came to one pool cannot be found again in another."""
    one = fingerprint_of("192.0.2.1", "spc_one", b"key")
    assert one == fingerprint_of("::ffff:192.0.2.1", "spc_one", b"key")
    others = {
        fingerprint_of("192.0.2.2", "spc_one", b"key"),
        fingerprint_of("192.0.2.1", "spc_two", b"key"),
        fingerprint_of("192.0.2.1", "spc_one", b"other"),
    }
    assert len({one, *others}) == 4
