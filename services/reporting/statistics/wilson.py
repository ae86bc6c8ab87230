"""The Wilson score interval: how far a percentage from few cases may be from the truth."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959963984540054


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float] | None:
    """The interval around part/whole as fractions from 0 to 1, or None when there is nothing to divide by.

    Raises ValueError unless 0 <= part <= whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("a part is at least 0 and at most the whole")
    if whole == 0:
        return None
    p, z2 = part / whole, z * z
    centre = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = z / (1 + z2 / whole) * sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    # At the ends the exact bounds are 0 and 1; arithmetic would miss them by a rounding error.
    return (0.0 if part == 0 else centre - reach, 1.0 if part == whole else centre + reach)
