"""What an exchange in containers is started with: keys and passwords that nobody else has, and a folder of its own."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bulkhead_local import made_keys, tokens
from bulkhead_local.state import State, write_whole

_NOBODY = 10_001
"""As whom containers run where the one who starts them is root."""
_PASSWORDS = ("POSTGRES", "ENROLLMENT", "INVOICING", "PAYMENTS", "CARRIER_GATEWAY", "NOTIFICATIONS")
_RINGS = ("ACCOUNT", "CONTACT", "FILE")
"""What keys seal: bank accounts, contacts on their way, carriers' files."""


def environment_file(state: State) -> Path:
    """Return the file that ``docker compose --env-file`` takes; it is made once, and its owner alone may read it. The
    folder ``files`` beside it is what containers write into, and the issuer's public keys are made too.
    """
    tokens.key_set_file(state)
    folder = state.root / "compose"
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    user, group = os.getuid() or _NOBODY, os.getgid() or _NOBODY
    if not os.getuid():
        os.chown(files, user, group)
    file = folder / ".env"
    with state.locked("compose"):
        if not file.exists():
            write_whole(file, _settings(run_as=f"{user}:{group}"), mode=0o600)
    return file


def _settings(*, run_as: str) -> str:
    made = {
        "RUN_AS": run_as,
        **{f"{each}_PASSWORD": secrets.token_hex(24) for each in _PASSWORDS},
        "WEBHOOK_SECRET": made_keys.webhook_secret(),
        **{f"{each}_KEYS": made_keys.key_ring() for each in _RINGS},
        "PROCESSOR_KEY": f"sk_test_{secrets.token_hex(16)}",
    }
    return "".join(f"{name}={value}\n" for name, value in made.items())
