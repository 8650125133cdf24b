"""Use cases: show a notice as it would leave now, and mail it to staff as a proof (NOT-1). Nothing is kept, and nobody
else is written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from notifications.application.ports import Delivery, Mail, Mailbox, Parameters, Press, Writer
from notifications.application.reach import find_reach
from notifications.application.send_notices import gather_content
from notifications.application.set_channel import channel_states
from notifications.domain.channels import open_doors
from notifications.domain.letters import Content
from notifications.domain.notices import TO_SEND, Notice, NoticeType
from notifications.domain.samples import sample_content

PROOF: Final = "PROOF: "
"""What the subject of a proof begins with, in whatever language it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice in one language and all its forms: nobody's yet, though it may name a person."""

    language: str
    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    pdf: bytes = field(repr=False)
    pages: int
    accessible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the mail server said to a proof in one language."""

    language: str
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """What drafts are made with. Proofs go from ``sender`` to ``proof_addresses`` and nowhere else."""

    writer: Writer
    press: Press
    parameters: Parameters
    mailbox: Mailbox
    sender: str
    proof_addresses: tuple[Masked, ...] = ()


async def find_content(
    uow: UnitOfWork, *, notice_type: NoticeType, household: str | None, drafting: Drafting
) -> list[Content]:
    """Return what a notice of a type is written from as things are now, once for each language there is: a household's
    newest one, or a sample that is of nobody. Raises `NotFound` where the household has none.
    """
    if household is None:
        return await _sample(uow, notice_type=notice_type, drafting=drafting)
    return await _newest(uow, notice_type=notice_type, household=household, drafting=drafting)


def write_drafts(contents: Sequence[Content], *, drafting: Drafting, now: datetime) -> list[Draft]:
    """Return the notice that each of these is, in all its forms."""
    return [_drafted(each, drafting=drafting, now=now) for each in contents]


async def _sample(uow: UnitOfWork, *, notice_type: NoticeType, drafting: Drafting) -> list[Content]:
    parameters = drafting.parameters.as_of(uow.today)
    doors = open_doors(parameters=parameters, states=await channel_states(uow))
    return [
        sample_content(notice_type, language=language, parameters=parameters, doors=doors, now=uow.now)
        for language in drafting.writer.languages
    ]


async def _newest(
    uow: UnitOfWork, *, notice_type: NoticeType, household: str, drafting: Drafting
) -> list[Content]:
    known = await uow.records(Notice).select(household=household, type=notice_type, state=["sent", *TO_SEND])
    if not known:
        raise NotFound(
            "this household has no such notice that is complete: without a household it is a sample"
        )
    (content,) = await gather_content(
        uow,
        notices=[max(known, key=lambda each: each.number)],
        reach=await find_reach(uow, [household]),
        parameters=drafting.parameters.as_of(uow.today),
        languages=drafting.writer.languages,
    )
    return [replace(content, language=language) for language in drafting.writer.languages]


def _drafted(content: Content, *, drafting: Drafting, now: datetime) -> Draft:
    written = drafting.writer.write(content)
    letter = drafting.press.letter(content, written, printed_at=max(now, content.notice.occurred_at))
    return Draft(
        language=content.language,
        subject=written.subject,
        html=written.html,
        text=written.text,
        pdf=letter.pdf,
        pages=letter.pages,
        accessible=letter.accessible,
    )


def check_proof_address(to: str, *, drafting: Drafting) -> Masked:
    """Return an address of staff that proofs may go to; raises `InvalidValue`, which repeats no address."""
    for each in drafting.proof_addresses:
        if each.reveal().casefold() == to.casefold():
            return each
    raise InvalidValue(
        field="/to",
        problem="is none of the addresses that NOTIFICATIONS_PROOF_ADDRESSES names",
        reasons=(
            Reason(rule="NOT-1", says="a proof goes to staff that the setting names, and to nobody else"),
        ),
    )


async def send_proofs(
    drafts: Sequence[Draft], *, proof: str, to: Masked, drafting: Drafting, now: datetime
) -> list[Proof]:
    """Mail drafts to one address of staff, one e-mail a language, and return what the mail server said to each.

    The same ``proof`` is mailed under the same Message-IDs. Raises `Retryable` while the server is away.
    """
    _, sender = parseaddr(drafting.sender)
    proofs: list[Proof] = []
    async with drafting.mailbox.open() as session:
        for draft in drafts:
            content = _proof_of(draft, proof=proof, to=to, sender=drafting.sender, now=now)
            delivery = await session.send(Mail(sender=sender, recipient=to, content=content))
            proofs.append(Proof(language=draft.language, delivery=delivery))
    return proofs


def _proof_of(draft: Draft, *, proof: str, to: Masked, sender: str, now: datetime) -> bytes:
    """Return a draft as an e-mail with the letter attached; it has none of the headers of a notice."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    name, address = parseaddr(sender)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = to.reveal()
    message["Subject"] = PROOF + draft.subject
    message["Date"] = format_datetime(in_exchange_time(now))
    message["Message-ID"] = f"<proof.{proof}.{draft.language}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(draft.text)
    message.add_alternative(draft.html, subtype="html")
    message.add_attachment(
        draft.pdf, maintype="application", subtype="pdf", filename=f"proof-{draft.language}.pdf"
    )
    return message.as_bytes()
