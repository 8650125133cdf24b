"""One step at a time, in an order that follows from a seed; and what strikes between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from random import Random

import pytest

from bulkhead.kernel.errors import Retryable
from stories.interleaving import Crash, Interleaving

Pieces = dict[str, list[Callable[[], Awaitable[None]]]]


def nothing_strikes(_who: str, _operation: str, _before: int) -> None: ...


async def steps_of(seed: int) -> list[str]:
    """Return who did what in which order: three pieces of two processes, three steps each."""
    done: list[str] = []
    interleaving = Interleaving(Random(seed), strike=nothing_strikes)

    def piece(name: str) -> Callable[[], Awaitable[None]]:
        async def steps() -> None:
            for number in range(3):
                await interleaving.pause("step")
                done.append(f"{name}{number}")

        return steps

    await interleaving.run({"a": [piece("a"), piece("b")], "z": [piece("z")]})
    return done


async def test_the_order_follows_from_the_seed() -> None:
    one, again, other = [await steps_of(seed) for seed in (1, 1, 2)]
    assert one == again
    assert one != other
    assert sorted(one) == sorted(other) == ["a0", "a1", "a2", "b0", "b1", "b2", "z0", "z1", "z2"]
    assert [each for each in one if each[0] == "a"] == ["a0", "a1", "a2"]


async def test_a_process_that_ends_does_nothing_more_and_the_others_go_on() -> None:
    done: list[str] = []

    def at_the_second_commit(who: str, operation: str, before: int) -> None:
        if (who, operation, before) == ("a", "commit", 1):
            raise Crash

    interleaving = Interleaving(Random(3), strike=at_the_second_commit)

    def piece(who: str) -> Callable[[], Awaitable[None]]:
        async def commits() -> None:
            try:
                for _ in range(4):
                    await interleaving.pause("commit")
                    done.append(who)
            except Exception:  # noqa: BLE001 - as a loop does
                done.append("survived")
            finally:
                with pytest.raises(Crash) if who in interleaving.ended else nullcontext():
                    await interleaving.pause("rollback")

        return commits

    await interleaving.run({"a": [piece("a"), piece("a")], "z": [piece("z")]})
    assert done.count("a") == 1
    assert done.count("z") == 4
    assert "survived" not in done
    assert interleaving.ended == {"a"}


async def test_who_waits_for_another_goes_on_when_that_one_is_done() -> None:
    lock, done = asyncio.Lock(), list[str]()
    interleaving = Interleaving(Random(5), strike=nothing_strikes)

    def piece(name: str) -> Callable[[], Awaitable[None]]:
        async def alone() -> None:
            async with lock:
                await interleaving.pause("begin")
                await interleaving.pause("commit")
                done.append(name)

        return alone

    await interleaving.run({"a": [piece("first"), piece("second")]})
    assert sorted(done) == ["first", "second"]


async def test_an_error_that_is_nobodys_business_goes_up_when_all_have_ended() -> None:
    done: list[str] = []

    def refuses(_who: str, operation: str, _before: int) -> None:
        if operation == "read":
            raise Retryable("away for a moment")

    interleaving = Interleaving(Random(7), strike=refuses)

    async def reads() -> None:
        await interleaving.pause("read")

    async def writes() -> None:
        await interleaving.pause("write")
        done.append("written")

    with pytest.raises(Retryable):
        await interleaving.run({"a": [reads], "z": [writes]})
    assert done == ["written"]


async def test_whoever_is_none_of_the_pieces_passes() -> None:
    await Interleaving(Random(9), strike=nothing_strikes).pause("read")


async def test_pieces_that_wait_for_each_other_for_ever_are_told() -> None:
    interleaving = Interleaving(Random(11), strike=nothing_strikes)

    async def waits() -> None:
        await interleaving.pause("begin")
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="wait for each other"):
        await interleaving.run({"a": [waits], "z": [waits]})
