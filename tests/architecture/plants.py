"""Violations, one file each, and the contract each of them must break."""

from __future__ import annotations

from dataclasses import dataclass

FOLDERS = {
    "bulkhead": "libs/common/src/bulkhead",
    "enrollment": "services/enrollment/src/enrollment",
    "invoicing": "services/invoicing/src/invoicing",
    "payments": "services/payments/src/payments",
    "carrier_gateway": "services/carrier-gateway/src/carrier_gateway",
    "notifications": "services/notifications/src/notifications",
    "status_page": "apps/status/src/status_page",
    "carrier_sim": "apps/carrier-sim/src/carrier_sim",
}
SERVICES = tuple(name for name in FOLDERS if name not in ("bulkhead", "status_page", "carrier_sim"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One file that must not be: ``module`` with this text breaks the contract of id ``breaks``."""

    breaks: str
    module: str
    text: str

    @property
    def path(self) -> str:
        """The file's path in the repository."""
        package, _, rest = self.module.partition(".")
        return f"{FOLDERS[package]}/{rest.replace('.', '/')}.py"

    @property
    def name(self) -> str:
        """What a test of it is called."""
        return f"{self.breaks}: {self.module}: {self.text}"


def _rooms(service: str) -> str:
    return "rooms-of-the-gateway" if service == "carrier_gateway" else "rooms"


def _by_service(service: str) -> list[Plant]:
    dashed = service.replace("_", "-")
    outward = [
        ("domain.planted", f"import {service}.application"),
        ("application.planted", f"import {service}.adapters"),
        ("adapters.postgres.planted", f"import {service}.config"),
        ("adapters.messaging.planted", f"import {service}.bootstrap"),
        ("adapters.postgres.planted", f"import {service}.entrypoints.api"),
        ("entrypoints.api.planted", f"import {service}.adapters"),
        ("entrypoints.api.planted", f"import {service}.bootstrap"),
        ("utils", "ROOM = 'that nobody agreed on'"),
    ]
    beyond = [
        "sqlalchemy",
        "aiokafka",
        "fastapi",
        "msgspec",
        "bulkhead.messaging",
        "bulkhead.persistence.postgres",
    ]
    other = next(each for each in SERVICES if each != service)
    return [
        *(Plant(breaks=_rooms(service), module=f"{service}.{module}", text=text) for module, text in outward),
        *(
            Plant(breaks="pure-domain", module=f"{service}.domain.planted", text=f"import {text}")
            for text in ("pydantic", "bulkhead.persistence.ports", "bulkhead.contracts.wire")
        ),
        *(
            Plant(
                breaks=f"{dashed}-use-cases", module=f"{service}.application.planted", text=f"import {text}"
            )
            for text in beyond
        ),
        Plant(
            breaks=f"adapters-apart-{dashed}",
            module=f"{service}.adapters.messaging.planted",
            text=f"import {service}.adapters.postgres",
        ),
        Plant(
            breaks="entry-points",
            module=f"{service}.entrypoints.api.planted",
            text=f"import {service}.entrypoints.cli",
        ),
        Plant(
            breaks="entry-points", module=f"{service}.entrypoints.cron", text="ROOM = 'that nobody agreed on'"
        ),
        Plant(breaks="services-apart", module=f"{service}.adapters.planted", text=f"import {other}.domain"),
        Plant(breaks="chassis-below", module="bulkhead.planted", text=f"import {service}.domain"),
        *(
            Plant(
                breaks="wire-in-messaging",
                module=f"{service}.{room}",
                text=f"import bulkhead.contracts.{service}.v1",
            )
            for room in ("application.planted", "adapters.postgres.planted", "entrypoints.planted")
        ),
        Plant(
            breaks="no-doubles-shipped",
            module=f"{service}.entrypoints.planted",
            text="import bulkhead_testing.memory",
        ),
    ]


PLANTS: tuple[Plant, ...] = (
    *(plant for service in SERVICES for plant in _by_service(service)),
    *(
        Plant(breaks="pure-kernel", module="bulkhead.kernel.planted", text=f"import {text}")
        for text in ("msgspec", "bulkhead.persistence.ports", "bulkhead.contracts.wire")
    ),
    *(
        Plant(breaks="pure-x12", module="carrier_gateway.x12.planted", text=f"import {text}")
        for text in ("carrier_gateway.domain", "sqlalchemy", "bulkhead.contracts.wire")
    ),
    Plant(
        breaks="rooms-of-the-gateway",
        module="carrier_gateway.x12.planted",
        text="import carrier_gateway.domain",
    ),
    *(
        Plant(
            breaks="x12-in-adapters",
            module=f"carrier_gateway.{room}.planted",
            text="import carrier_gateway.x12",
        )
        for room in ("application", "entrypoints")
    ),
    *(
        Plant(breaks=breaks, module=f"status_page.{module}", text=f"import {text}")
        for breaks, module, text in (
            ("pure-domain", "domain.planted", "pydantic"),
            ("status-page-use-cases", "application.planted", "httpx2"),
            ("status-page-alone", "adapters.planted", "notifications.domain.channels"),
            ("status-page-alone", "adapters.planted", "bulkhead.persistence.ports"),
            ("status-page-alone", "adapters.planted", "sqlalchemy"),
            ("rooms-of-the-status-page", "domain.planted", "status_page.application"),
            ("rooms-of-the-status-page", "adapters.planted", "status_page.bootstrap"),
        )
    ),
    *(
        Plant(breaks="status-page-unknown", module=f"{each}.planted", text="import status_page.domain")
        for each in ("bulkhead", "notifications.adapters")
    ),
    *(
        Plant(breaks=breaks, module=f"carrier_sim.{module}", text=f"import {text}")
        for breaks, module, text in (
            ("carrier-sim-rooms", "domain.planted", "carrier_sim.application"),
            ("carrier-sim-rooms", "adapters.planted", "carrier_sim.bootstrap"),
            ("carrier-sim-pure", "domain.planted", "asyncssh"),
            ("carrier-sim-pure", "application.planted", "ruamel.yaml"),
            ("carrier-sim-apart", "domain.planted", "carrier_gateway.x12"),
            ("carrier-sim-apart", "adapters.planted", "bulkhead.kernel"),
        )
    ),
    Plant(
        breaks="carrier-sim-unknown",
        module="carrier_gateway.adapters.planted",
        text="import carrier_sim.domain",
    ),
    Plant(breaks="no-doubles-shipped", module="bulkhead.web.planted", text="import bulkhead_testing.memory"),
    Plant(
        breaks="no-cycles",
        module="bulkhead.kernel.planted",
        text="import bulkhead.persistence.ports",
    ),
)
