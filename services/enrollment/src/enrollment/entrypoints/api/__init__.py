"""Enrollment's routes, a file per resource."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from enrollment.entrypoints.api import (
    carriers,
    catalogs,
    changes,
    corrections,
    explain,
    federal_hub,
    households,
    medicaid,
    offers,
    online_selection,
    plans,
    policies,
    reinstatements,
    renewals,
    selections,
    terminations,
    timeline,
    verifications,
)

ROUTERS: tuple[APIRouter, ...] = (
    plans.router,
    carriers.router,
    catalogs.router,
    households.router,
    offers.router,
    online_selection.router,
    federal_hub.router,
    policies.router,
    selections.router,
    terminations.router,
    changes.router,
    medicaid.router,
    reinstatements.router,
    corrections.router,
    renewals.router,
    explain.router,
    timeline.router,
    verifications.router,
)

EXAMPLES = Path(__file__).with_name("examples.json")
"""What is asked and answered in each operation, for the document."""
