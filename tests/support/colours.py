"""How different colours look, to readers who see all of them and to those who do not."""

import math
import re
from collections.abc import Sequence

Colour = tuple[float, ...]
"""Red, green and blue, linear, from 0 to 1."""

Matrix = Sequence[Sequence[float]]

_SIGHTS: dict[str, Matrix] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""By kind of sight, the matrix that turns a colour into the one that is seen, at full severity (Machado, Oliveira and
Fernandes 2009)."""

_LIGHT = (0.2126, 0.7152, 0.0722)
_CONES = ((0.4122215, 0.5363325, 0.0514460), (0.2119035, 0.6806995, 0.1073970), (0.0883025, 0.2817188, 0.6299787))
_OKLAB = ((0.2104543, 0.7936178, -0.0040720), (1.9779985, -2.4285922, 0.4505937), (0.0259040, 0.7827718, -0.8086758))


def of_css(text: str) -> Colour:
    """Return a colour that a browser computed: `rgb(61, 127, 196)`."""
    channels = (int(channel) / 255 for channel in re.findall(r"\d+", text)[:3])
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted(sum(w * c for w, c in zip(_LIGHT, of_css(t), strict=True)) for t in (one, other))
    return (light + 0.05) / (dark + 0.05)


def distance(one: str, other: str) -> float:
    """Return how far two colours are apart in Oklab (black and white: 1), to the reader who sees them most alike."""
    return min(math.dist(_seen(of_css(one), sight), _seen(of_css(other), sight)) for sight in _SIGHTS.values())


def _seen(colour: Colour, sight: Matrix) -> Colour:
    inside = tuple(min(max(channel, 0), 1) for channel in _times(sight, colour))
    return _times(_OKLAB, tuple(cone ** (1 / 3) for cone in _times(_CONES, inside)))


def _times(matrix: Matrix, colour: Colour) -> Colour:
    return tuple(sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
