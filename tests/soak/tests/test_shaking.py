"""When a killed process counts as back, and who is killed."""

from __future__ import annotations

import random

from soak.shaking import KILLED, SERVICES, Kill, Look, bag

CALM: dict[str, Look] = {name: Look(answered=True) for name in SERVICES}


def seen(**changed: Look) -> dict[str, Look]:
    return {**CALM} | {name.replace("_", "-"): look for name, look in changed.items()}


def test_a_service_is_back_when_it_answers_and_has_caught_up_when_it_is_no_further_behind() -> None:
    kill = Kill(process="payments", at=100.0, behind_before=3)
    kill.saw(seen(payments=Look(answered=True)), at=99.9, alive=True)  # as it was before
    kill.saw(CALM, at=100.2, alive=False)
    kill.saw(seen(payments=Look(answered=False)), at=101.0, alive=True)
    assert (kill.answered_after, kill.caught_up_after) == (None, None)
    kill.saw(seen(payments=Look(answered=True, behind=40)), at=104.0, alive=True)
    assert (kill.answered_after, kill.caught_up_after) == (4.0, None)
    kill.saw(seen(payments=Look(answered=True, behind=None)), at=105.0, alive=True)
    assert kill.caught_up_after is None
    kill.saw(
        seen(payments=Look(answered=True, behind=3), invoicing=Look(answered=False)), at=106.0, alive=True
    )
    assert (kill.answered_after, kill.caught_up_after) == (4.0, 6.0)


def test_kafka_is_back_when_all_services_reach_it() -> None:
    kill = Kill(process="kafka", at=100.0, behind_before=5)
    kill.saw(seen(invoicing=Look(answered=True, behind=None)), at=101.0, alive=True)
    assert kill.answered_after is None
    kill.saw(seen(invoicing=Look(answered=True, behind=6)), at=102.0, alive=True)
    assert (kill.answered_after, kill.caught_up_after) == (2.0, None)
    kill.saw(seen(invoicing=Look(answered=True, behind=5)), at=103.0, alive=True)
    assert kill.caught_up_after == 3.0


def test_everything_is_killed_once_before_anything_is_killed_again() -> None:
    assert sorted(bag(KILLED, random.Random(1))) == sorted(KILLED)
    assert bag(KILLED, random.Random(1)) != bag(KILLED, random.Random(2))
