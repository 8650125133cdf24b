"""What the door and the courier have in common: private keys from a folder, and a library that says nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import asyncssh
from asyncssh import SSHKey

from bulkhead.kernel.errors import InvalidValue


def silence() -> None:
    """Turn asyncssh's own log off: it tells the names of files, and who knocks."""
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)


def private_keys(folder: Path, *, field: str) -> list[SSHKey]:
    """Return the private keys in a folder; raises `InvalidValue` where there is none, or one cannot be read."""
    try:
        files = sorted(each for each in folder.iterdir() if each.is_file() and each.suffix != ".pub")
        keys = [asyncssh.read_private_key(each) for each in files]
    except (OSError, asyncssh.KeyImportError) as error:
        raise InvalidValue(field=field, problem=f"cannot be read: {type(error).__name__}") from None
    if not keys:
        raise InvalidValue(field=field, problem="must be a folder with a private key of OpenSSH's format")
    return keys
