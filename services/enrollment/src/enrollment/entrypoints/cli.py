"""Enrollment's command line."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from enrollment.bootstrap import build
from enrollment.config import EnrollmentSettings
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.entrypoints.renewals_cli import renewals

cli = build_cli("enrollment", EnrollmentSettings, build, parameters=EnrollmentParameters)
cli.add_typer(renewals, name="renewals", help="What coverage becomes in the next plan year.")
