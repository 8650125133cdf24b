"""Enrollment's routes, a file per resource."""

from __future__ import annotations

from fastapi import APIRouter

from enrollment.entrypoints.api import (
    changes,
    households,
    medicaid,
    plans,
    policies,
    reinstatements,
    renewals,
    selections,
    terminations,
)

ROUTERS: tuple[APIRouter, ...] = (
    plans.router,
    households.router,
    policies.router,
    selections.router,
    terminations.router,
    changes.router,
    medicaid.router,
    reinstatements.router,
    renewals.router,
)
