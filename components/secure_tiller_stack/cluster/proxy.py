"""The proxy on the way to the API server, chosen as kubectl does.

Go, golang.org/x/net/http/httpproxy.
"""

import base64
import importlib.util
import ipaddress
import os
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from secure_tiller_stack.cluster.entries import Entry, EntryError, has_host

_SOCKS = ("socks5", "socks5h")
_PORTED = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*)):(?P<port>[^:\[\]]*)")
"""A host with its port, which may be empty; an IPv6 address stands in brackets."""
_NETWORK = re.compile(r"[0-9a-f:.]+/\d+", re.ASCII)

_Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy(cluster: Entry, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the proxy for a cluster; None: it is called directly.

    Args:
        cluster: its entry. Its `proxy-url` counts for every address; without it the environment is asked.
        environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, also in small letters.

    Raises:
        EntryError: the proxy cannot be used.
    """
    address = urlsplit(cluster["server"])
    field, found = "proxy-url", cluster.get("proxy-url")
    if not found:
        field = f"{address.scheme}_proxy".upper()
        found = _variable(field, environment)
        if not found or _without(address, _variable("NO_PROXY", environment)):
            return None
        found = found if "://" in found else f"http://{found}"
    scheme = found.partition("://")[0].lower()
    if scheme in _SOCKS:
        if not importlib.util.find_spec("socks"):
            why = "names a SOCKS proxy, for which the Python package PySocks is missing"
            raise EntryError(field, why, "install PySocks where this program runs, or name a proxy of http://")
        # Go lets the proxy look up names, which urllib3 calls socks5h.
        return f"socks5h://{found.partition('://')[2]}"
    if scheme not in ("http", "https") or not has_host(found):
        raise EntryError(field, "must be an address that begins with http://, https:// or socks5://")
    return str(found)


def credentials(address: str | None) -> Mapping[str, str] | None:
    """Return the header with the name and password in a proxy's address, which urllib3 reads for SOCKS alone."""
    found = urlsplit(address or "")
    if found.username is None or found.scheme not in ("http", "https"):
        return None
    pair = f"{unquote(found.username)}:{unquote(found.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _without(address: SplitResult, listed: str) -> bool:
    """Return whether an address is called without the proxy of the environment."""
    host = _host(address.netloc)
    number = _number(host)
    if host == "localhost" or (number and number.is_loopback):
        return True
    host, port = _ascii(host).lower(), str(address.port or {"https": 443, "http": 80}[address.scheme])
    return any(_matches(each.strip().lower(), host, number, port) for each in listed.split(",") if each.strip())


def _matches(listed: str, host: str, number: _Number | None, port: str) -> bool:
    if listed == "*" or (number and _is_in(number, listed)):
        return True
    ported = _PORTED.fullmatch(listed)
    name, only = (ported["six"] or ported["name"] or "", ported["port"]) if ported else (listed, "")
    if not name or (only and only != port):
        return False
    if number:
        return "%" not in name and _number(name) == number
    name = _ascii(name.removeprefix("*") if name.startswith("*.") else name)
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _is_in(number: _Number, listed: str) -> bool:
    """Return whether an address is in a network that is written with the length of its prefix."""
    if not _NETWORK.fullmatch(listed):
        return False
    try:
        return number in ipaddress.ip_network(listed, strict=False)
    except ValueError:
        return False


def _host(place: str) -> str:
    """Return the host as it is written: Go knows `localhost` in small letters only, and keeps a dot at the end."""
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _ascii(name: str) -> str:
    """Return a name as DNS knows it; a name that cannot be converted stays, as in Go."""
    labels = name.split(".")
    try:
        return ".".join(each if each.isascii() else each.encode("idna").decode() for each in labels)
    except UnicodeError:
        return name


def _number(host: str) -> _Number | None:
    """Return an address without its zone; of an IPv4 address that is written as IPv6, the IPv4 address."""
    try:
        number = ipaddress.ip_address(host.partition("%")[0] if ":" in host else host)
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number
