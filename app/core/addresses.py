"""Which addresses the service itself may call: the public internet's, and those of origins that its operator names.

Others choose where requests go (a platform's key set, a webhook), so a name must not lead to the service's own machine,
to its neighbours, or to a cloud's metadata (server-side request forgery). What counts is the address that is connected
to, never the name.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port."""

PORTS = {"http": 80, "https": 443}
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291; all that IANA has given out
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))  # of three clouds
_LOCAL = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))


def is_public(text: str) -> bool:
    """Whether this is a unicast address of the public internet; one within another address counts as that one."""
    address = _unwrapped(text)
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and address.is_global
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_loopback(text: str) -> bool:
    return _unwrapped(text).is_loopback


def is_local(text: str) -> bool:
    """Whether this is an address of a local network (RFC 1918, 4193, 6598) or of this machine.

    Link-local ones are none: there clouds keep what only the machine itself shall read, which some do elsewhere too.
    """
    address = _unwrapped(text)
    return address.is_loopback or (address not in _METADATA and any(address in network for network in _LOCAL))


def origin_of(url: str) -> Origin:
    """Raises ValueError: there is none in this address."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"{url!r} has no scheme http or https, or no host.")
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]


def origins_of(listed: str) -> frozenset[Origin]:
    """The origins of a list, with spaces or commas between them.

    Raises:
        ValueError: something in it is more than an origin, or less.

    """
    named = listed.replace(",", " ").split()
    for each in named:
        parts = urlsplit(each)
        if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc or not each.isascii():
            raise ValueError(f"{each!r} is no origin, such as https://moodle.example.edu or http://moodle:8080.")
    return frozenset(map(origin_of, named))


def _unwrapped(text: str) -> IPv4Address | IPv6Address:
    """The IPv4 address to which a mapped, translated or tunnelled IPv6 address leads, else the address itself."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    within = address.sixtofour if address.ipv4_mapped is None else address.ipv4_mapped
    if within is None and address.teredo is not None:
        within = address.teredo[1]
    return address if within is None else within
