"""``python -m status_page [api]``: looks at the services and serves the page, until told to end."""

from __future__ import annotations

import argparse
import asyncio
import sys

from pydantic import ValidationError

from bulkhead.kernel.errors import BulkheadError
from status_page.bootstrap import log_to_standard_output, serve
from status_page.config import StatusSettings


def main() -> None:
    """Run it. Ends with 2 where its settings are wrong, and with 1 where it cannot go on."""
    parser = argparse.ArgumentParser(prog="python -m status_page", description=__doc__)
    parser.add_argument(
        "role", nargs="?", choices=("api", "all"), default="api", help="as services have it; both do all"
    )
    parser.parse_args()
    try:
        settings = StatusSettings()  # pyright: ignore[reportCallIssue] - the environment fills it
    except ValidationError as wrong:
        for each in wrong.errors():
            sys.stderr.write(f"{each['loc'][0]}: {each['msg'].removeprefix('Value error, ')}\n")
        sys.stderr.write("  What to do: set what is named, see docs/settings.md\n")
        sys.exit(2)
    log_to_standard_output(settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (BulkheadError, OSError) as problem:
        sys.exit(f"status: {problem}")


if __name__ == "__main__":
    main()
