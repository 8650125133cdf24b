"""Settings that are addresses: what each must be like, and the words that refuse the rest before anything starts.

The address itself is never said: a password may stand in it.
"""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

SANDBOX: Final = "sandbox:"
"""In place of an address: what would be there is in this process."""

_LIKE_HTTP = "an address that begins with http:// or https:// and has a host, such as https://{name}.example"


def is_http(address: str) -> bool:
    """Return whether something can be asked at an address by HTTP: a host is named, and no question is in it yet."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port != 0
        and not (parts.query or parts.fragment)
        and not any(each.isspace() for each in address)
    )


def _http(address: str) -> str:
    if not is_http(address):
        raise ValueError(f"must be {_LIKE_HTTP.format(name='service')}")
    return address


def _http_or_sandbox(address: str) -> str:
    if address != SANDBOX and not is_http(address):
        raise ValueError(f"must be `{SANDBOX}`, or {_LIKE_HTTP.format(name='service')}")
    return address


def _http_or_nothing(address: str) -> str:
    return _http(address) if address else address


def _keys(where: str) -> str:
    if not where.strip() or (":/" in where and not is_http(where)):
        raise ValueError(f"must be the path of a file, or {_LIKE_HTTP.format(name='issuer')}/keys.json")
    return where


def _postgresql(address: SecretStr) -> SecretStr:
    if not address.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError(
            "must begin with postgresql://, such as postgresql://role:password@host:5432/database"
        )
    return address


def _brokers(hosts: str) -> str:
    for each in hosts.split(","):
        host, _, port = each.strip().rpartition(":")
        if not host or "/" in host or not port.isdecimal():
            raise ValueError("must be host:port, several with commas, such as kafka-1:9092,kafka-2:9092")
    return hosts


HttpAddress = Annotated[str, AfterValidator(_http)]
HttpAddressOrSandbox = Annotated[str, AfterValidator(_http_or_sandbox)]
HttpAddressOrNothing = Annotated[str, AfterValidator(_http_or_nothing)]
KeysAddress = Annotated[str, AfterValidator(_keys)]
"""An address of public keys, or the path of their file."""
DatabaseAddress = Annotated[SecretStr, AfterValidator(_postgresql)]
BrokerAddresses = Annotated[str, AfterValidator(_brokers)]
