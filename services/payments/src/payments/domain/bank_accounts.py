"""Bank accounts that are kept here: what a payer gave, its number sealed, and what a bank corrects of it (PAY-1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.key_rings import Sealed
from bulkhead.kernel.personal import Masked
from payments.domain.card_numbers import card_number_refused, is_surely_card_number, looks_like_card_number
from payments.domain.consents import ConsentLanguage

AccountType: TypeAlias = Literal["checking", "savings"]
DebitConsent: TypeAlias = Literal["debit-v1"]
AuthorizedBy: TypeAlias = Literal["online", "in-writing"]
"""How its holder agreed to debits: on a page of ours, or on paper. NACHA's entry class follows: WEB, or PPD."""
EntryClass: TypeAlias = Literal["WEB", "PPD"]
AccountClosedBecause: TypeAlias = Literal["asked", "returned", "not-correctable"]
"""Why nothing is drawn from an account any more: its holder asked, its bank returned a debit for good, or its bank
corrected it to something that no account can have.
"""

ENTRY_CLASSES: Final[Mapping[AuthorizedBy, EntryClass]] = {"online": "WEB", "in-writing": "PPD"}

DEBIT_CONSENTS: Final[Mapping[DebitConsent, Mapping[ConsentLanguage, str]]] = {
    "debit-v1": {
        "en": "I allow the exchange to take money from this bank account by electronic debit: each payment that I ask"
        " for, on the day I ask for it, and, where I agree to autopay, what I owe on each monthly invoice. I am an"
        " owner of this account. I can take this back at any time by telling the exchange, up to the day before.",
        "es": "Autorizo al mercado de seguros a retirar dinero de esta cuenta bancaria por débito electrónico: cada"
        " pago que yo pida, el día en que lo pida, y, si acepto el pago automático, lo que debo en cada factura"
        " mensual. Soy titular de esta cuenta. Puedo revocarlo en cualquier momento avisando al mercado, hasta el día"
        " anterior.",
        "fr": "J’autorise la bourse d’assurance à prélever de l’argent sur ce compte bancaire par débit électronique :"
        " chaque paiement que je demande, le jour où je le demande, et, si j’accepte le paiement automatique, ce que je"
        " dois pour chaque facture mensuelle. Je suis titulaire de ce compte. Je peux révoquer cet accord à tout moment"
        " en avisant la bourse, jusqu’à la veille.",
    },
}
"""By wording and language: what NACHA asks of an authorization, for WEB on a page and for PPD on paper. One that was
agreed to is never edited: another wording is another name.
"""

_ID: Final = re.compile(r"acct_[a-p]{32}")
_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_NUMBER: Final = re.compile(r"[0-9]{4,17}")
_SEPARATORS: Final = str.maketrans("", "", " -")
_WEIGHTS: Final = (3, 7, 1, 3, 7, 1, 3, 7, 1)
_PREFIXES: Final = frozenset({*range(1, 13), *range(21, 33), *range(61, 73)})
"""What a bank's routing number may begin with: a Federal Reserve district, of banks, of thrifts, of electronic
payments. 00 is the government's and 80 of traveler's checks: nobody has an account there.
"""
_TYPES: Final[Mapping[str, AccountType]] = {"2": "checking", "3": "savings"}
"""By the first digit of a transaction code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A payer's account. Its number is ``sealed`` under the key called ``key``, bound to ``account``; ``last_four`` is
    all that is ever shown of it. ``account`` is what debits are asked for by, as by a processor's token.

    ``consent`` is the wording that its holder agreed to, ``language`` that in which it was shown, ``authorized`` how.
    ``corrected_at`` is when its bank's correction was kept (PAY-5). Nothing is drawn from one that is closed.
    """

    account: str
    household: str
    routing_number: str
    account_type: AccountType
    holder: Masked
    last_four: str
    key: str
    sealed: bytes
    consent: DebitConsent
    language: ConsentLanguage
    authorized: AuthorizedBy
    kept_at: datetime
    kept_by: str
    corrected_at: datetime | None = None
    closed_at: datetime | None = None
    closed_because: AccountClosedBecause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAccount:
    """An account as its holder gives it, in clear: it is sealed before it is kept."""

    account: str
    household: str
    routing_number: str
    number: Masked
    account_type: AccountType
    holder: Masked
    consent: DebitConsent
    language: ConsentLanguage
    authorized: AuthorizedBy
    kept_by: str


class AccountClosed(Conflict):
    """Nothing is drawn from this account any more (PAY-1)."""

    kind: ClassVar[str] = "account-closed"


class NoAccountsKept(Conflict):
    """No bank accounts are kept here: there is no key to seal them by, or no bank that debits go through (PAY-1)."""

    kind: ClassVar[str] = "no-accounts-kept"
    kept: ClassVar[bool] = False


class NotCorrectable(ValueError):
    """What a bank says is right is nothing that an account can have."""


def account_id(*of: str) -> str:
    """Return the id of an account, always the same of the same: letters alone, so that nobody takes it for a number."""
    return "acct_" + derived_id("bank-account", *of).translate(_LETTERS)


def is_kept_here(token: Masked) -> bool:
    """Whether what is to be charged is an account that is kept here, and no token of the processor's."""
    return _ID.fullmatch(token.reveal()) is not None


def account_closed() -> AccountClosed:
    """Return the refusal to draw from, or to close, an account that is closed (PAY-1)."""
    return AccountClosed(
        "nothing is drawn from this bank account any more; give it anew, or another",
        reasons=(
            Reason(rule="PAY-1", says="an account is debited as long as its holder and its bank allow it"),
        ),
    )


def no_accounts_kept() -> NoAccountsKept:
    """Return the refusal where no accounts are kept here (PAY-1)."""
    return NoAccountsKept(
        "no bank accounts are kept here; pay by the processor's token of the account",
        reasons=(
            Reason(rule="PAY-1", says="bank accounts are debited by a processor or by files of our own"),
        ),
    )


def is_routing_number(text: str) -> bool:
    """Whether a text is a routing number that a bank can have: nine digits, the last of them the ABA's check digit."""
    if re.fullmatch(r"[0-9]{9}", text) is None or int(text[:2]) not in _PREFIXES:
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=True)) % 10 == 0


def checked_account(given: GivenAccount) -> GivenAccount:
    """Return the account as it is kept, blanks and hyphens of its number gone; raises `InvalidValue` naming the field,
    and never what it holds (PAY-1).
    """
    if not is_routing_number(given.routing_number):
        raise _invalid("/routing_number", "must be nine digits, the last of them the right check digit")
    number = given.number.reveal().translate(_SEPARATORS)
    if is_surely_card_number(number):
        raise card_number_refused("/account_number")
    if _NUMBER.fullmatch(number) is None:
        raise _invalid("/account_number", "must be 4 to 17 digits")
    holder = given.holder.reveal().strip()
    if not holder or not holder.isprintable():
        raise _invalid("/holder", "must be the name of the account's holder")
    if looks_like_card_number(holder):
        raise card_number_refused("/holder")
    return replace(given, number=Masked(number), holder=Masked(holder))


def kept(given: GivenAccount, sealed: Sealed, *, now: datetime) -> BankAccount:
    """Return a checked account as it is kept, its number sealed."""
    return BankAccount(
        account=given.account,
        household=given.household,
        routing_number=given.routing_number,
        account_type=given.account_type,
        holder=given.holder,
        last_four=given.number.reveal()[-4:],
        key=sealed.key,
        sealed=sealed.text,
        consent=given.consent,
        language=given.language,
        authorized=given.authorized,
        kept_at=now,
        kept_by=given.kept_by,
    )


def closed(account: BankAccount, *, because: AccountClosedBecause, now: datetime) -> BankAccount:
    """Return the account as one that nothing is drawn from any more; one that is closed stays so since when it was.
    What its bank says counts before what its holder asked, whichever comes first.
    """
    if account.closed_at is None:
        return replace(account, closed_at=now, closed_because=because)
    return replace(account, closed_because=because) if account.closed_because == "asked" else account


def is_closed_by_its_bank(account: BankAccount) -> bool:
    """Whether an account is closed and not, or not only, because its holder asked: its bank would send a debit back."""
    return account.closed_because in ("returned", "not-correctable")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCorrection:
    """What a bank says is right of an account; None where it says nothing of that."""

    routing_number: str | None = None
    number: Masked | None = None
    account_type: AccountType | None = None


def read_correction(code: str, corrected: Masked) -> AccountCorrection:
    """Return what a notification of change says is right, by where NACHA has each code's corrected data stand (PAY-5).

    Raises `NotCorrectable` where that is nothing an account can have.
    """
    text = corrected.reveal().ljust(29)
    number, routing, kind = {
        "C01": (text[:17], "", ""),
        "C02": ("", text[:9], ""),
        "C03": (text[12:29], text[:9], ""),
        "C05": ("", "", text[:2]),
        "C06": (text[:17], "", text[20:22]),
        "C07": (text[9:26], text[:9], text[26:28]),
    }.get(code, ("", "", ""))
    digits = number.translate(_SEPARATORS)
    right = AccountCorrection(
        routing_number=routing or None,
        number=Masked(digits) if number else None,
        account_type=_TYPES.get(kind[:1]) if kind else None,
    )
    if (number and not _NUMBER.fullmatch(digits)) or (routing and not is_routing_number(routing)):
        raise NotCorrectable("the corrected number can be none")
    if (kind and right.account_type is None) or not (number or routing or kind):
        raise NotCorrectable("the correction can be none of an account")
    return right


def with_correction(
    account: BankAccount, right: AccountCorrection, sealed: Sealed | None, *, now: datetime
) -> BankAccount:
    """Return the account with what is right of it; ``sealed`` is its number anew, None where that was right."""
    number = right.number
    return replace(
        account,
        routing_number=right.routing_number or account.routing_number,
        account_type=right.account_type or account.account_type,
        last_four=account.last_four if number is None else number.reveal()[-4:],
        key=account.key if sealed is None else sealed.key,
        sealed=account.sealed if sealed is None else sealed.text,
        corrected_at=now,
    )


def _invalid(field: str, problem: str) -> InvalidValue:
    return InvalidValue(
        field=field,
        problem=problem,
        reasons=(
            Reason(rule="PAY-1", says="a bank account is known by its bank's routing number and its number"),
        ),
    )
