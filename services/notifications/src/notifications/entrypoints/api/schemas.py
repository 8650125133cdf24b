"""What the API takes and shows."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, HouseholdId, Id, Line
from notifications.application.drafts import Draft, Proof
from notifications.application.ports import Delivery
from notifications.application.stop_notices import StopSeen
from notifications.application.take_bounces import BounceTaken
from notifications.domain.bounces import Followed
from notifications.domain.channels import ChannelName, ChannelState, ToldState
from notifications.domain.copies import MediaType, SentCopy, SentCopyHead
from notifications.domain.notices import By, Missing, Notice, NoticeState, NoticeType
from notifications.domain.outages import ChannelStanding, ListedOutage
from notifications.domain.preferences import Preference
from notifications.domain.print_batches import BatchStanding, BatchState, PrintedLetter
from notifications.domain.stops import StopReason


class NoticeView(BaseModel):
    """One notice and how far it has come. Names and addresses are not in it."""

    notice: str
    type: NoticeType
    about: str = Field(
        description="The invoice or payment it is about, or the policy and the number of its change."
    )
    household: str
    number: int = Field(
        description="Its place among the household's notices, from 1: they leave in this order."
    )
    by: By | None = Field(description="How it goes out; null while it waits.")
    state: NoticeState = Field(description="A stuck one cannot be sent, for a fault of ours.")
    waits_for: Missing | None = Field(
        description="What is missing while it waits; an earlier notice of the household, too."
    )
    created_at: datetime
    attempts: int
    problem: str | None = Field(description="Why the last attempt did not work; null once sent.")
    email_refused_on: date | None = Field(
        description="When its e-mail was refused for good, or came back; paper follows."
    )
    sent_on: date | None
    language: str | None
    wording: str | None = Field(description="The version of its templates.")
    doors: list[str] = Field(description="The ways to pay and to ask that were open when it was sent.")
    subject: str | None
    says: str | None = Field(
        description="What it said, as text, without address and greeting; null until sent."
    )

    @classmethod
    def of(cls, notice: Notice) -> NoticeView:
        """Return a notice as the API shows it."""
        return cls(
            notice=notice.notice,
            type=notice.type,
            about=notice.about,
            household=notice.household,
            number=notice.number,
            by=notice.by,
            state=notice.state,
            waits_for=notice.waits_for,
            created_at=notice.created_at,
            attempts=notice.attempts,
            problem=notice.problem,
            email_refused_on=notice.email_refused_on,
            sent_on=notice.sent_on,
            language=notice.language,
            wording=notice.wording,
            doors=list(notice.doors),
            subject=notice.subject,
            says=notice.says,
        )


class SentCopyView(BaseModel):
    """What left of a notice one way, and is kept byte for byte."""

    by: By
    sent_on: date
    media_type: MediaType
    size_bytes: int
    sha256: str = Field(description="The SHA-256 of the bytes, in hexadecimal.")

    @classmethod
    def of(cls, copy: SentCopyHead) -> SentCopyView:
        """Return it as the API shows it."""
        return cls(
            by=copy.by,
            sent_on=copy.sent_on,
            media_type=copy.media_type,
            size_bytes=copy.size_bytes,
            sha256=copy.sha256,
        )


class WholeCopyView(SentCopyView):
    """What left of a notice one way, with its bytes."""

    content: str = Field(description="The bytes that left, in base64.")

    @classmethod
    def whole(cls, copy: SentCopy) -> WholeCopyView:
        """Return it as the API shows it."""
        return cls(
            by=copy.by,
            sent_on=copy.sent_on,
            media_type=copy.media_type,
            size_bytes=copy.size_bytes,
            sha256=copy.sha256,
            content=base64.b64encode(copy.content).decode(),
        )


class SentCopyList(BaseModel):
    """All that left of a notice, the first first."""

    items: list[SentCopyView]


class PreferencesBody(Body):
    """How a household wants to be told; null is no wish."""

    by: By | None = Field(description="Null: by e-mail where an address is known, else on paper.")
    language: str | None = Field(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$",
        max_length=35,
        description="BCP 47, such as `es`; null: the one that enrollment knows. One that notices are not written in is"
        " answered in English.",
    )


class PreferencesView(BaseModel):
    """How a household wants to be told; null where it has no wish."""

    by: By | None
    language: str | None
    changed_at: datetime | None = Field(description="When that was chosen; null where nothing was.")

    @classmethod
    def of(cls, chosen: Preference | None) -> PreferencesView:
        """Return it as the API shows it."""
        if chosen is None:
            return cls(by=None, language=None, changed_at=None)
        return cls(by=chosen.by, language=chosen.language, changed_at=chosen.changed_at)


class PrintBatchView(BaseModel):
    """The letters of a day, as the printer gets them."""

    batch: date = Field(description="The business day on which it was closed.")
    file: str = Field(description="Its manifest in the print folder, a CSV file.")
    state: BatchState = Field(description="Whether the manifest lies there.")
    letters: int
    mailed: int = Field(description="How many of them have a postal date.")
    late: int = Field(description="How many were to be mailed before today and have none.")

    @classmethod
    def of(cls, standing: BatchStanding) -> PrintBatchView:
        """Return it as the API shows it."""
        batch = standing.batch
        return cls(
            batch=batch.batch,
            file=batch.file,
            state=batch.state,
            letters=batch.letters,
            mailed=standing.mailed,
            late=standing.late,
        )


class PrintedLetterView(BaseModel):
    """A letter of a batch."""

    notice: str
    file: str = Field(description="Its PDF in the print folder.")
    sha256: str
    pages: int
    postal_class: str
    mail_by: date = Field(description="By when it is to be mailed, by the pack's business days.")
    mailed_on: date | None = Field(description="Its postal date; null until the printer says it.")

    @classmethod
    def of(cls, letter: PrintedLetter) -> PrintedLetterView:
        """Return it as the API shows it."""
        return cls(
            notice=letter.notice,
            file=letter.file,
            sha256=letter.sha256,
            pages=letter.pages,
            postal_class=letter.postal_class,
            mail_by=letter.mail_by,
            mailed_on=letter.mailed_on,
        )


class MailingBody(Body):
    """When letters of a batch were given to the post."""

    mailed_on: PlainDate
    notices: list[Id] = Field(
        default_factory=list[Id],
        max_length=1_000,
        description="Which; all that were not mailed yet where empty.",
    )


class OutageView(BaseModel):
    """A while in which a channel was shut, found out by trying it."""

    number: int = Field(description="Its place among the outages, from 1.")
    channel: ChannelName
    began_at: datetime = Field(description="The first try that failed.")
    noticed_at: datetime = Field(description="When that was certain.")
    ended_at: datetime | None = Field(
        description="The first try that did not fail again, or when it was tried no more; null while it lasts."
    )
    announced_until: datetime | None = Field(
        description="Until when it was maintenance that was announced; null where it began without."
    )
    evidence: str = Field(description="What was seen when it was noticed.")
    end_evidence: str | None = Field(
        description="What was seen when it had ended, or that nobody tries any more; null while it lasts."
    )

    @classmethod
    def of(cls, listed: ListedOutage) -> OutageView:
        """Return an outage as the API shows it."""
        outage = listed.outage
        return cls(
            number=outage.number,
            channel=outage.channel,
            began_at=outage.began_at,
            noticed_at=outage.noticed_at,
            ended_at=outage.ended_at,
            announced_until=listed.announced_until,
            evidence=outage.evidence,
            end_evidence=outage.end_evidence,
        )


class ChannelView(BaseModel):
    """A channel and its state. ``since`` is null of one that is up and that nobody told of."""

    channel: ChannelName
    state: ChannelState = Field(
        description="`not-open-yet`: it opens on a day to come, or nothing is sold there yet."
    )
    since: datetime | None
    until: datetime | None = Field(
        description="Until when it is closed for maintenance that was announced, null where it is not."
    )
    outage: OutageView | None = Field(
        description="The outage that it is in, null where trying it finds it open."
    )

    @classmethod
    def of(cls, standing: ChannelStanding) -> ChannelView:
        """Return a channel as the API shows it."""
        return cls(
            channel=standing.told.channel,
            state=standing.state,
            since=standing.since,
            until=standing.until,
            outage=None if standing.outage is None else OutageView.of(standing.outage),
        )


class ChannelList(BaseModel):
    """Every channel there is."""

    items: list[ChannelView]


class ChannelBody(Body):
    """The state a channel is in from now on."""

    state: ToldState


class BounceBody(Body):
    """What a mail server reports of the e-mail of a notice."""

    report: str = Field(
        min_length=1,
        max_length=400_000,
        description="The report as it came, a mail of the type `multipart/report` (RFC 3464), in base64.",
    )


class BounceView(BaseModel):
    """What follows the report about the e-mail of a notice."""

    notice: str
    household: str
    followed: Followed = Field(
        description="A letter on paper; or nothing, for the e-mail is only delayed, it arrived, its reader calls it"
        " spam, or it is known that it did not arrive."
    )
    address_refused: bool = Field(
        description="Whether nothing is mailed to the household until it has another address than this one."
    )

    @classmethod
    def of(cls, taken: BounceTaken) -> BounceView:
        """Return it as the API shows it."""
        return cls(
            notice=taken.notice.notice,
            household=taken.notice.household,
            followed=taken.followed,
            address_refused=taken.address_refused,
        )


class MailEventKind(BaseModel):
    """What kind of event a provider of e-mail tells of."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    type: str = Field(
        min_length=1,
        max_length=100,
        description="`email.bounced`, `email.complained`, `email.delivery_delayed` or `email.delivered`; any other is"
        " passed over.",
    )


class MailEventBounce(BaseModel):
    """Why an e-mail bounced."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    type: str = Field(
        max_length=100,
        description="`Permanent`, in any case, where the address takes nothing; any other says only that this e-mail"
        " did not arrive.",
    )


class MailEventData(BaseModel):
    """Which e-mail an event is about. What else the provider says of it is not read."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    message_id: str = Field(max_length=400, description="The Message-ID that it left here with.")
    to: list[str] = Field(
        max_length=10,
        description="Whom it was to: addresses, or names with them as `June <june@example.com>`.",
    )
    bounce: MailEventBounce | None = None


class MailEventBody(MailEventKind):
    """An event of the provider of e-mail. What else is in it is not read: a newer sender is understood too."""

    data: MailEventData


class MailEventTakenView(BaseModel):
    """What follows an event about the e-mail of a notice."""

    followed: Followed | Literal["passed-over"] = Field(
        description="As of a report (`POST /v1/bounces`); `passed-over`: its type is not known here."
    )
    address_refused: bool = Field(
        description="Whether nothing is mailed to the household until it has another address than this one."
    )


class NoticePreviewBody(Body):
    """Of which type a notice is to be shown, and of whom: without a household it is a sample."""

    type: NoticeType
    household: HouseholdId | None = None


class NoticeProofBody(NoticePreviewBody):
    """Which notice is to be mailed to whom of staff."""

    to: Line = Field(description="One of the addresses that NOTIFICATIONS_PROOF_ADDRESSES names.")


class DraftView(BaseModel):
    """A notice in one language."""

    language: str
    subject: str
    html: str
    text: str
    pdf: str = Field(description="The letter, in base64.")
    pages: int
    accessible: bool = Field(description="Whether the letter is PDF/UA-1.")

    @classmethod
    def of(cls, draft: Draft) -> DraftView:
        """Return it as the API shows it."""
        return cls(
            language=draft.language,
            subject=draft.subject,
            html=draft.html,
            text=draft.text,
            pdf=base64.b64encode(draft.pdf).decode(),
            pages=draft.pages,
            accessible=draft.accessible,
        )


class NoticePreviewView(BaseModel):
    """A notice as it would leave now, in each language."""

    items: list[DraftView]


class ProofView(BaseModel):
    """What the mail server said to a proof."""

    language: str
    delivery: Delivery


class NoticeProofView(BaseModel):
    """The proofs that were handed over, one a language."""

    items: list[ProofView]

    @classmethod
    def of(cls, proofs: list[Proof]) -> NoticeProofView:
        """Return them as the API shows them."""
        return cls(items=[ProofView(language=each.language, delivery=each.delivery) for each in proofs])


class NoticeStopBody(Body):
    """Which notices are not to leave: what all that is given have in common, of which one is needed."""

    type: NoticeType | None = None
    household: HouseholdId | None = None
    made_on: PlainDate | None = Field(
        default=None, description="The exchange's date on which they were made."
    )
    because: StopReason
    note: Line | None = Field(
        default=None, description="Free text, which is kept here and goes nowhere else."
    )


class NoticeStopView(BaseModel):
    """Notices that do not leave until they may again."""

    stop: str
    type: NoticeType | None
    household: str | None
    household_known: bool | None = Field(
        description="Whether anything was heard of that household by now; null where none is named. What is heard of it"
        " later is stopped too."
    )
    made_on: date | None
    because: StopReason
    note: str | None
    stopped_at: datetime
    stopped_by: str
    resumed_at: datetime | None
    resumed_by: str | None

    @classmethod
    def of(cls, seen: StopSeen) -> NoticeStopView:
        """Return a stop as the API shows it."""
        stop = seen.stop
        return cls(
            stop=stop.stop,
            type=stop.type,
            household=stop.household,
            household_known=seen.household_known,
            made_on=stop.made_on,
            because=stop.because,
            note=None if stop.note is None else stop.note.reveal(),
            stopped_at=stop.stopped_at,
            stopped_by=stop.stopped_by,
            resumed_at=stop.resumed_at,
            resumed_by=stop.resumed_by,
        )
