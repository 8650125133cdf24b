"""A carrier's profile: everything that differs from carrier to carrier, as data (CAR-1)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue

FILE_NAME = "I834_{date}_{control}.834"
LIST_FILE_NAME = "DELINQ_{date}_{part}.csv"
INTERCHANGE_FILE_NAME = "TA1_{date}_{control}.ta1"
GROUP_FILE_NAME = "999_{date}_{control}.999"
LONGEST_HOURS = 240
LONGEST_BUSINESS_DAYS = 20
REMITTANCE_FILE_NAME = "I820_{date}_{control}.820"
AUDIT_FILE_NAME = "AUDIT_{date}_{control}.834"
PaymentKind: TypeAlias = Literal["premium", "adjustment", "balance"]
"""What an amount of a remittance is: a month's for the first time, taken back or in the place of that, or a balance."""
PAYMENT_TYPES: Final[Mapping[PaymentKind, str]] = {
    "premium": "PREM",
    "adjustment": "PREMADJ",
    "balance": "BAL",
}
"""By kind, what RMR02 calls it (state payment types)."""
PAYMENT_REFERENCES: Final = ("38", "POL", "AZ", "0F")
"""The identifiers an 820 gives of each policy: plan, exchange policy, issuer policy, issuer subscriber."""
Billing: TypeAlias = Literal["exchange", "carrier", "subsidy-only"]
"""Who asks a carrier's customers for what they pay."""
MemberId: TypeAlias = Literal["household", "member", "policy"]
MEMBER_REFERENCES: Final = ("3H", "ABB")
"""Further identifiers of a member (loop 2000) that older guides ask for and the exchange has: case, personal number."""
CategoryName: TypeAlias = Literal[
    "REQUEST SUBMIT TIMESTAMP",
    "SOURCE EXCHANGE ID",
    "ADDL MAINT REASON",
    "RATING AREA",
    "PRE AMT 1",
    "PRE AMT TOT",
    "APTC AMT",
    "OTH PAY AMT 1",
    "TOT RES AMT",
]
"""The reporting categories that carriers are sent (loop 2750)."""
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_PLACEHOLDERS = frozenset({"carrier", "receiver", "date", "short_date", "time", "control", "kind", "usage"})
_LIST_PLACEHOLDERS = frozenset({"carrier", "receiver", "date", "part", "usage"})
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_ADDRESS = re.compile(r"[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9:])?")
_USER = re.compile(r"[!-~]{1,64}")
_HOST_KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}")
LONGEST_FOLDER = 200
_FIRST_YEAR: Final = 2014
_LAST_YEAR: Final = 2199
MOST_HOST_KEYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierHost:
    """A carrier's own SFTP server, where we log in as ``user`` with our key.

    It is the one only where it proves itself by one of ``host_keys``: public keys of OpenSSH's format, no comment.
    Into ``upload_folder`` goes what the carrier is sent, and from ``download_folder`` comes what it has for us.
    """

    address: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    upload_folder: str
    download_folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierProfile:
    """How one carrier is written to.

    ``receiver_id`` is ISA08 (and ISA06 of what it sends), ``qhp_id`` GS03 of plans that have no longer id of
    their own in ``plan_ids``; ``tax_id`` identifies it in N1*IN, its own id where it has none here.
    ``file_name`` is a pattern with ``{control}`` in it, ``list_file_name`` one with ``{date}`` and ``{part}``,
    and ``list_delimiter`` separates the fields of delinquency lists. ``plan_ids`` maps our plans onto its 16-digit
    ones; a plan not in it goes by our name. The rest are its companion guide's variations: loop 2300 on cancellations
    and terminations, its spelling of additional reasons, the financial values month by month, no BGN05, no
    dashes in plan ids, a master policy number (REF 38), further categories, its spelling of the categories' names
    (``category_names``, by ours), the policy's id on each member as well (REF 1L in loop 2000), further identifiers of
    members by their qualifier. ``billing`` says who bills its customers, from the plan year ``billing_from`` on, None
    for all: what enrollment tells of its policies decides, and must be the same. ``login_keys`` are the public keys
    that its programs log in to its drop-box with, in OpenSSH's format without a comment. ``host`` is its own server,
    where we carry files there and fetch them: a carrier may have keys, a host, or both.

    ``interchange_file_name`` and ``group_file_name`` are the patterns for TA1s and 999s it is sent.
    ``interchange_within_hours`` is how long its TA1s may take, ``group_within_business_days`` its 999s: None where it
    sends none (CAR-4).

    Of 820s: whether it wants any, the pattern of their names, its spelling of payment types by ours, which identifiers
    it wants of each policy (POL always), and under which qualifier a balance says that it is one (none where empty).

    Of the monthly reconciliation (CAR-6): whether it wants full-book audits, and the pattern of their names.
    """

    carrier: str
    name: str
    receiver_id: str
    qhp_id: str
    receiver_qualifier: str = "ZZ"
    tax_id: str = ""
    usage: Literal["P", "T"] = "P"
    acknowledge: bool = True
    file_name: str = FILE_NAME
    list_file_name: str = LIST_FILE_NAME
    list_delimiter: Literal[",", ";", "|", "\t"] = ","
    plan_ids: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    coverage_on_end: bool = False
    additional_reasons: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    monthly_amounts: bool = False
    time_code: bool = True
    plan_id_dashes: bool = True
    master_policy: str = ""
    other_categories: tuple[str, ...] = ()
    category_names: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    policy_on_members: bool = False
    member_references: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    billing: Billing = "exchange"
    billing_from: int | None = None
    login_keys: tuple[str, ...] = ()
    host: CarrierHost | None = None
    interchange_file_name: str = INTERCHANGE_FILE_NAME
    group_file_name: str = GROUP_FILE_NAME
    interchange_within_hours: int | None = None
    group_within_business_days: int | None = None
    remittances: bool = True
    remittance_file: str = REMITTANCE_FILE_NAME
    payment_types: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    payment_references: tuple[str, ...] = PAYMENT_REFERENCES
    balance_report: str = ""
    audits: bool = False
    audit_file_name: str = AUDIT_FILE_NAME

    def payment_type(self, kind: PaymentKind) -> str:
        """Return what this carrier calls an amount of this kind (RMR02)."""
        ours = PAYMENT_TYPES[kind]
        return self.payment_types.get(ours, ours)

    def plan_id(self, plan: str) -> str:
        """Return the plan's id as this carrier writes it (REF CE)."""
        found = self.plan_ids.get(plan, plan)
        return found if self.plan_id_dashes else found.replace("-", "")

    def application_id(self, plan: str) -> str:
        """Return GS03 for a plan: the first 14 characters of its own id, or else the carrier's."""
        found = self.plan_ids.get(plan, "").replace("-", "")
        return found[:14] if len(found) >= 14 else self.qhp_id

    def file_for(self, *, control_number: int, kind: str, made_at: datetime) -> str:
        """Return the name of the file that carries a set, a TA1 or a 999: the same for the same one."""
        pattern = {"TA1": self.interchange_file_name, "999": self.group_file_name}.get(kind, self.file_name)
        return self._named(pattern, control_number=control_number, kind=kind, made_at=made_at)

    def remittance_file_for(self, *, control_number: int, made_at: datetime) -> str:
        """Return the name of the file that carries an 820: the same for the same one."""
        return self._named(
            self.remittance_file, control_number=control_number, kind="remittance", made_at=made_at
        )

    def audit_file_for(self, *, control_number: int, made_at: datetime) -> str:
        """Return the name of the file that carries a full-book audit: the same for the same one."""
        return self._named(self.audit_file_name, control_number=control_number, kind="audit", made_at=made_at)

    def _named(self, pattern: str, *, control_number: int, kind: str, made_at: datetime) -> str:
        return pattern.format(
            carrier=self.carrier,
            receiver=self.receiver_id,
            date=f"{made_at:%Y%m%d}",
            short_date=f"{made_at:%y%m%d}",
            time=f"{made_at:%H%M%S}",
            control=f"{control_number:09d}",
            kind=kind,
            usage=self.usage,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFault:
    """A value of a profile that cannot be written with: where it stands (``options/usage``), and what it must be."""

    field: str
    problem: str

    @property
    def error(self) -> InvalidValue:
        """The error that says so."""
        reason = Reason(
            rule="CAR-1",
            says="A carrier's profile must be writable in X12.",
            facts={"field": self.field},
        )
        return InvalidValue(field=f"/{self.field}", problem=self.problem, reasons=(reason,))


def check_profile(profile: CarrierProfile) -> None:
    """Raise `InvalidValue`, which names the field, unless the profile can be written with (CAR-1)."""
    for fault in profile_faults(profile):
        raise fault.error


def profile_faults(profile: CarrierProfile) -> Iterator[ProfileFault]:
    """Yield every value that the profile cannot be written with (CAR-1)."""
    for name, value in (("receiver_id", profile.receiver_id), ("qhp_id", profile.qhp_id)):
        if not 2 <= len(value) <= 15 or not _plain(value):
            yield _fault(name, "must be 2 to 15 letters, digits or plain signs: it stands in ISA and GS")
    if not 1 <= len(profile.name) <= 60 or not _plain(profile.name):
        yield _fault("name", "must be 1 to 60 plain characters, none of * ^ : ~")
    if profile.tax_id and not (2 <= len(profile.tax_id) <= 80 and _plain(profile.tax_id)):
        yield _fault("tax_id", "must be 2 to 80 plain characters")
    for name in (
        "file_name",
        "interchange_file_name",
        "group_file_name",
        "remittance_file",
        "audit_file_name",
    ):
        yield from _of_pattern(
            f"options/{name}", getattr(profile, name), may=_PLACEHOLDERS, must=("control",)
        )
    yield from _of_pattern(
        "options/list_file_name", profile.list_file_name, may=_LIST_PLACEHOLDERS, must=("date", "part")
    )
    yield from _of_patience(profile)
    yield from _of_payments(profile)
    yield from _of_guide(profile)
    yield from _of_texts(profile)
    if profile.host is not None:
        yield from _of_host(profile.host)


def _of_texts(profile: CarrierProfile) -> Iterator[ProfileFault]:
    for name, texts, longest in (
        ("options/plan_ids", list(profile.plan_ids), 64),
        ("options/plan_ids", list(profile.plan_ids.values()), 50),
        ("options/additional_reasons", list(profile.additional_reasons), 50),
        ("options/additional_reasons", list(profile.additional_reasons.values()), 50),
        ("options/other_categories", list(profile.other_categories), 50),
        ("options/category_names", list(profile.category_names.values()), 60),
        ("options/payment_types", list(profile.payment_types.values()), 30),
        ("options/master_policy", [profile.master_policy] if profile.master_policy else [], 50),
    ):
        if any(not 1 <= len(each) <= longest or not _plain(each) for each in texts):
            yield _fault(name, f"must be 1 to {longest} plain characters, none of * ^ : ~")


def _of_pattern(
    name: str, pattern: str, *, may: frozenset[str], must: tuple[str, ...]
) -> Iterator[ProfileFault]:
    used = set(_PLACEHOLDER.findall(pattern))
    if not used <= may or _PLACEHOLDER.sub("", pattern).strip("{}") == "":
        yield _fault(name, "may use " + ", ".join(f"{{{each}}}" for each in sorted(may)))
    if not used.issuperset(must):
        wanted = " and ".join(f"{{{each}}}" for each in must)
        yield _fault(name, f"must have {wanted} in it, so that no two files have one name")
    if _FILE_NAME.fullmatch(_PLACEHOLDER.sub("0", pattern)) is None:
        yield _fault(name, "must be a plain file name of letters, digits, '.', '_' and '-'")


def _of_patience(profile: CarrierProfile) -> Iterator[ProfileFault]:
    hours, days = profile.interchange_within_hours, profile.group_within_business_days
    if hours is not None and not 1 <= hours <= LONGEST_HOURS:
        yield _fault("options/interchange_within_hours", f"must be 1 to {LONGEST_HOURS}, or left out")
    if hours is not None and not profile.acknowledge:
        yield _fault(
            "options/interchange_within_hours", "has no place where no TA1 is asked for (acknowledge)"
        )
    if days is not None and not 1 <= days <= LONGEST_BUSINESS_DAYS:
        yield _fault(
            "options/group_within_business_days", f"must be 1 to {LONGEST_BUSINESS_DAYS}, or left out"
        )


def _of_guide(profile: CarrierProfile) -> Iterator[ProfileFault]:
    if profile.billing == "subsidy-only":
        yield _fault(
            "options/billing",
            "must be exchange or carrier: no state subsidy is paid to a carrier that bills for itself",
        )
    if profile.billing_from is not None and not _FIRST_YEAR <= profile.billing_from <= _LAST_YEAR:
        yield _fault(
            "options/billing_from", f"must be a plan year of {_FIRST_YEAR} to {_LAST_YEAR}, or left out"
        )
    if unknown := sorted(set(profile.member_references) - set(MEMBER_REFERENCES)):
        yield _fault(
            "options/member_references",
            f"has {unknown[0]!r}: the exchange has what belongs under " + " and ".join(MEMBER_REFERENCES),
        )
    if not set(profile.member_references.values()) <= set(get_args(MemberId)):
        yield _fault("options/member_references", "may give " + ", ".join(get_args(MemberId)))
    theirs = list(profile.category_names.values())
    taken = {*get_args(CategoryName), *profile.other_categories}
    if unknown := sorted(set(profile.category_names) - set(get_args(CategoryName))):
        yield _fault("options/category_names", f"has {unknown[0]!r}, which is none that carriers are sent")
    if len(set(theirs)) < len(theirs) or not taken.isdisjoint(theirs):
        yield _fault(
            "options/category_names", "must have a name of its own for each, which no other category has"
        )


def _of_payments(profile: CarrierProfile) -> Iterator[ProfileFault]:
    if unknown := sorted(set(profile.payment_types) - set(PAYMENT_TYPES.values())):
        ours = ", ".join(PAYMENT_TYPES.values())
        yield _fault("options/payment_types", f"has {unknown[0]!r}, which is none of ours: {ours}")
    if profile.payment_type("balance") in (
        profile.payment_type("premium"),
        profile.payment_type("adjustment"),
    ):
        yield _fault("options/payment_types", "must tell a balance from what is paid for a month")
    if not set(profile.payment_references) <= set(PAYMENT_REFERENCES):
        yield _fault("options/payment_references", "may have " + ", ".join(PAYMENT_REFERENCES))
    if "POL" not in profile.payment_references:
        yield _fault("options/payment_references", "must have POL: by it a payment is known for a policy's")
    if profile.remittance_file.endswith(".csv"):
        yield _fault("options/remittance_file", "must not end in .csv, as the readable twin beside it does")
    if profile.balance_report and not re.fullmatch(r"[A-Z0-9]{2,3}", profile.balance_report, re.ASCII):
        yield _fault("options/balance_report", "must be 2 or 3 capitals and digits (REF01), or empty")


def _of_host(host: CarrierHost) -> Iterator[ProfileFault]:
    if not _ADDRESS.fullmatch(host.address):
        yield _fault("host/address", "must be a name or an address, without a port")
    if not 1 <= host.port <= 65_535:
        yield _fault("host/port", "must be 1 to 65535: SFTP's own is 22")
    if not _USER.fullmatch(host.user):
        yield _fault("host/user", "must be 1 to 64 plain characters without a blank")
    if not 1 <= len(host.host_keys) <= MOST_HOST_KEYS or not all(map(_HOST_KEY.fullmatch, host.host_keys)):
        yield _fault(
            "host/host_keys",
            f"must be 1 to {MOST_HOST_KEYS} public keys of its server: have the carrier name them",
        )
    folders = {"host/upload_folder": host.upload_folder, "host/download_folder": host.download_folder}
    for name, folder in folders.items():
        if not 1 <= len(folder) <= LONGEST_FOLDER or not folder.isprintable() or ".." in folder.split("/"):
            yield _fault(name, f"must be a path of 1 to {LONGEST_FOLDER} characters without ..")
    if posixpath.normpath(host.upload_folder) == posixpath.normpath(host.download_folder):
        yield _fault("host/download_folder", "must be another one: what we bring would come back")


def _plain(text: str) -> bool:
    return text == text.strip() and all(" " <= each <= "~" and each not in "*^:~" for each in text)


def _fault(name: str, problem: str) -> ProfileFault:
    return ProfileFault(field=name, problem=problem)
