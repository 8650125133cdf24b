"""A date in a request is written out, and is nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import BaseModel, ValidationError

from bulkhead.web.dates import PlainDate


class Body(BaseModel):
    on: PlainDate | None


def test_a_date_is_taken_as_it_is_written() -> None:
    assert Body.model_validate_json('{"on": "2016-01-04"}').on == date(2016, 1, 4)
    assert Body.model_validate_json('{"on": null}').on is None


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "1448928000",
        '"2016-1-4"',
        '"2016-W01-1"',
        '"20160104"',
        '"2016-02-30"',
        '"2016-01-04T00:00:00"',
        "true",
    ],
)
def test_numbers_and_other_ways_to_write_it_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Body.model_validate_json(f'{{"on": {text}}}')
