"""Households: registering one, and looking at it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.web.auth import Caller
from bulkhead.web.authority import StatedBy
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.fields import Body, Id, Like, Line
from bulkhead.web.refusals import refusals
from enrollment.application.correct_latin_name import correct_latin_name
from enrollment.application.find_household import (
    Found,
    PossibleDuplicate,
    find_household,
    possible_duplicates,
)
from enrollment.application.name_responsible import name_responsible
from enrollment.application.register_household import (
    Application,
    HouseholdAlreadyRegistered,
    Registered,
    register_household,
)
from enrollment.domain.changes import NobodyToActFor, Responsible
from enrollment.domain.determination import Attested, CsrVariant, Determination
from enrollment.domain.households import Contact, Member, Relation
from enrollment.domain.names import LatinNameNeeded, NameNotReadable
from enrollment.domain.people import (
    BirthDateImplausible,
    Person,
    PersonNamedTwice,
    RelationsUnclear,
    SsnNamedTwice,
    TooOldForChild,
)
from enrollment.domain.tobacco import TobaccoNotAsked
from enrollment.domain.verification import Verification
from enrollment.entrypoints.api.fields import PHONE, Cents, Day, IncomeCents, Lines, Ssn, View

router = APIRouter(tags=["households"])

MemberPath = Annotated[
    str,
    Like(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,69}$",
        "must be 1 to 70 letters, digits, '.', '_' or '-', the first a letter or digit",
    ),
    Path(description="The member's id."),
]

_LANGUAGE = Like(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "must be a language such as en, es or pt-BR")
_EMAIL = Like(
    r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$", "must be an e-mail address such as name@mail.org"
)


_GRANTED = StatedBy(
    ("operator", "service"),
    rule="ENR-8",
    says="Assistance is granted to a household, which attests its people and what happens to it: an operator, the "
    "service that determines eligibility or the federal hub says how much.",
)


class PersonBody(Body):
    """A person of the household (ENR-16).

    ``name`` is kept as written. ``latin_name`` is its form in letters A to Z, for files that carry nothing else;
    left out, it is proposed, shown, and can be corrected. Whether somebody ``uses_tobacco`` is asked where rates may
    differ by it: in a state where none does nobody is said to (ENR-17).
    """

    name: Line
    latin_name: Line | None = None
    born: Day
    relation: Relation
    ssn: Ssn | None = None
    uses_tobacco: bool = False

    def person(self) -> Person:
        """Return the person, with everything personal masked."""
        return Person(
            name=Masked(self.name),
            latin_name=_masked(self.latin_name),
            born=Masked(self.born.isoformat()),
            relation=self.relation,
            ssn=_masked(self.ssn),
            uses_tobacco=self.uses_tobacco,
        )


class ResponsibleBody(Body):
    """Who acts for a subscriber who is not of age (ENR-13).

    ``name`` is kept as written. ``latin_name`` is its form in letters A to Z; left out, it is proposed (ENR-16).
    """

    name: Line
    latin_name: Line | None = None

    def responsible(self) -> Responsible:
        """Return who it is, with everything personal masked."""
        return Responsible(name=Masked(self.name), latin_name=_masked(self.latin_name))


class RegistrationBody(Body):
    """A household's application.

    Without an id the household gets one; a member's is the one of their token. One of its people is the
    subscriber, ``self``. A household attests its people and its income of a year; the two assistances are stated by
    whoever grants them. The hub is asked to confirm it all, and what it says counts (ENR-10).
    """

    household: Id | None = None
    members: Annotated[list[PersonBody], Field(max_length=50)]
    email: Annotated[str, Field(max_length=254), _EMAIL] | None = None
    address: Lines | None = None
    phone: Annotated[str, PHONE] | None = None
    language: Annotated[str, Field(max_length=35), _LANGUAGE] = "en"
    income_cents: IncomeCents | None = None
    aptc_cents: Annotated[Cents, _GRANTED] = 0
    subsidy_cents: Annotated[Cents, _GRANTED] = 0

    def application(self, household: str) -> Application:
        """Return the application of a household of this id."""
        return Application(
            household=household,
            people=tuple(person.person() for person in self.members),
            language=self.language,
            email=_masked(self.email),
            address=_masked(self.address),
            phone=_masked(self.phone),
            income_cents=self.income_cents,
            aptc_cents=self.aptc_cents,
            subsidy_cents=self.subsidy_cents,
        )


class RelatedView(View):
    """A member of a household, and how they belong to it."""

    member: str
    relation: Relation


class RegisteredView(View):
    """A household that is registered."""

    household: str
    members: list[RelatedView]

    @classmethod
    def of(cls, registered: Registered) -> RegisteredView:
        """Return the view of a household just registered: ids only."""
        return cls(
            household=registered.household.household,
            members=[RelatedView(member=each.member, relation=each.relation) for each in registered.members],
        )


class MedicaidView(View):
    """A time in which Medicaid covers somebody: through its last day, null while it goes on (ENR-4)."""

    begins: Annotated[date, Field(alias="from")]
    through: date | None


class MemberView(View):
    """A member of a household. Names, birth date, Medicaid and use of tobacco, as it is today, are there for the
    household and operators only.
    """

    member: str
    relation: Relation
    name: str | None
    latin_name: str | None
    born: date | None
    medicaid: list[MedicaidView] | None
    uses_tobacco: bool | None


class ResponsibleView(View):
    """Who acts for the subscriber while they are not of age."""

    name: str
    latin_name: str | None


class PossibleDuplicateView(View):
    """A member of this household, and the same person in another by social security number (ENR-16)."""

    member: str
    other_household: str
    other_member: str

    @classmethod
    def of(cls, duplicate: PossibleDuplicate) -> PossibleDuplicateView:
        """Return the view of a possible duplicate: ids only."""
        return cls(
            member=duplicate.member,
            other_household=duplicate.other_household,
            other_member=duplicate.other_member,
        )


class DeterminationView(View):
    """What the federal hub says of a household: cents a month, the variant of silver plans that it may have, and what
    of its attestation it contradicts.
    """

    aptc_cents: int
    subsidy_cents: int
    csr_variant: CsrVariant
    contradicts: list[Attested]

    @classmethod
    def of(cls, determination: Determination) -> DeterminationView:
        """Return the view of the hub's word."""
        return cls(
            aptc_cents=determination.aptc_cents,
            subsidy_cents=determination.subsidy_cents,
            csr_variant=determination.csr_variant,
            contradicts=[*determination.contradicts],
        )


class HouseholdView(View):
    """A household. How to reach it, its income and what the hub says are there for itself and operators only, and so is
    who acts for a child of it (``responsible``), null where nobody was named.

    ``rating_area`` follows from the address, null where that is in none (ENR-17). ``merged_into`` is the household of
    the same person that goes on in its place now: where that one was merged too, the last of them (OPS-5).
    ``possible_duplicates`` is for operators: nobody else learns of other households.
    """

    household: str
    registered_on: date
    members: list[MemberView]
    responsible: ResponsibleView | None
    email: str | None
    address: str | None
    phone: str | None
    language: str
    aptc_cents: int
    subsidy_cents: int
    rating_area: int | None
    contact_version: int
    verification: Verification
    verification_until: date
    documents_wanted: list[Attested] | None
    income_cents: int | None
    determination: DeterminationView | None
    merged_into: str | None
    possible_duplicates: list[PossibleDuplicateView] | None = None

    @classmethod
    def of(cls, found: Found, *, caller: Caller, today: date) -> HouseholdView:
        """Return the view of a household on a day for this caller, without its possible duplicates."""
        assistance = found.household.assistance_on(today)
        said = found.household.determination
        own = "member" in caller.roles and caller.household == found.household.household
        shown = own or "operator" in caller.roles
        return cls(
            household=found.household.household,
            registered_on=found.household.registered_on,
            members=[_member(each, shown=shown, today=today) for each in found.members],
            responsible=_responsible(found.contact, shown=shown),
            email=_revealed(found.contact.email, shown=shown),
            address=_revealed(found.contact.address, shown=shown),
            phone=_revealed(found.contact.phone, shown=shown),
            language=found.contact.language,
            aptc_cents=assistance.aptc_cents,
            subsidy_cents=assistance.subsidy_cents,
            rating_area=found.household.area_on(today),
            contact_version=found.household.contact_version,
            verification=found.household.verification,
            verification_until=found.household.verification_until,
            documents_wanted=[*found.household.wanted] if shown else None,
            income_cents=found.household.income_cents if shown else None,
            determination=DeterminationView.of(said) if shown and said is not None else None,
            merged_into=found.survivor if shown and found.household.merged_into is not None else None,
        )


def _member(member: Member, *, shown: bool, today: date) -> MemberView:
    born = _revealed(member.born, shown=shown)
    return MemberView(
        member=member.member,
        relation=member.relation,
        name=_revealed(member.name, shown=shown),
        latin_name=_revealed(member.latin_name, shown=shown),
        born=None if born is None else date.fromisoformat(born),
        medicaid=[MedicaidView(begins=each.begins, through=each.through) for each in member.medicaid]
        if shown
        else None,
        uses_tobacco=member.uses_tobacco_on(today) if shown else None,
    )


def _responsible(contact: Contact, *, shown: bool) -> ResponsibleView | None:
    name = _revealed(contact.responsible_name, shown=shown)
    if name is None:
        return None
    return ResponsibleView(name=name, latin_name=_revealed(contact.responsible_latin_name, shown=shown))


def _masked(text: str | None) -> Masked | None:
    return None if text is None else Masked(text)


def _revealed(text: Masked | None, *, shown: bool) -> str | None:
    return text.reveal() if shown and text is not None else None


@router.post(
    "/v1/households",
    status_code=201,
    response_model=RegisteredView,
    operation_id="registerHousehold",
    summary="Register a household",
    responses=refusals(
        NotFound,
        HouseholdAlreadyRegistered,
        BirthDateImplausible,
        LatinNameNeeded,
        NameNotReadable,
        PersonNamedTwice,
        RelationsUnclear,
        SsnNamedTwice,
        TobaccoNotAsked,
        TooOldForChild,
    ),
)
async def post_household(
    body: RegistrationBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator", "service"))],
) -> Response:
    """Register a household on what it attests; its eligibility is pending until it is confirmed (ENR-10)."""
    own = command.caller.household if "member" in command.caller.roles else None
    stated = body.household or own
    household = stated or uuid.uuid4().hex
    if stated is not None or "assister" not in command.caller.roles:
        command.require_household(household)  # nobody has named anybody for one that is new
    application = body.application(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: register_household(
            uow,
            application,
            parameters=command.dependencies.parameters,
            transliterator=command.dependencies.transliterator,
        ),
        view=RegisteredView.of,
        status=201,
    )


@router.get(
    "/v1/households/{household}",
    response_model=HouseholdView,
    operation_id="getHousehold",
    summary="Look at a household",
    responses=refusals(NotFound),
)
async def get_household(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> HouseholdView:
    """Return a household; personal data only to itself and to operators."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await find_household(uow, household)
        view = HouseholdView.of(found, caller=query.caller, today=local_date(query.now))
        if "operator" in query.caller.roles:
            duplicates = await possible_duplicates(uow, found.members)
            view.possible_duplicates = [PossibleDuplicateView.of(each) for each in duplicates]
    return view


class LatinNameBody(Body):
    """The name in letters A to Z, with digits, blanks and . , ' - besides."""

    latin_name: Line


@router.put(
    "/v1/households/{household}/members/{member}/latin-name",
    response_model=HouseholdView,
    operation_id="correctLatinName",
    summary="Correct a name's form in Latin letters",
    responses=refusals(NotFound, LatinNameNeeded),
)
async def put_latin_name(
    household: HouseholdPath,
    member: MemberPath,
    body: LatinNameBody,
    command: Annotated[Command, Depends(commands("member", "operator"))],
) -> Response:
    """Correct the Latin form of a member's name: a new version of the household's contact (ENR-16)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: correct_latin_name(
            uow,
            household=household,
            member=member,
            latin_name=Masked(body.latin_name),
            parameters=command.dependencies.parameters,
        ),
        view=lambda found: HouseholdView.of(found, caller=command.caller, today=local_date(command.now)),
        idempotency="none",
    )


@router.put(
    "/v1/households/{household}/responsible",
    response_model=HouseholdView,
    operation_id="nameResponsible",
    summary="Say who acts for a child",
    responses=refusals(NotFound, LatinNameNeeded, NameNotReadable, NobodyToActFor),
)
async def put_responsible(
    household: HouseholdPath,
    body: ResponsibleBody,
    command: Annotated[Command, Depends(commands("member", "operator"))],
) -> Response:
    """Say who acts for a subscriber who is not of age: a new version of the household's contact (ENR-13)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: name_responsible(
            uow,
            household=household,
            responsible=body.responsible(),
            parameters=command.dependencies.parameters,
            transliterator=command.dependencies.transliterator,
        ),
        view=lambda found: HouseholdView.of(found, caller=command.caller, today=local_date(command.now)),
        idempotency="none",
    )
