"""What several unit tests begin with."""

from __future__ import annotations

from datetime import date

import pytest

import payments.application.lockbox_poller as lockbox_poller
from payments.domain.lockbox_formats import frame_of
from payments.domain.lockbox_frame import LockboxFrame
from services.payments.tests.builders import BAD_FILE


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Reading `BAD_FILE` fails in a way that reading must not; what is returned can undo it."""

    def read(content: bytes, *, today: date) -> LockboxFrame:
        if content == BAD_FILE:
            raise ZeroDivisionError("a bug")
        return frame_of(content, today=today)

    monkeypatch.setattr(lockbox_poller, "frame_of", read)
    return monkeypatch
