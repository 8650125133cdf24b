"""Plants each violation into a copy of the shipped code and says whether it breaks its contract.

A process of its own, run in the copy (``python planting.py``): the packages it looks at must be the copy's,
not those a test process has imported. Prints as JSON what nothing breaks, and each plant's contract where it breaks it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from importlinter import configuration
from importlinter.application import use_cases
from plants import PLANTS

NOTHING = "nothing"


def broken(cache: Path, contracts: tuple[str, ...] = ()) -> list[str]:
    """Return the ids of those of the contracts, all where none is named, that the code in the working folder breaks."""
    options = use_cases.read_user_options("pyproject.toml")
    use_cases._register_contract_types(options)  # what `lint_imports` itself does before it reports
    report = use_cases.create_report(options, contracts, cache_dir=str(cache))
    ids = {each["name"]: each["id"] for each in options.contracts_options}
    return sorted(
        ids[contract.name] for contract, check in report.get_contracts_and_checks() if not check.kept
    )


def main() -> None:
    """Try every plant and print whether its contract was broken."""
    configuration.configure()
    cache, root = Path(sys.argv[1]), Path.cwd()
    found = {NOTHING: broken(cache)}
    for plant in PLANTS:
        path = root / plant.path
        path.write_text(f"{plant.text}\n")
        try:
            found[plant.name] = broken(cache, (plant.breaks,))
        finally:
            path.unlink()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
