"""What no image may bring along."""

from __future__ import annotations

DOUBLES_AND_TOOLS = (
    "bulkhead_testing",
    "pytest",
    "hypothesis",
    "schemathesis",
    "testcontainers",
    "aiosmtpd",
    "ruff",
    "hatchling",
    "uv",
)
