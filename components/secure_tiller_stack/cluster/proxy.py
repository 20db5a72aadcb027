"""The proxy on the way to the API server, chosen as kubectl does.

Go, golang.org/x/net/http/httpproxy.
"""

import importlib.util
import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from secure_tiller_stack.cluster.entries import Entry, EntryError, has_host

_SOCKS = ("socks5", "socks5h")


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


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _without(address: SplitResult, listed: str) -> bool:
    """Return whether an address is called without the proxy of the environment."""
    host = (address.hostname or "").rstrip(".")
    number = _number(host)
    if host == "localhost" or (number and number.is_loopback):
        return True
    port = address.port or {"https": 443, "http": 80}[address.scheme]
    return any(_matches(each.strip().lower(), host, number, port) for each in listed.split(",") if each.strip())


def _matches(listed: str, host: str, number: ipaddress.IPv4Address | ipaddress.IPv6Address | None, port: int) -> bool:
    if listed == "*":
        return True
    if "/" in listed:
        try:
            return number is not None and number in ipaddress.ip_network(listed, strict=False)
        except ValueError:
            return False
    name, _, only = listed.rpartition(":") if listed.count(":") == 1 or "]:" in listed else (listed, "", "")
    if only and only != str(port):
        return False
    name = name.strip("[]")
    if number is not None:
        return _number(name) == number
    if name.startswith("*."):
        name = name[1:]
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
