"""Addresses: what is kept of them, which nobody can turn back into one without the server's key."""

import hmac
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

# Whoever has one IPv6 address has as many as there are below this prefix.
PREFIX_BITS = 64


def network_of(address: str) -> str:
    """Return what is the same for all addresses that one asker can choose from."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> PREFIX_BITS << PREFIX_BITS)}/{PREFIX_BITS}"


def fingerprint_of(address: str, purpose: str, key: bytes) -> str:
    """Return the fingerprint of an address for one purpose: with another one it is another."""
    told = f"{purpose}\x1f{network_of(address)}".encode()
    return hmac.new(key, told, sha256).hexdigest()[:32]
