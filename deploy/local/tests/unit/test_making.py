"""What an exchange is made of is looked at before anything is started for it."""

from __future__ import annotations

import pytest

from bulkhead_local import Exchange, LocalError


def test_a_pack_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(LocalError, match=r"(?s)no policy pack 'vermnt'.*massachusetts-2015, .*vermont-2016"):
        Exchange.create("trial", pack="vermnt")
