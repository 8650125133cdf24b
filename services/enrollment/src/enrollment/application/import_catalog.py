"""Staff takes a plan year's catalog as CMS publishes one: all of it, or nothing (ENR-17)."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.catalog import Catalog, CatalogReading
from enrollment.domain.plans import Plan


async def check_catalog(uow: UnitOfWork, reading: CatalogReading) -> Catalog:
    """Return the catalog that was read, beside what there is of its plans; raises `CatalogRefused` with every fault."""
    before = await uow.records(Plan).select(plan=sorted(reading.plans))
    return reading.finish(before={each.plan: each for each in before})


async def import_catalog(uow: UnitOfWork, reading: CatalogReading) -> Catalog:
    """Put a plan year's catalog beside what there is, in place of what it says anew, as two sets; return it.

    Policies keep the price they have. Raises `CatalogRefused` with every fault; then nothing was taken.
    """
    catalog = await check_catalog(uow, reading)
    await uow.records(Plan).put(catalog.plans)
    await uow.records(AgeRates).put(catalog.rates)
    return catalog
