"""The five services as this machine runs them: names, folders, and the environment each is started with."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bulkhead_local import made_keys, tokens
from bulkhead_local.kafka_access import Access
from bulkhead_local.state import REPOSITORY, State, write_whole

HUB = "hub"
PROCESSOR = "processor"
SMTP = "smtp"
STATUS = "status"
SFTP = "sftp"
_TEST_KEY = "sk_test_of_this_machine"

TOLD = (
    "BULKHEAD_LOG_LEVEL",
    "BULKHEAD_METRICS",
    "BULKHEAD_TRACES",
    "BULKHEAD_DATABASE_CONNECTIONS",
    "BULKHEAD_REPLAY_HORIZON_DAYS",
    "BULKHEAD_DRAIN_SECONDS",
    "BULKHEAD_GRACE_SECONDS",
    "PAYMENTS_PROCESSOR_PROTOCOL",
    "PAYMENTS_PROCESSOR_RETURN_URL",
    "PAYMENTS_TRIAL_TOKEN",
    "PAYMENTS_TRUST_ACCOUNT",
    "NOTIFICATIONS_SMTP_TLS",
    "NOTIFICATIONS_SMTP_USERNAME",
    "NOTIFICATIONS_SMTP_PASSWORD",
    "NOTIFICATIONS_INSTANCE",
)
"""The variables by which whoever makes an exchange says how it is to run. It keeps what they said then: were it read
anew by each command, one from another shell would have supervisord stop what runs with other settings."""


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One of the five services: its name, and the name it is imported by."""

    name: str
    package: str

    @property
    def folder(self) -> Path:
        """The service's folder."""
        return REPOSITORY / "services" / self.name

    @property
    def database_prefix(self) -> str:
        """What the names of its databases and roles begin with."""
        return self.package


SERVICES: Mapping[str, ServiceKind] = {
    kind.name: kind
    for kind in (
        ServiceKind("enrollment", "enrollment"),
        ServiceKind("invoicing", "invoicing"),
        ServiceKind("payments", "payments"),
        ServiceKind("carrier-gateway", "carrier_gateway"),
        ServiceKind("notifications", "notifications"),
    )
}


def told_here() -> dict[str, str]:
    """Return what this process's environment says of `TOLD`; one that is empty is as one that is not there."""
    return {name: os.environ[name] for name in TOLD if os.environ.get(name)}


def untold_environment() -> dict[str, str]:
    """Return this process's environment without `TOLD`: an exchange has those of its own."""
    return {name: text for name, text in os.environ.items() if name not in TOLD}


def python(*arguments: str) -> list[str]:
    """Return a command that runs this very Python."""
    return [sys.executable, *arguments]


def python_environment() -> dict[str, str]:
    """Return the variables for a Python that finds the tree's own packages, whatever is installed."""
    return {
        "PYTHONPATH": _source_path(),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # compiled modules are kept: a process starts twice as fast
    }


def _source_path() -> str:
    folders = [REPOSITORY / "libs" / "common" / "src"]
    folders += [kind.folder / "src" for kind in SERVICES.values()]
    folders.append(REPOSITORY / "apps" / "status" / "src")
    folders += [REPOSITORY / "deploy" / "local"]
    return os.pathsep.join(map(str, folders))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one exchange instance finds what it stands on."""

    state: State
    exchange: str
    pack: str
    simulation_start: date | None
    partitions: int
    kafka_bootstrap: str
    kafka_access: Access | None = None
    files: Path
    told: Mapping[str, str]

    @property
    def topic_prefix(self) -> str:
        """What the names of its topics begin with."""
        return f"{self.exchange}."

    @property
    def clock_file(self) -> Path:
        """Where whoever moves a simulated clock writes the time, for processes that start to know it."""
        return self.files.parent / "clock"

    @property
    def processor_speaks(self) -> str:
        """What payments and its card processor speak with one another: `charges`, or `payment-intents` where
        ``PAYMENTS_PROCESSOR_PROTOCOL`` said so.
        """
        return self.told.get("PAYMENTS_PROCESSOR_PROTOCOL", "charges")

    @property
    def account_keys(self) -> str:
        """The key that its bank accounts are sealed by, as payments reads it; made at first use."""
        return self._made("account-keys", made_keys.key_ring)

    @property
    def file_keys(self) -> str:
        """The key that carriers' files are sealed by, as the carrier gateway reads it; made at first use."""
        return self._made("file-keys", made_keys.key_ring)

    @property
    def contact_keys(self) -> str:
        """The key that households' keys are sealed under, as those read it who say or hear contacts; made at first
        use.
        """
        return self._made("contact-keys", made_keys.key_ring)

    def _made(self, name: str, make: Callable[[], str]) -> str:
        path = self.files.parent / name
        with self.state.locked("secrets"):
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, make(), mode=0o600)
            return path.read_text(encoding="ascii")

    @property
    def sftp_host_keys(self) -> Path:
        """The folder of the key that proves its SFTP server; made at first use."""
        folder = self.files.parent / "sftp-host-keys"
        with self.state.locked("secrets"):
            if not (folder / "ed25519").exists():
                folder.mkdir(parents=True, exist_ok=True)
                made = Ed25519PrivateKey.generate().private_bytes(
                    Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
                )
                write_whole(folder / "ed25519", made.decode("ascii"), mode=0o600)
        return folder

    @property
    def webhook_secret(self) -> str:
        """What its card processor and its provider of e-mail sign webhooks with; made at first use."""
        return self._made("webhook-secret", made_keys.webhook_secret)

    def kafka(self, service: str) -> dict[str, str]:
        """Return by which settings a service finds Kafka, and proves who it is where Kafka asks."""
        if self.kafka_access is None:
            return {"BULKHEAD_KAFKA_BOOTSTRAP": self.kafka_bootstrap}
        return self.kafka_access.settings(exchange=self.exchange, service=service)

    def trace_file(self, service: str) -> Path:
        """Return where a service writes its spans, when BULKHEAD_TRACES asks for them."""
        return self.state.logs / f"{self.exchange}.{service}.trace.jsonl"

    def port(self, name: str) -> int:
        """Return the port of one of its processes."""
        return self.state.port(f"{self.exchange}/{name}")


def environment(kind: ServiceKind, place: Place, *, database_url: str) -> dict[str, str]:
    """Return the settings a service is started with."""
    settings = {
        **python_environment(),
        "BULKHEAD_DATABASE_URL": database_url,
        **place.kafka(kind.name),
        "BULKHEAD_KAFKA_SESSION_SECONDS": "3",  # a killed one is back soon
        "BULKHEAD_TOPIC_PREFIX": place.topic_prefix,
        "BULKHEAD_PARTITIONS": str(place.partitions),
        "BULKHEAD_POLICY_DIR": str(REPOSITORY / "policy"),
        "BULKHEAD_POLICY_PACK": place.pack,
        "BULKHEAD_HTTP_HOST": "127.0.0.1",
        "BULKHEAD_HTTP_PORT": str(place.port(kind.name)),
        "BULKHEAD_JWKS": str(tokens.key_set_file(place.state)),
        "BULKHEAD_JWT_ISSUER": tokens.ISSUER,
        "BULKHEAD_JWT_AUDIENCE": tokens.audience(place.exchange),
        # On by default elsewhere. Here nobody scrapes, and to load what measures takes its time at every start.
        "BULKHEAD_METRICS": "off",
        **_own_settings(kind, place),
        **_told(kind, place),
    }
    if "BULKHEAD_TRACES" in place.told:
        settings["BULKHEAD_TRACE_FILE"] = str(place.trace_file(kind.name))
    if place.simulation_start is not None:
        settings["BULKHEAD_SIMULATION_START"] = place.simulation_start.isoformat()
        settings["BULKHEAD_SIMULATION_CLOCK_FILE"] = str(place.clock_file)
    return settings


def _told(kind: ServiceKind, place: Place) -> dict[str, str]:
    """Return what of `TOLD` is a setting of this service."""
    own = f"{kind.package.upper()}_"
    return {
        name: text
        for name, text in place.told.items()
        if name.startswith(("BULKHEAD_", own)) and name != "BULKHEAD_TRACES"
    }


def status_environment(place: Place) -> dict[str, str]:
    """Return the settings the status page is started with: it knows of no database and of no Kafka."""
    addresses = {
        f"STATUS_{name.upper().replace('-', '_')}_URL": f"http://127.0.0.1:{place.port(name)}"
        for name in SERVICES
    }
    settings = {
        **python_environment(),
        **addresses,
        **{name: place.told[name] for name in ("BULKHEAD_LOG_LEVEL",) if name in place.told},
        "BULKHEAD_POLICY_DIR": str(REPOSITORY / "policy"),
        "BULKHEAD_POLICY_PACK": place.pack,
        "BULKHEAD_HTTP_HOST": "127.0.0.1",
        "BULKHEAD_HTTP_PORT": str(place.port(STATUS)),
    }
    if place.simulation_start is not None:
        settings["BULKHEAD_SIMULATION_START"] = place.simulation_start.isoformat()
        settings["BULKHEAD_SIMULATION_CLOCK_FILE"] = str(place.clock_file)
    return settings


def _own_settings(kind: ServiceKind, place: Place) -> dict[str, str]:
    match kind.name:
        case "enrollment":
            return {
                "BULKHEAD_CONTACT_KEYS": place.contact_keys,
                "ENROLLMENT_HUB_URL": f"http://127.0.0.1:{place.port(HUB)}",
            }
        case "payments":
            return {
                "PAYMENTS_LOCKBOX_DIR": str(place.files / "lockbox"),
                "PAYMENTS_RETURNS_DIR": str(place.files / "returns"),
                "PAYMENTS_STATEMENTS_DIR": str(place.files / "statements"),
                "PAYMENTS_REMITTANCE_DIR": str(place.files / "remittances"),
                "PAYMENTS_DEBITS_DIR": str(place.files / "debits"),
                "PAYMENTS_ACCOUNT_KEYS": place.account_keys,
                "PAYMENTS_DEBIT_BANK": "091400606",
                "PAYMENTS_DEBIT_BANK_NAME": "First Bank & Trust",
                "PAYMENTS_DEBIT_COMPANY": "Bulkhead",
                "PAYMENTS_DEBIT_COMPANY_ID": "1234567890",
                "PAYMENTS_PROCESSOR_URL": f"http://127.0.0.1:{place.port(PROCESSOR)}",
                "PAYMENTS_PROCESSOR_KEY": _TEST_KEY,
                "PAYMENTS_PROCESSOR_RETURN_URL": f"http://127.0.0.1:{place.port(STATUS)}/",
                "PAYMENTS_TRIAL_TOKEN": "tok_card_ok",
                "PAYMENTS_PROCESSOR_WEBHOOK_SECRETS": place.webhook_secret,
            }
        case "carrier-gateway":
            return {
                "BULKHEAD_CONTACT_KEYS": place.contact_keys,
                "CARRIER_GATEWAY_DROPBOX_DIR": str(place.files / "carriers"),
                "CARRIER_GATEWAY_FILE_KEYS": place.file_keys,
                "CARRIER_GATEWAY_SFTP_PORT": str(place.port(SFTP)),
                "CARRIER_GATEWAY_SFTP_HOST_KEYS": str(place.sftp_host_keys),
            }
        case "notifications":
            return {
                "BULKHEAD_CONTACT_KEYS": place.contact_keys,
                "NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
                "NOTIFICATIONS_SMTP_PORT": str(place.port(SMTP)),
                "NOTIFICATIONS_SENDER": "Bulkhead Exchange <exchange@bulkhead.test>",
                "NOTIFICATIONS_PRINT_DIR": str(place.files / "print"),
                "NOTIFICATIONS_RETURNED_MAIL_DIR": str(place.files / "returned-mail"),
                "NOTIFICATIONS_MAIL_WEBHOOK_SECRETS": place.webhook_secret,
                "NOTIFICATIONS_PAYMENTS_URL": f"http://127.0.0.1:{place.port('payments')}",
                "NOTIFICATIONS_ENROLLMENT_URL": f"http://127.0.0.1:{place.port('enrollment')}",
                "NOTIFICATIONS_CARRIER_GATEWAY_URL": f"http://127.0.0.1:{place.port('carrier-gateway')}",
            }
        case _:
            return {}
