"""How a service proves to Kafka who it is, and Kafka to it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bulkhead.messaging.kafka_settings import secured
from bulkhead.runtime.settings import Settings

NEEDED: dict[str, Any] = {
    "database_url": "postgresql://nobody@nowhere/nothing",
    "jwks": "keys.json",
    "jwt_issuer": "issuer",
    "jwt_audience": "audience",
}


def test_without_tls_nothing_is_handed_to_a_client() -> None:
    assert secured(tls=False) == {}


def test_with_tls_a_broker_must_have_a_certificate_of_an_authority_for_its_own_name() -> None:
    client = secured(tls=True)
    context = client["ssl_context"]
    assert client["security_protocol"] == "SSL"
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_who_logs_in_does_so_by_scram_and_over_tls() -> None:
    client = secured(tls=True, username="payments", password="secret")
    assert {name: value for name, value in client.items() if name != "ssl_context"} == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "payments",
        "sasl_plain_password": "secret",
    }


def test_authorities_that_cannot_be_read_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        secured(tls=True, ca=tmp_path / "nothing.crt")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kafka_username": "payments", "kafka_password": "secret"}, "needs BULKHEAD_KAFKA_TLS=on"),
        ({"kafka_tls": "on", "kafka_username": "payments"}, "need each other"),
        ({"kafka_tls": "on", "kafka_password": "secret"}, "need each other"),
    ],
)
def test_half_a_login_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings(**NEEDED, **given)
