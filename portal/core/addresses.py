"""Which addresses the portal may connect to when an admin types a URL.

Public addresses by default; other networks only if a setting names them. Python's ``is_global`` is not used: on 3.11
it counts several of the ranges below as global.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

# The IANA special-purpose address registries, and multicast.
_REFUSED_TEXT = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    ::/8 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10
    ff00::/8
"""
_REFUSED: tuple[Network, ...] = tuple(map(ip_network, _REFUSED_TEXT.split()))
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The networks that are allowed beside the public ones."""

    networks: tuple[Network, ...] = ()

    def refusal(self, text: str) -> str | None:
        """Say why an address (as the resolver wrote it) may not be connected to, or None."""
        address = ip_address(text.split("%", 1)[0])
        reached = _reached(address)
        if any(_inside(each, self.networks) for each in (address, reached)) or not _inside(reached, _REFUSED):
            return None
        carried = "" if reached == address else f" (it carries {reached})"
        return (
            f"{address}{carried} is not a public address, and no network in PORTAL_ALLOWED_NETWORKS covers it"
        )


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read networks divided by commas or spaces, e.g. ``10.1.0.0/16, fd00::/8``. Raises ValueError."""
    return tuple(ip_network(part) for part in text.replace(",", " ").split())


def _inside(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _reached(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address embeds, if any: that is where packets go.

    The local-use translation prefix 64:ff9b:1::/48 has no fixed place for it, and is refused whole.
    """
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address
