"""Quantities of compute resources (Kubernetes documentation, Reference, Quantity)."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII)
_UNITS = {
    **{
        unit: Decimal(1000) ** power for power, unit in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), -3)
    },
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}


def parse(text: str) -> Decimal | None:
    """Return the number of units that a quantity means, `0.25` for `250m`; None: the text is no quantity."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number, unit, exponent = found.groups()
    return Decimal(number) * _UNITS[unit or ""] * Decimal(10) ** int(exponent or 0)
