"""A plan is put into the catalog, or its carrier and prices are replaced."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.plans import Plan


async def offer_plan(uow: UnitOfWork, plan: Plan) -> Plan:
    """Put a plan into the catalog and return it. Policies selected before keep their price."""
    await uow.records(Plan).put([plan])
    return plan
