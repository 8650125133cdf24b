"""What every service is told by its environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one process, read from ``BULKHEAD_…`` variables. A service adds its own in a subclass.

    ``kafka_session_seconds`` is how long a killed process keeps its partitions before others, or itself
    restarted, take them over. ``replay_horizon_days`` is how long the outbox is kept once published, and the
    inbox once read (ADR 0016); Kafka keeps a group's offsets for a year, which is less than its default.
    ``simulation_start`` makes the clock a simulated one that begins at that date's midnight. ``drain_seconds``
    is how long a stopping process still takes requests, for a load balancer to notice that it is not ready;
    ``grace_seconds`` is how long stopping may take in all.
    """

    model_config = SettingsConfigDict(
        env_prefix="BULKHEAD_", env_ignore_empty=True, extra="ignore", frozen=True, validate_by_name=True
    )

    database_url: SecretStr
    database_connections: int = Field(default=10, ge=2)
    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_session_seconds: float = Field(default=10.0, ge=1)
    replay_horizon_days: int = Field(default=400, ge=31)
    topic_prefix: str = ""
    partitions: int = Field(default=64, ge=1)
    policy_dir: Path = Path("policy")
    policy_pack: str = "vermont-2016"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535)
    jwks: str
    jwt_issuer: str
    jwt_audience: str
    simulation_start: date | None = None
    simulation_clock_file: Path | None = None
    trace_file: Path | None = None
    metrics: Literal["on", "off"] = "off"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    migrations_dir: Path | None = None
    drain_seconds: float = Field(default=0.0, ge=0)
    grace_seconds: float = Field(default=20.0, gt=0)
