"""What became of a dropped file: the refusals of its records, asked of the service that read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stories.lookout import Lookout
from stories.outcome import Refusal


async def lockbox_refusals(lookout: Lookout, name: str) -> list[Refusal]:
    """Return why rows of a lockbox file, or the whole file, were refused; nothing while it was not read."""
    return [
        refusal
        for file in await lookout.items("payments", "/v1/lockbox-files")
        if file["name"] == name
        for refusal in _of_lockbox(file)
    ]


def _of_lockbox(file: dict[str, Any]) -> list[Refusal]:
    rows = [
        Refusal(says=f"line {row['line']}: {row['field']} {row['problem']}", rules=(row["rule"],))
        for row in file["refused_rows"]
    ]
    return [*([Refusal(says=file["refusal"])] if file["refusal"] else []), *rows]


async def return_refusals(lookout: Lookout, name: str) -> list[Refusal]:
    """Return why what a return file says waits for a person, or the whole file was refused; nothing while it was not
    read.
    """
    found: list[Refusal] = []
    for file in await lookout.items("payments", "/v1/return-files"):
        if file["name"] == name:
            found += [Refusal(says=file["refusal"], rules=("PAY-5",))] if file["refusal"] else []
            items = await lookout.items("payments", f"/v1/return-items?state=open&file={file['file']}")
            found += [Refusal(says=each["reason"], rules=("PAY-5",)) for each in items]
    return found


async def statement_refusals(lookout: Lookout, name: str) -> list[Refusal]:
    """Return why a statement file of the bank was refused; nothing while it was not read."""
    return [
        Refusal(says=file["refusal"], rules=("PAY-13",))
        for file in await lookout.items("payments", "/v1/bank-files")
        if file["name"] == name and file["refusal"]
    ]


async def inbound_refusals(lookout: Lookout, name: str) -> list[Refusal]:
    """Return why records of a carrier's file, or the whole file, were refused; nothing while it was not read."""
    found: list[Refusal] = []
    for file in await lookout.items("carrier-gateway", "/v1/inbound-files"):
        if file["name"].rpartition("/")[2] == name:
            if file["state"] == "refused":
                found.append(_of_reasons(file["reasons"], what="the file"))
            refused = [record for record in file["records"] if record["outcome"] == "refused"]
            refused += [each for each in file["acknowledges"] if each["outcome"] == "set-apart"]
            found.extend(
                _of_reasons(record["reasons"], what=f"record {record['number']}") for record in refused
            )
    return found


def _of_reasons(reasons: Sequence[Mapping[str, Any]], *, what: str) -> Refusal:
    says = "; ".join(str(each["says"]) for each in reasons)
    return Refusal(says=f"{what}: {says}", rules=tuple(dict.fromkeys(str(each["rule"]) for each in reasons)))
