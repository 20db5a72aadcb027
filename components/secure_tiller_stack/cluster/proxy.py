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
_HOST_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*)):(?P<port>[^:\[\]]*)")
"""A host with its port, which may be empty; an IPv6 address has brackets."""
_NETWORK = re.compile(r"[0-9a-f:.]+/\d+", re.ASCII)

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy(cluster: Entry, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the proxy for a cluster; None: it is called directly.

    Args:
        cluster: its entry. Its `proxy-url` counts for every address; without it the environment counts.
        environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, also in lower case.

    Raises:
        EntryError: the proxy cannot be used.
    """
    address = urlsplit(cluster["server"])
    field, found = "proxy-url", cluster.get("proxy-url")
    if not found:
        field = f"{address.scheme}_proxy".upper()
        found = _variable(field, environment)
        if not found or _bypasses(address, _variable("NO_PROXY", environment)):
            return None
        found = found if "://" in found else f"http://{found}"
    scheme = found.partition("://")[0].lower()
    if scheme in _SOCKS:
        if not importlib.util.find_spec("socks"):
            why = "names a SOCKS proxy, for which the Python package PySocks is missing"
            raise EntryError(field, why, "install PySocks where this program runs, or name a proxy of http://")
        # With Go the proxy resolves names, which urllib3 calls socks5h.
        return f"socks5h://{found.partition('://')[2]}"
    if scheme not in ("http", "https") or not has_host(found):
        raise EntryError(field, "must be an address that begins with http://, https:// or socks5://")
    return str(found)


def credentials(address: str | None) -> Mapping[str, str] | None:
    """Return the header with the name and password of a proxy's address, which urllib3 reads only for SOCKS."""
    found = urlsplit(address or "")
    if found.username is None or found.scheme not in ("http", "https"):
        return None
    pair = f"{unquote(found.username)}:{unquote(found.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _bypasses(address: SplitResult, listed: str) -> bool:
    """Return whether the proxy of the environment is not used for an address."""
    host = _host(address.netloc)
    ip = _address(host)
    if host == "localhost" or (ip and ip.is_loopback):
        return True
    host, port = _ascii(host).lower(), str(address.port or {"https": 443, "http": 80}[address.scheme])
    return any(_matches(each.strip().lower(), host, ip, port) for each in listed.split(",") if each.strip())


def _matches(listed: str, host: str, ip: _IP | None, port: str) -> bool:
    if listed == "*" or (ip and _is_in(ip, listed)):
        return True
    with_port = _HOST_PORT.fullmatch(listed)
    name, only = (with_port["six"] or with_port["name"] or "", with_port["port"]) if with_port else (listed, "")
    if not name or (only and only != port):
        return False
    if ip:
        return "%" not in name and _address(name) == ip
    name = _ascii(name.removeprefix("*") if name.startswith("*.") else name)
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _is_in(ip: _IP, listed: str) -> bool:
    """Return whether an address is in a network in CIDR notation."""
    if not _NETWORK.fullmatch(listed):
        return False
    try:
        return ip in ipaddress.ip_network(listed, strict=False)
    except ValueError:
        return False


def _host(netloc: str) -> str:
    """Return the host as it is written: Go recognizes `localhost` only in lower case, and keeps a trailing dot."""
    return netloc[1:].partition("]")[0] if netloc.startswith("[") else netloc.partition(":")[0]


def _ascii(name: str) -> str:
    """Return a name in its ASCII form (IDNA); a name that cannot be converted stays as it is, as in Go."""
    labels = name.split(".")
    try:
        return ".".join(each if each.isascii() else each.encode("idna").decode() for each in labels)
    except UnicodeError:
        return name


def _address(host: str) -> _IP | None:
    """Return an IP address without its zone; for an IPv4-mapped IPv6 address, the IPv4 address."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0] if ":" in host else host)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
