"""The gateway alone, in memory: facts come in any order, drop-boxes are files in memory, time is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bulkhead.files import Files
from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.key_ring import KeyRing
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PolicyPack
from bulkhead.service import Received
from bulkhead_testing.contact_keys import CONTACT_KEYS, CONTACT_KEYS_TEXT
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.memory import MemoryDatabase
from carrier_gateway.application import facts
from carrier_gateway.application.carriers import record_profile
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.bootstrap import assemble
from carrier_gateway.domain.books import MOST_BOOK_BYTES
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import (
    Policy,
    PremiumMonths,
    TobaccoUse,
    Transmission,
    TransmissionContent,
    VersionTerms,
)

E = TypeVar("E")
R = TypeVar("R")

FILE_KEYS = "test-1:Zm9yIHRlc3RzIG9ubHksIGFuZCBubyBzZWNyZXQgISE="
KEYS = KeyRing.read(FILE_KEYS, owner="carrier-gateway")
"""What a test's database is sealed by."""
POLICY = Path(__file__).parents[3] / "policy"
PACK = PolicyPack.named("vermont-2016", directory=POLICY)
CARRIER = "BCBSVT"
JANUARY = date(2016, 1, 1)
TODAY = date(2015, 12, 10)
MORNING = local(TODAY, 10)


def settings_of(url: str, folder: Path) -> dict[str, str]:
    """Return the settings of a gateway of this database and folder of drop-boxes."""
    return {
        "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_POLICY_PACK": "vermont-2016",
        "BULKHEAD_POLICY_DIR": str(POLICY),
        "BULKHEAD_JWKS": "none",
        "BULKHEAD_JWT_ISSUER": "nobody",
        "BULKHEAD_JWT_AUDIENCE": "nobody",
        "CARRIER_GATEWAY_DROPBOX_DIR": str(folder),
        "CARRIER_GATEWAY_FILE_KEYS": FILE_KEYS,
    }


def profile(carrier: str = CARRIER, **options: Any) -> CarrierProfile:
    """Return a carrier's profile with made-up identifiers."""
    given: dict[str, Any] = {
        "name": "Green Mountain Health",
        "receiver_id": "GMH01",
        "qhp_id": "77566VT0040001",
    }
    return CarrierProfile(carrier=carrier, **(given | options))


def member(
    number: int = 1,
    *,
    relation: str = "self",
    name: str = "June Example",
    household: str = "june",
    **other: Any,
) -> facts.RecordedMember:
    """Return a person of a household."""
    given: dict[str, Any] = {
        "member": f"{household}-{number}",
        "relation": relation,
        "name": Masked(name),
        "latin_name": Masked(name),
        "born": Masked("1980-03-02"),
        "ssn": Masked("900-12-3456"),
    }
    return facts.RecordedMember(**(given | other))


def tobacco(uses: str, *, since: date | None = None) -> tuple[TobaccoUse, ...]:
    """Return that somebody uses tobacco, ``yes`` or ``no``, from a day on, or from the beginning."""
    return (TobaccoUse(since=since, uses=Masked(uses)),)


FAMILY = (
    member(),
    member(2, relation="spouse", name="Robin Q. Example", ssn=None),
    member(3, relation="child", name="Kit Example", born=Masked("2010-07-14"), ssn=None),
)
SMOKERS = tuple(
    replace(each, tobacco=tobacco(uses)) for each, uses in zip(FAMILY, ("yes", "no", "no"), strict=True)
)
"""The same people where rates may differ by use of tobacco: one uses it."""


def contact(
    *members: facts.RecordedMember, household: str = "june", version: int = 1, **other: Any
) -> facts.ContactRecorded:
    """Return a household's contact."""
    given: dict[str, Any] = {
        "email": Masked("june@example.test"),
        "address": Masked("12 Main Street, Apt 3, Burlington, VT 05401"),
        "phone": Masked("802-555-0134"),
    }
    return facts.ContactRecorded(
        household=household, contact_version=version, members=members or (member(),), **(given | other)
    )


def terms(policy: str = "june-medical", **other: Any) -> facts.SelectedPolicy:
    """Return a policy's terms: medical for one person at 500.00 each month, without assistance."""
    given: dict[str, Any] = {
        "policy": policy,
        "plan": "SILVER",
        "carrier": CARRIER,
        "kind": "medical",
        "effective": JANUARY,
        "coverage_ends": date(2016, 12, 31),
        "gross_cents": 50000,
        "aptc_cents": 0,
        "subsidy_cents": 0,
        "members": ("june-1",),
    }
    given |= other
    given.setdefault("net_cents", given["gross_cents"] - given["aptc_cents"] - given["subsidy_cents"])
    given.setdefault("months", (months(given["effective"], given["coverage_ends"], given),))
    return facts.SelectedPolicy(**given)


def months(first: date, last: date, cents: Mapping[str, int]) -> PremiumMonths:
    """Return what each of these months costs."""
    amounts = {name: cents[name] for name in ("gross_cents", "aptc_cents", "subsidy_cents", "net_cents")}
    return PremiumMonths(first=CoverageMonth.of(first), last=CoverageMonth.of(last), **amounts)


def selected(
    *policies: facts.SelectedPolicy, household: str = "june", version: int = 1, binder: bool = True
) -> facts.PlansSelected:
    """Return a completed selection."""
    return facts.PlansSelected(
        household=household,
        selection=f"{household}-selection",
        contact_version=version,
        entered_on=date(2015, 12, 3),
        binder_required=binder,
        policies=policies or (terms(),),
    )


def renewed(*, carrier_before: str = CARRIER, household: str = "june") -> facts.PlansRenewed:
    """Return coverage of 2016 that goes on by itself from what was at this carrier or at another."""
    policy = terms("june-medical")
    return facts.PlansRenewed(
        household=household,
        selection=f"{household}-renewal",
        contact_version=1,
        renewed_on=date(2015, 10, 14),
        policies=(
            facts.RenewedPolicy(
                **{each.name: getattr(policy, each.name) for each in fields(policy)},
                carrier_before=carrier_before,
            ),
        ),
    )


def paid(*policies: str, household: str = "june") -> facts.BinderSatisfied:
    """Return that the binder is paid."""
    return facts.BinderSatisfied(
        household=household, policies=policies or ("june-medical",), satisfied_on=date(2015, 12, 10)
    )


def activated(
    policy: str = "june-medical", *, household: str = "june", version: int = 1
) -> facts.PolicyActivated:
    """Return that enrollment has the policy standing."""
    return facts.PolicyActivated(household=household, policy=policy, contact_version=version)


def terminated(
    through: date,
    policy: str = "june-medical",
    *,
    reason: Any = "non-payment",
    version: int = 1,
    months: tuple[PremiumMonths, ...] = (),
) -> facts.PolicyTerminated:
    """Return a policy's end: decided by invoicing for non-payment, else asked for at enrollment."""
    return facts.PolicyTerminated(
        household="june",
        policy=policy,
        through=through,
        reason=reason,
        months=months,
        contact_version=version,
        decided_by="invoicing" if reason == "non-payment" else "enrollment",
    )


def canceled(
    policy: str = "june-medical", *, reason: Any = "non-payment", version: int = 1
) -> facts.PolicyCanceled:
    """Return that coverage never began."""
    return facts.PolicyCanceled(household="june", policy=policy, reason=reason, contact_version=version)


def decided(
    record: str,
    outcome: Any = "taken-up",
    *,
    kind: Any = "termination",
    through: date | None = None,
) -> facts.CarrierRecordDecided:
    """Return what enrollment makes of what a carrier said by itself."""
    return facts.CarrierRecordDecided(
        household="june",
        policy="june-medical",
        record=record,
        kind=kind,
        through=through,
        outcome=outcome,
        rule="CAR-5",
        says="Its carrier ended coverage by itself (non-payment): the exchange bills.",
    )


def reinstated(
    policy: str = "june-medical",
    *,
    version: int = 1,
    coverage_ends: date = date(2016, 12, 31),
    reason: Any = "postmark",
    versions: tuple[VersionTerms, ...] = (),
    months: tuple[PremiumMonths, ...] = (),
) -> facts.PolicyReinstated:
    """Return that a policy stands again, to the end of the year or to an end that was asked for."""
    return facts.PolicyReinstated(
        household="june",
        policy=policy,
        coverage_ends=coverage_ends,
        reason=reason,
        versions=versions,
        months=months,
        contact_version=version,
    )


def since(day: date = date(2016, 3, 1), **other: Any) -> VersionTerms:
    """Return what counts from a day on: one person at 500.00 a month, 200.00 of it APTC."""
    given: dict[str, Any] = {
        "members": ("june-1",),
        "gross_cents": 50000,
        "aptc_cents": 20000,
        "subsidy_cents": 0,
    } | other
    given.setdefault("net_cents", given["gross_cents"] - given["aptc_cents"] - given["subsidy_cents"])
    return VersionTerms(since=day, **given)


def changed(*versions: VersionTerms, version: int = 1) -> facts.PolicyChanged:
    """Return that these versions count from the first one's day on; months as if all began with one."""
    counting = versions or (since(),)
    ends = [*(each.since - timedelta(days=1) for each in counting[1:]), date(2016, 12, 31)]
    return facts.PolicyChanged(
        household="june",
        policy="june-medical",
        versions=counting,
        months=tuple(
            months(each.since, last, asdict(each)) for each, last in zip(counting, ends, strict=True)
        ),
        contact_version=version,
    )


def since_death(*members: str, died: int) -> VersionTerms:
    """Return what counts after a death on a day of April."""
    return since(date(2016, 4, died + 1), members=members, aptc_cents=0)


def bereaved(*members: str, died: int) -> facts.PolicyChanged:
    """Return what is left on the policy after a death on a day of April."""
    return changed(since_death(*members, died=died), version=2)


def listed(household: str = "june", **other: Any) -> facts.DelinquencyListed:
    """Return a household's row on the list of June 1, 2016."""
    given: dict[str, Any] = {
        "carrier": CARRIER,
        "on": date(2016, 6, 1),
        "list_part": 1,
        "policies": (f"{household}-medical",),
        "month": 1,
        "of": 1,
        "past_due_cents": 50000,
        "pay_by": date(2016, 6, 30),
        "claims": "pay",
        "action": "termination-notice",
        "effective": None,
    }
    return facts.DelinquencyListed(household=household, **(given | other))


def closed(rows: int, **other: Any) -> facts.DelinquencyListClosed:
    """Return that the list of June 1, 2016 has so many rows."""
    given: dict[str, Any] = {"carrier": CARRIER, "on": date(2016, 6, 1), "list_part": 1}
    return facts.DelinquencyListClosed(rows=rows, **(given | other))


def remitted(cents: int = 50000, month: int = 1, policy: str = "june-medical") -> facts.RemittedMonth:
    """Return what is paid on for a month of 2016 under June's medical policy, or taken back."""
    return facts.RemittedMonth(
        household=policy.partition("-")[0], policy=policy, month=CoverageMonth(2016, month), cents=cents
    )


def remittance(*lines: facts.RemittedMonth, number: int = 1, **other: Any) -> facts.RemittanceIssued:
    """Return a part of a carrier's remittance, of the Wednesday of that number in 2016: the only one, which owes
    nothing and is owed nothing, unless others are given.
    """
    given: dict[str, Any] = {
        "carrier": CARRIER,
        "business_date": date(2015, 12, 30) + timedelta(weeks=number),
        "total_cents": sum(each.cents for each in lines),
        "brought_forward_cents": 0,
        "carried_cents": 0,
        "part": 1,
        "parts": 1,
        "sequence": number,
    } | other
    given.setdefault("remittance", f"{given['carrier']}-{number}")
    given.setdefault("issued_on", given["business_date"])
    return facts.RemittanceIssued(lines=lines, **given)


class OneUnreadable(MemoryFiles):
    """A tree in which one file cannot be read, as with wrong rights."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.unreadable = path

    async def get(self, path: str) -> bytes:
        """Return a file's bytes, but for the one."""
        if path == self.unreadable:
            raise Retryable("files cannot be reached: PermissionError")
        return await super().get(path)


class Gateway:
    """The service on a database and drop-boxes in memory, with a clock that only `at` moves.

    ``store`` and ``files`` stand in for them where a test wants the real ones.
    """

    def __init__(
        self,
        *,
        files: Files | None = None,
        store: UnitOfWorkFactory | None = None,
        book_bytes: int = MOST_BOOK_BYTES,
        **options: Any,
    ) -> None:
        self.boxes = MemoryFiles()
        self.service = assemble(
            pack=PACK,
            dropbox=files or self.boxes,
            contact_keys=CONTACT_KEYS,
            book_bytes=book_bytes,
            keys=KEYS,
        )
        self.database = MemoryDatabase.for_service(self.service)
        self.uows: UnitOfWorkFactory = store or self.database.units_of_work
        self.pollers = self.service.pollers(self.uows)
        self.now = MORNING
        self._heard = 0
        self._options = options

    async def open(self, *carriers: str) -> Gateway:
        """Give the carriers profiles and return the gateway."""
        for carrier in carriers or (CARRIER,):
            await self.profile(profile(carrier, **self._options))
        return self

    async def profile(self, given: CarrierProfile) -> None:
        """Keep a profile."""
        async with self.uows.begin(now=self.now, households=[carrier_lock(given.carrier)]) as uow:
            await record_profile(uow, given)

    def at(self, day: date, hour: int = 10, minute: int = 0) -> Gateway:
        """Set the clock."""
        self.now = local(day, hour, minute)
        return self

    def later(self, **time: float) -> Gateway:
        """Move the clock on."""
        self.now += timedelta(**time)
        return self

    async def hear(self, *heard: Any) -> None:
        """Take in facts as one batch, as the consumer would: households locked, in order."""
        batch: list[Received] = []
        for fact in heard:
            self._heard += 1
            batch.append(
                Received(
                    event_id=f"event-{self._heard}",
                    household=getattr(fact, "household", None),
                    occurred_at=self.now,
                    fact=fact,
                    partition=0,
                )
            )
        households = [each.household for each in batch if each.household is not None]
        async with self.uows.begin(now=self.now, households=households) as uow:
            await self.service.handle(uow, batch)

    async def work(self) -> None:
        """Let the pollers turn until nothing is left to do."""
        for _ in range(100):
            if not sum([await poller.turn(self.now) for poller in self.pollers]):
                return
        raise AssertionError("the pollers never come to rest")

    async def tell(self, *heard: Any) -> None:
        """Take in facts, then let the pollers do what follows."""
        await self.hear(*heard)
        await self.work()

    async def pending(self) -> dict[str, int]:
        """Return what each poller says is left to do now."""
        return {poller.name: await poller.pending(self.now) for poller in self.pollers}

    def outbound(self, carrier: str = CARRIER) -> dict[str, str]:
        """Return the files in a carrier's outbound box, by name."""
        folder = f"{carrier}/outbound/"
        return {
            path.removeprefix(folder): data.decode("ascii")
            for path, data in sorted(self.boxes.content.items())
            if path.startswith(folder)
        }

    def sets(self, carrier: str = CARRIER) -> list[str]:
        """Return the 834s in a carrier's outbound box, in the order of their numbers."""
        return [text for name, text in self.outbound(carrier).items() if name.endswith(".834")]

    def sets_sent(self, carrier: str = CARRIER) -> list[str]:
        """Return what a carrier was sent, whatever its files are called, in the order of their numbers."""
        contents = {each.transmission: each.content for each in self.rows(TransmissionContent)}
        sent = [each for each in self.rows(Transmission) if each.carrier == carrier and each.state == "sent"]
        sent.sort(key=lambda each: each.control_number or 0)
        return [contents[each.transmission].reveal() for each in sent]

    def remittances(self, carrier: str = CARRIER) -> list[str]:
        """Return the 820s in a carrier's outbound box, in the order of their numbers."""
        return [text for name, text in self.outbound(carrier).items() if name.endswith(".820")]

    async def drop(self, name: str, data: bytes | str, carrier: str = CARRIER) -> None:
        """Have a carrier drop a file."""
        raw = data.encode("ascii") if isinstance(data, str) else data
        await self.boxes.put(f"{carrier}/inbound/{name}", raw)

    def said(self, kind: type[E]) -> list[E]:
        """Return what was said so far, of one type."""
        return self.database.events_of(kind)

    def rows(self, kind: type[R]) -> list[R]:
        """Return all rows of a kind."""
        return self.database.rows(kind)

    def transmissions(self) -> list[tuple[str, str]]:
        """Return kind and state of every transmission, in order."""
        return [(each.kind, each.state) for each in self.rows(Transmission)]

    def policy(self, policy: str = "june-medical") -> Policy:
        """Return a policy as it is."""
        return next(each for each in self.rows(Policy) if each.policy == policy)


def segments(text: str) -> list[str]:
    """Return an 834's segments, without their terminators."""
    return [line.removesuffix("~") for line in text.splitlines()]


def value_of(text: str, name: str) -> list[str]:
    """Return the values of a reporting category, one for each time it is there."""
    lines = segments(text)
    return [lines[index + 1].rsplit("*", 1)[1] for index, line in enumerate(lines) if line == f"N1*75*{name}"]
