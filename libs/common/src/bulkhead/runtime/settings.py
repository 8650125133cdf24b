"""What every service is told by its environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bulkhead.runtime.addresses import (
    BrokerAddresses,
    DatabaseAddress,
    HttpAddressOrNothing,
    KeysAddress,
)


class Settings(BaseSettings):
    """The settings of one process, read from ``BULKHEAD_…`` variables. A service adds its own in a subclass.

    What each is, with its unit, stands beside it and in `docs/settings.md`.
    """

    model_config = SettingsConfigDict(
        env_prefix="BULKHEAD_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
        hide_input_in_errors=True,  # a secret that is wrong is one all the same
    )

    database_url: DatabaseAddress = Field(
        description="The service's own PostgreSQL database, with the role that owns it."
    )
    database_connections: int = Field(
        default=10,
        ge=5,
        description="Connections that a process has open to it at most. Four are not for requests and events: two of"
        " the relay, one of the audit log, and one that tells whether the database answers while all others are busy.",
    )
    kafka_bootstrap: BrokerAddresses = Field(
        default="127.0.0.1:9092", description="Kafka's brokers, host:port, with commas."
    )
    kafka_session_seconds: float = Field(
        default=10.0,
        ge=1,
        description="Seconds for which a killed process keeps its partitions before others, or itself restarted, take"
        " them over.",
    )
    kafka_tls: Literal["on", "off"] = Field(
        default="off", description="Whether connections to Kafka are encrypted, and its brokers proven."
    )
    kafka_ca: Path | None = Field(
        default=None,
        description="A file of the authorities that may have signed the brokers' certificates, in PEM; those that"
        " Python trusts if left out.",
    )
    kafka_username: str = Field(
        default="",
        description="Who logs in to Kafka, by SCRAM-SHA-512; nobody if left out. Only with TLS: Kafka is sent what"
        " proves the password.",
    )
    kafka_password: SecretStr | None = Field(default=None, description="With which password.")
    replay_horizon_days: int = Field(
        default=400,
        ge=31,
        description="Days for which the outbox is kept once published, and the inbox once read (ADR 0016). Kafka keeps"
        " a group's offsets for a year, which is less than the default.",
    )
    topic_prefix: str = Field(
        default="",
        description="What the names of all topics begin with, where several exchanges share a Kafka.",
    )
    partitions: int = Field(
        default=64,
        ge=1,
        description="Partitions of a topic that this service makes. How many one has that is there is asked of Kafka.",
    )
    policy_dir: Path = Field(default=Path("policy"), description="The folder of the policy packs.")
    policy_pack: str = Field(
        default="vermont-2016", description="The pack, by the name of its folder, whose parameters hold here."
    )
    http_host: str = Field(default="127.0.0.1", description="The address that the API listens at.")
    http_port: int = Field(default=8000, ge=0, le=65535, description="The port that the API listens at.")
    jwks: KeysAddress = Field(
        description="The public keys of who issues tokens: a URL, or the path of a file."
    )
    jwt_issuer: str = Field(description="Whose tokens are believed: their `iss`.")
    jwt_audience: str = Field(description="For whom tokens must be: their `aud`.")
    simulation_start: date | None = Field(
        default=None,
        description="Makes the clock a simulated one that begins at this date's midnight (ADR 0006).",
    )
    simulation_clock_file: Path | None = Field(
        default=None,
        description="A file that tells the simulated time: what started late shows it at once.",
    )
    trace_file: Path | None = Field(
        default=None,
        description="A file that spans are appended to, a line of JSON each; none are kept without it.",
    )
    otlp_endpoint: HttpAddressOrNothing = Field(
        default="",
        description="A collector that spans and metrics are sent to, by OTLP over HTTP with protobuf, such as"
        " `http://collector:4318`; nothing is sent without it. What OpenTelemetry's own `OTEL_EXPORTER_OTLP_HEADERS`,"
        " `…_CERTIFICATE` and `…_COMPRESSION` say holds.",
    )
    otlp_seconds: float = Field(
        default=15.0, ge=1, description="Seconds between two times that metrics are sent to it."
    )
    trace_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Which part of the requests that begin a trace here are traced, for file and collector. Each costs"
        " a span for every event and effect: 0.01 is much in production.",
    )
    metrics: Literal["on", "off"] = Field(
        default="on",
        description="Whether `GET /metrics` is answered, to anybody who reaches the port (`docs/metrics.md`). Nobody"
        " from outside is to be let through to it.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="From which level on the log has lines."
    )
    migrations_dir: Path | None = Field(
        default=None,
        description="The folder of the service's migrations; that beside its source if left out.",
    )
    drain_seconds: float = Field(
        default=0.0,
        ge=0,
        description="Seconds for which a stopping process still takes requests, so that a load balancer notices that"
        " it is not ready.",
    )
    grace_seconds: float = Field(default=20.0, gt=0, description="Seconds that stopping may take in all.")

    @model_validator(mode="after")
    def _who_logs_in_to_kafka_is_whole(self) -> Self:
        if self.kafka_username and self.kafka_tls == "off":
            raise ValueError("BULKHEAD_KAFKA_USERNAME needs BULKHEAD_KAFKA_TLS=on")
        if bool(self.kafka_username) != (self.kafka_password is not None):
            raise ValueError("BULKHEAD_KAFKA_USERNAME and BULKHEAD_KAFKA_PASSWORD need each other")
        return self
