"""Staff takes a plan year's catalog as CMS publishes one: all of it, or nothing (ENR-17)."""

from __future__ import annotations

from datetime import date
from typing import IO

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.ports import CatalogFiles, Parameters
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.catalog import Catalog, CatalogReading
from enrollment.domain.plans import Plan


def read_catalog(
    plans: IO[str],
    rates: IO[str],
    *,
    year: int,
    state: str,
    files: CatalogFiles,
    parameters: Parameters,
    today: date,
) -> CatalogReading:
    """Return what a state's lines of two files say of a plan year, its faults among it: nothing is refused yet."""
    # What is to be law in a plan year counts for its rates already.
    reading = CatalogReading(year=year, parameters=parameters.as_of(max(today, date(year, 1, 1))))
    for plan in files.plans(plans, year=year, state=state):
        reading.take(plan)
    for rate in files.rates(rates, year=year, state=state):
        reading.take(rate)
    return reading


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
