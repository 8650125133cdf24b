"""A lockbox file in whichever format it is: CSV of ours, the lockbox format of the Bank Administration Institute, or
the sum of a third party in CSV.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from payments.domain.lockbox_bai import bai_frame, bai_rows, is_bai_lockbox
from payments.domain.lockbox_file import csv_frame, csv_rows
from payments.domain.lockbox_frame import LockboxFrame
from payments.domain.lockbox_row import ReadRow
from payments.domain.third_party_file import is_third_party, third_party_frame, third_party_rows


def frame_of(content: bytes, *, today: date) -> LockboxFrame:
    """Return the frame of a file; a deposit later than ``today`` cannot be. Raises `BrokenFrame`."""
    if is_third_party(content):
        return third_party_frame(content, today=today)
    return (bai_frame if is_bai_lockbox(content) else csv_frame)(content, today=today)


def rows_of(content: bytes, frame: LockboxFrame) -> Iterator[ReadRow]:
    """Return the rows of a file whose frame is right, one after the other."""
    if frame.third_party is not None:
        return third_party_rows(content, frame)
    return (bai_rows if is_bai_lockbox(content) else csv_rows)(content, frame)
