"""What is personal is sealed before it is said: each household's by a key of its own, which a ring seals (ADR 0075)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Collection
from os import urandom
from typing import Final

from bulkhead.contracts import wire
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.errors import Malformed
from bulkhead.kernel.key_rings import KEY_BYTES, HouseholdKeySet, KeyMissing, Keys, Sealed
from bulkhead.key_ring import KeyRing
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.sealing import Runs

_KEPT_OPEN: Final = 10_000
"""So many households' keys are held in memory at most."""
_LOOKED_AT: Final = 100
"""So many households' keys are looked at to tell whether the ring's key is the one that sealed them."""
_PADDED_TO: Final = 32
"""Texts are sealed in lengths of so many bytes: else yes and no could be told by theirs."""
_SEALED: Final = re.compile(r"sealed:([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})")


class Sealing:
    """Seals and opens texts about people, under a ring of keys."""

    def __init__(self, ring: Keys) -> None:
        self.ring = ring
        self._open = OrderedDict[tuple[str, int], KeyRing]()

    async def keys_to_seal(
        self, uow: UnitOfWork, households: Collection[str]
    ) -> tuple[dict[str, HouseholdKey], list[HouseholdKeySet]]:
        """Return the key of each of these households, and what is to be said of those that were made just now."""
        records = uow.records(HouseholdKey)
        keys = {each.household: each for each in await records.select(household=sorted(households))}
        made = list[HouseholdKey]()
        for household in sorted(households):
            known = keys.get(household)
            if known is None or known.sealed is None:
                keys[household] = self._new(household, number=1 if known is None else known.number + 1)
                made.append(keys[household])
        if made:
            await records.put(made)
        return keys, [told(each) for each in made]

    def seal(self, model: Wire, *, key: HouseholdKey, event_id: str) -> bytes:
        """Return the JSON of a wire model with each text about a person sealed, and bound to the household, to the
        event and to its place there. Raises `KeyMissing`.
        """
        ring = self._opened(key)

        def seal_text(text: str, place: str) -> str:
            sealed = ring.seal(_padded(text), of=f"{event_id}{place}")
            return f"sealed:{key.number}:{b64encode(sealed.text).decode()}"

        return wire.encode(wire.with_sealed(model, seal_text))

    def opener(self, key: HouseholdKey, *, event_id: str) -> Callable[[str, str], str | None]:
        """Return what opens the texts of an event for `bulkhead.contracts.wire.with_opened`. It raises `Malformed` for
        one that was sealed as another's, or elsewhere, or was changed. Raises `KeyMissing`.
        """
        ring = self._opened(key)

        def open_text(text: str, place: str) -> str | None:
            found = _SEALED.fullmatch(text)
            if found is None:
                return None
            try:
                sealed = Sealed(key=str(key.number), text=b64decode(found[2]))
                return _unpadded(ring.open(sealed, of=f"{event_id}{place}"))
            except ValueError:
                raise Malformed("what is sealed is not of this event, or was changed") from None

        return open_text

    def sealed_anew(self, key: HouseholdKey) -> HouseholdKey:
        """Return a household's key under the key of the ring that writes. Raises `KeyMissing`."""
        return self._under_the_ring(key.household, key.number, self._data_key(key))

    def opens(self, key: HouseholdKey) -> bool:
        """Whether a household's key can be opened."""
        try:
            self._data_key(key)
        except KeyMissing:
            return False
        return True

    def _new(self, household: str, *, number: int) -> HouseholdKey:
        return self._under_the_ring(household, number, urandom(KEY_BYTES))

    def _under_the_ring(self, household: str, number: int, data_key: bytes) -> HouseholdKey:
        sealed = self.ring.seal(data_key, of=f"{household}:{number}")
        return HouseholdKey(household=household, number=number, key=sealed.key, sealed=sealed.text)

    def _data_key(self, key: HouseholdKey) -> bytes:
        if key.key is None or key.sealed is None:
            raise AssertionError("a key that is forgotten opens nothing")
        try:
            return self.ring.open(Sealed(key=key.key, text=key.sealed), of=f"{key.household}:{key.number}")
        except ValueError:
            raise KeyMissing(
                f"the key {key.key} that is set is not the one that sealed this household's key"
            ) from None

    def _opened(self, key: HouseholdKey) -> KeyRing:
        name = (key.household, key.number)
        ring = self._open.get(name)
        if ring is None:
            ring = KeyRing({str(key.number): self._data_key(key)}, owner=key.household)
            self._open[name] = ring
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return ring


async def require_ring(runs: Runs, *, sealing: Sealing) -> None:
    """Return where no key of the ring is another than the one of its name that sealed the households' keys of this
    database. Raises `KeyMissing`.

    One that is not set is missed where it is needed: a reader goes on without, and hears of the key that took its
    place. One household's key that opens is enough: the others may have been sealed by who had another ring.
    """
    for name in sorted(sealing.ring.names):
        rows = await runs.fetch(
            "SELECT household, number, key, sealed FROM household_keys WHERE key = $1 ORDER BY household LIMIT $2",
            name,
            _LOOKED_AT,
        )
        if rows and not any(sealing.opens(HouseholdKey(**each)) for each in rows):
            raise KeyMissing(f"the key {name} that is set is not the one that sealed households' keys here")


def told(key: HouseholdKey) -> HouseholdKeySet:
    """Return what is said of a household's key."""
    sealed = None if key.sealed is None else b64encode(key.sealed).decode()
    return HouseholdKeySet(household=key.household, number=key.number, key=key.key, sealed=sealed)


def kept(said: HouseholdKeySet) -> HouseholdKey:
    """Return a household's key as it is kept by who hears of it. Raises `Malformed`."""
    try:
        sealed = None if said.sealed is None else b64decode(said.sealed, validate=True)
    except ValueError:
        raise Malformed("a household's key is not in base64") from None
    if (sealed is None) != (said.key is None):
        raise Malformed("a household's key has to say what it is sealed under")
    return HouseholdKey(household=said.household, number=said.number, key=said.key, sealed=sealed)


def number_in(data: object) -> int | None:
    """Return the number of the key that what is sealed in JSON's values is sealed by, None where nothing is."""
    if isinstance(data, str):
        found = _SEALED.fullmatch(data)
        return None if found is None else int(found[1])
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for each in values:
        number = number_in(each)
        if number is not None:
            return number
    return None


def _padded(text: str) -> bytes:
    # No text has a NUL in it: that cannot be stored, and is refused where texts come in.
    data = text.encode()
    return data + b"\0" * (-len(data) % _PADDED_TO)


def _unpadded(data: bytes) -> str:
    text = data.rstrip(b"\0").decode()
    if "\0" in text:
        raise ValueError("a text has a NUL in it, which cannot be stored")
    return text
