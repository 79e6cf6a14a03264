"""Which addresses of the network the service itself may call: those of the public internet, and nothing within.

Others choose where requests go (a platform's key set, a webhook), so a name must not lead to the service's own machine,
to its neighbours, or to a cloud's metadata (server-side request forgery). What counts is the address that is connected
to, never the name.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291; all that IANA has given out
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


def is_public(text: str) -> bool:
    """Whether this is a unicast address of the public internet; one within another address counts as that one."""
    address = _unwrapped(text)
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and address.is_global
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_loopback(text: str) -> bool:
    return _unwrapped(text).is_loopback


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
