"""Who may do what on this machine's Kafka: the broker's certificate, logins, and each service's rights.

Kafka has two ways in. By the open one comes whoever is on this machine, as nobody in particular: suites that make
topics of their own. By the other, TLS with a login, come the services of exchanges, each as itself, and the operator,
who may do everything. What belongs to an exchange is closed to all but those its contracts name, whichever way they
came.
"""

# confluent_kafka.admin does not say what of it is for others:
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import ipaddress
import logging
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bulkhead.contracts.registry import TOPICS
from bulkhead.contracts.rights import Right, rights_of, services
from bulkhead.messaging.kafka import config_of
from bulkhead_local.errors import LocalError
from bulkhead_local.state import State, write_whole

OPERATOR = "operator"
_QUIET = logging.getLogger("bulkhead_local.kafka")
_HOST = "127.0.0.1"
_DAYS_VALID = 3650
_SECONDS_TO_ANSWER = 30.0
_SECONDS_TO_ASK_AGAIN = 0.05
_CLUSTER = "kafka-cluster"
_FOR_EVERYBODY = ("Describe", "Idempotent_write")
"""Of the cluster: to see it, and to write once. Who may do what is for the operator alone to say."""


@dataclass(frozen=True, slots=True)
class Access:
    """The way into this machine's Kafka that asks who is there."""

    state: State

    @property
    def bootstrap(self) -> str:
        """Its host:port."""
        return f"{_HOST}:{self.state.port('kafka-tls')}"

    @property
    def authority(self) -> Path:
        """The certificate of who signed the broker's; both are made at first use."""
        self._certificates()
        return self.state.keys / "kafka-authority.pem"

    @property
    def certificate(self) -> Path:
        """The broker's key and certificate, in PEM."""
        self._certificates()
        return self.state.keys / "kafka-broker.pem"

    @property
    def operators_password(self) -> str:
        """The password of the operator; made at first use."""
        return self.state.secret("kafka-operator")

    def password(self, *, exchange: str, service: str) -> str:
        """Return the password of a service of an exchange; made at first use."""
        return self.state.secret(f"kafka-{exchange}-{service}")

    def operator(self) -> dict[str, Any]:
        """Return what a client of aiokafka is handed to come as the operator."""
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=self.authority),
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": OPERATOR,
            "sasl_plain_password": self.operators_password,
        }

    def settings(self, *, exchange: str, service: str) -> dict[str, str]:
        """Return by which settings a service of an exchange comes as itself."""
        return {
            "BULKHEAD_KAFKA_BOOTSTRAP": self.bootstrap,
            "BULKHEAD_KAFKA_TLS": "on",
            "BULKHEAD_KAFKA_CA": str(self.authority),
            "BULKHEAD_KAFKA_USERNAME": user(exchange, service),
            "BULKHEAD_KAFKA_PASSWORD": self.password(exchange=exchange, service=service),
        }

    def broker_properties(self) -> list[str]:
        """Return the lines of Kafka's configuration that ask who is there, and what they may do."""
        plain = (
            "org.apache.kafka.common.security.plain.PlainLoginModule required"
            f' username="{OPERATOR}" password="{self.operators_password}"'
            f' user_{OPERATOR}="{self.operators_password}";'
        )
        by_tls = "listener.name.sasl_ssl"
        return [
            f"{by_tls}.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN",
            f"{by_tls}.plain.sasl.jaas.config={plain}",
            f"{by_tls}.scram-sha-512.sasl.jaas.config="
            "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "listener.name.controller.sasl.enabled.mechanisms=PLAIN",
            f"listener.name.controller.plain.sasl.jaas.config={plain}",
            "sasl.mechanism.controller.protocol=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self.certificate}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.authority}",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            f"super.users=User:{OPERATOR}",
            # What nobody said anything about, as the topics that a suite makes for itself, is anybody's.
            "allow.everyone.if.no.acl.found=true",
        ]

    def _certificates(self) -> None:
        keys = self.state.keys
        with self.state.locked("kafka-certificates"):
            if not (keys / "kafka-broker.pem").exists():
                authority, broker = _made()
                write_whole(keys / "kafka-authority.pem", authority)
                write_whole(keys / "kafka-broker.pem", broker, mode=0o600)


def user(exchange: str, service: str) -> str:
    """Return as whom a service of an exchange logs in."""
    return f"{exchange}.{service}"


def close_cluster(access: Access) -> None:
    """Leave what changes rights, users and the broker itself to the operator; doing it again is already so."""
    admin = _admin(access)
    _wait(admin.create_acls(_acls("User:*", "broker", _CLUSTER, _FOR_EVERYBODY)))


def open_for(access: Access, *, exchange: str, prefix: str, partitions: int) -> None:
    """Make the topics, users and rights of an exchange, as its contracts say; what is there already stays.

    Raises `LocalError` where Kafka does not.
    """
    from confluent_kafka.admin import NewTopic

    admin = _admin(access)
    topics = [
        NewTopic(prefix + topic.name, partitions, 1, config=config_of(topic.name))  # pyright: ignore[reportCallIssue]
        for topic in TOPICS
    ]
    _wait(admin.create_topics(topics), already="TOPIC_ALREADY_EXISTS")
    logins = _logins(exchange, password=lambda service: access.password(exchange=exchange, service=service))
    _wait(admin.alter_user_scram_credentials(logins))
    _wait(admin.create_acls(list(_acls_of(exchange, prefix))))
    wait_until_let_in(access, exchange=exchange, prefix=prefix)


def wait_until_let_in(
    access: Access, *, exchange: str, prefix: str, within: float = _SECONDS_TO_ANSWER
) -> None:
    """Return once the services of an exchange can log in and see their topics.

    Kafka answers that it has written a user or a right down before the broker that asks who is there has read it.

    Raises `LocalError` where they cannot ``within`` so many seconds.
    """
    from confluent_kafka import KafkaException

    # It reads what is written in order: the last user's last topic stands for all before it.
    service = services()[-1]
    topic = [each.name for each in rights_of(service, prefix=prefix) if each.resource == "topic"][-1]
    client = _client(
        access,
        mechanism="SCRAM-SHA-512",
        username=user(exchange, service),
        password=access.password(exchange=exchange, service=service),
    )
    until = time.monotonic() + within
    while (left := until - time.monotonic()) > 0:
        try:
            if client.list_topics(topic, timeout=left).topics[topic].error is None:
                return
        except KafkaException:
            pass  # said below, where the time is over
        time.sleep(_SECONDS_TO_ASK_AGAIN)
    raise LocalError(
        f"Kafka does not let {user(exchange, service)} in after {within:.0f} s.\n"
        "  What to do: read its log, `make logs NAME=kafka`"
    )


def close_for(access: Access, *, exchange: str, prefix: str) -> None:
    """Remove the rights of an exchange, and let nobody log in as its users any more."""
    from confluent_kafka.admin import AclBindingFilter

    admin = _admin(access)
    filters = [
        AclBindingFilter(
            each.restype, each.name, each.resource_pattern_type, each.principal, each.host, each.operation,
            each.permission_type,
        )
        for each in _acls_of(exchange, prefix)
    ]  # fmt: skip
    _wait(admin.delete_acls(filters))
    # Nobody knows these passwords. The users stay: a broker that reads at its start that some were removed forgets the
    # logins of all others (seen with Kafka 4.3.1).
    _wait(admin.alter_user_scram_credentials(_logins(exchange, password=lambda _: secrets.token_hex(32))))


def _logins(exchange: str, *, password: Callable[[str], str]) -> list[Any]:
    from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

    by = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    return [
        UserScramCredentialUpsertion(user(exchange, service), by, password(service).encode())
        for service in services()
    ]


def _acls_of(exchange: str, prefix: str) -> Iterable[Any]:
    # That somebody is named for all that begins so closes it to everybody else, also what is made later.
    yield from _acls(f"User:{OPERATOR}", "topic", prefix, ("Describe",), prefixed=True)
    yield from _acls(f"User:{OPERATOR}", "group", prefix, ("Describe",), prefixed=True)
    for service in services():
        for right in rights_of(service, prefix=prefix):
            yield from _acls_of_right(f"User:{user(exchange, service)}", right)


def _acls_of_right(principal: str, right: Right) -> Iterable[Any]:
    return _acls(principal, right.resource, right.name, right.operations)


def _acls(
    principal: str, resource: str, name: str, operations: Iterable[str], *, prefixed: bool = False
) -> list[Any]:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    pattern = ResourcePatternType.PREFIXED if prefixed else ResourcePatternType.LITERAL
    return [
        AclBinding(
            ResourceType[resource.upper()], name, pattern, principal, "*",
            AclOperation[each.upper()], AclPermissionType.ALLOW,
        )
        for each in operations
    ]  # fmt: skip


def _admin(access: Access) -> Any:
    return _client(access, mechanism="PLAIN", username=OPERATOR, password=access.operators_password)


def _client(access: Access, *, mechanism: str, username: str, password: str) -> Any:
    from confluent_kafka.admin import AdminClient  # only here: it costs start-up time

    return AdminClient(
        {
            "bootstrap.servers": access.bootstrap,
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(access.authority),
            "sasl.mechanism": mechanism,
            "sasl.username": username,
            "sasl.password": password,
            "reconnect.backoff.max.ms": 500,
        },
        logger=_QUIET,
    )


def _wait(asked: Mapping[Any, Any], *, already: str = "") -> None:
    from confluent_kafka import KafkaException

    for future in asked.values():
        try:
            future.result(timeout=_SECONDS_TO_ANSWER)
        except KafkaException as error:
            if error.args[0].name() != already:
                raise LocalError(
                    f"Kafka did not take who may do what: {error.args[0].name()}.\n"
                    "  What to do: read its log, `make logs NAME=kafka`"
                ) from error


def _made() -> tuple[str, str]:
    """Return an authority's certificate, and a broker's key with a certificate by that authority."""
    now = datetime.now(UTC)
    names = {
        each: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("authority", "broker")
    }
    keys = {each: ec.generate_private_key(ec.SECP256R1()) for each in names}

    def signed(who: str, build: Callable[[x509.CertificateBuilder], x509.CertificateBuilder]) -> str:
        begun = (
            x509.CertificateBuilder(names["authority"], names[who], keys[who].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=_DAYS_VALID))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[who].public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["authority"].public_key()),
                critical=False,
            )
        )
        return build(begun).sign(keys["authority"], hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    authority = signed(
        "authority",
        lambda it: it.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True),
    )
    here = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(_HOST)), x509.DNSName("localhost")]
    )
    broker = signed("broker", lambda it: it.add_extension(here, critical=False))
    key = keys["broker"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return authority, key + broker
