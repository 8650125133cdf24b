"""Where a household lives, as plans that are rated by age and area ask (ENR-17)."""

from __future__ import annotations

import re
from typing import Final

from bulkhead.kernel.personal import Masked
from enrollment.domain.parameters import EnrollmentParameters

_ZIP: Final = re.compile(r"(?<![0-9-])([0-9]{5})(?:-[0-9]{4})?(?![0-9-])")


def area_of(address: Masked | None, *, parameters: EnrollmentParameters) -> int | None:
    """Return the rating area of an address, by the last ZIP code in it; None where there is none or it is in none."""
    codes: list[str] = [] if address is None else _ZIP.findall(address.reveal())
    return parameters.area_of_zip(codes[-1]) if codes else None
