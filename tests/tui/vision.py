"""What eyes see: contrast (WCAG 2.2, 1.4.3) and colours as people see them who do not tell red from green."""

import math
from collections.abc import Sequence

_SIMULATED = {
    # Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
EYES = (None, *_SIMULATED)
_WHITE = (0.95047, 1.0, 1.08883)
"""D65."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def distance(one: str, other: str, *, eyes: str | None = None) -> float:
    """Return how far apart two colours are for these eyes (CIE 1976, in L*a*b*); None: for most people's."""
    return math.dist(_lab(_seen(one, eyes)), _lab(_seen(other, eyes)))


def _linear(colour: str) -> tuple[float, ...]:
    """Return red, green and blue without the gamma of sRGB."""
    values = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return tuple(one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in values)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _seen(colour: str, eyes: str | None) -> tuple[float, ...]:
    values = _linear(colour)
    if eyes is None:
        return values
    return tuple(min(max(_times(row, values), 0.0), 1.0) for row in _SIMULATED[eyes])


def _times(row: Sequence[float], values: Sequence[float]) -> float:
    return sum(factor * value for factor, value in zip(row, values, strict=True))


def _lab(values: tuple[float, ...]) -> tuple[float, float, float]:
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    x, y, z = (_root(_times(row, values) / white) for row, white in zip(rows, _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(value: float) -> float:
    return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
