"""Enrollment, wired. The only file that knows everyone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from datetime import time as time_of_day

from bulkhead.duties.overdue import overdue_duty
from bulkhead.duties.ports import Duty
from bulkhead.kernel.key_rings import Keys
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.runtime.addresses import SANDBOX
from bulkhead.sentences import WrittenSentences
from bulkhead.service import Poller, Service
from enrollment.adapters.alarms import LogAlarms
from enrollment.adapters.catalog_files import CmsFiles
from enrollment.adapters.hub.http import HttpHub
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from enrollment.adapters.metrics import MEASURES
from enrollment.adapters.names.anyascii_names import AnyAsciiNames
from enrollment.adapters.postgres.tables import TABLES
from enrollment.application.age_out_children import AgeOutChildren
from enrollment.application.ask_hub import HubPoller
from enrollment.application.concerned import concerned_by
from enrollment.application.expire_coverage import expire_coverage, households_to_expire, next_expiry
from enrollment.application.find_overdue import OVERDUE_KINDS, overdue_by
from enrollment.application.pictures import PICTURES
from enrollment.application.ports import Dependencies, Hub, Parameters
from enrollment.application.renewal_runs import RenewalWalker, ask_nightly, next_night, years_to_ask_for
from enrollment.application.routing import handler
from enrollment.application.run_out import verification_duties
from enrollment.application.try_hub import HubTrials
from enrollment.application.try_online_selection import OnlineTrials
from enrollment.application.waiting import RETRIES
from enrollment.config import EnrollmentSettings
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.entrypoints.api import EXAMPLES, ROUTERS


def first_of_january(day: date) -> bool:
    """Whether a plan year has ended the day before (CAL-3)."""
    return (day.month, day.day) == (1, 1)


def every_day(_day: date) -> bool:
    """Whether a date is on the calendar: all are."""
    return True


def duties(parameters: Parameters) -> tuple[Duty, ...]:
    """Return the calendar: plan years end before invoicing looks at the month's first day, and so does assistance that
    nobody confirmed; nightly, children who will be too old, what became active after the year's renewals were made, and
    what is overdue.
    """
    ages = AgeOutChildren(parameters)
    return (
        Duty(
            name="expire-coverage",
            at=time_of_day(0, 30),
            runs_on=first_of_january,
            households=households_to_expire,
            run=expire_coverage,
            next_work=next_expiry,
        ),
        Duty(
            name="age-out-children",
            at=time_of_day(0, 45),
            runs_on=every_day,
            households=ages.households,
            run=ages.run,
            next_work=ages.next_work,
        ),
        *verification_duties(parameters, at=time_of_day(0, 45), runs_on=every_day),
        Duty(
            name="renew-coverage",
            at=time_of_day(2, 30),
            runs_on=every_day,
            households=years_to_ask_for,
            run=ask_nightly,
            next_work=next_night,
            only_latest=True,
        ),
        overdue_duty(overdue_by(parameters), kinds=OVERDUE_KINDS),
    )


def assemble(
    *, pack: PolicyPack, hub: Hub, contact_keys: Keys, pace: Callable[[], float] = time.monotonic
) -> Service:
    """Return the service for a policy pack, a federal hub and the keys under which contacts are sealed. ``pace`` counts
    seconds, and goes on while the exchange's clock stands.
    """
    parameters = PackParameters(pack, "enrollment", EnrollmentParameters)

    def pollers(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        return (
            RenewalWalker(uows, parameters=parameters, alarms=LogAlarms()),
            HubPoller(uows, hub=hub, parameters=parameters),
        )

    return Service(
        name="enrollment",
        tables=TABLES,
        subscribes=SUBSCRIBES,
        inbound=INBOUND,
        outbound=OUTBOUND,
        contact_keys=contact_keys,
        handle=handler(parameters),
        routers=ROUTERS,
        examples=EXAMPLES,
        maintenance=MaintenanceGuard(parameters=parameters, concerned=concerned_by(parameters)),
        duties=duties(parameters),
        pollers=pollers,
        retries=RETRIES,
        overdue=overdue_by(parameters),
        measures=MEASURES,
        pictures=PICTURES,
        dependencies=Dependencies(
            parameters=parameters,
            transliterator=AnyAsciiNames(),
            catalog_files=CmsFiles(),
            sentences=WrittenSentences("enrollment"),
            trials=OnlineTrials(parameters=parameters, pace=pace),
            hub_trials=HubTrials(hub=hub, pace=pace),
        ),
    )


def build(settings: EnrollmentSettings) -> Service:
    """Return the service as it runs."""
    return assemble(
        pack=PolicyPack.named(settings.policy_pack, directory=settings.policy_dir),
        hub=SandboxHub() if settings.hub_url == SANDBOX else HttpHub(settings.hub_url),
        contact_keys=settings.contact_key_ring,
    )
