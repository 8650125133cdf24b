"""Enrollment's routes, a file per resource."""

from __future__ import annotations

from fastapi import APIRouter

from enrollment.entrypoints.api import (
    changes,
    households,
    plans,
    policies,
    reinstatements,
    renewals,
    selections,
    terminations,
    verifications,
)

ROUTERS: tuple[APIRouter, ...] = (
    plans.router,
    households.router,
    policies.router,
    selections.router,
    terminations.router,
    changes.router,
    reinstatements.router,
    renewals.router,
    verifications.router,
)
