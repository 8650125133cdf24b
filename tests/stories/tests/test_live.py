"""The live stage's own parts: what it waits for, what it calls an exchange, how it drops and reads files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from stories.errors import ExchangeProblem
from stories.exchange import Place
from stories.language import read_story
from stories.stages.live import Live, Unchanged, instance_name
from stories.vocabulary import SERVICES


def named(name: str) -> str:
    return instance_name(read_story(f"scenario: {name}\nclock: 2015-12-01\nsteps: []\n"))


def test_an_exchange_is_called_what_its_story_is_called_where_it_can_be() -> None:
    assert named("exhibit-3") == "exhibit-3"


@pytest.mark.parametrize(
    "name", ["main", "backing", "Ein Grüezi", "a-name-that-is-longer-than-thirty-letters", "3-days"]
)
def test_a_name_no_exchange_can_have_is_made_into_one_that_stays_the_same(name: str) -> None:
    made = named(name)
    assert made == named(name)
    assert made.startswith("s-")
    assert len(made) <= 30


class Processes:
    """Answers for the five services: the clock, and how busy each is, look by look."""

    def __init__(self, looks: dict[str, list[dict[str, int]]] | None = None) -> None:
        self.looks = looks or {}
        self.asked: list[str] = []
        self.times: dict[str, str] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        service = request.url.host.partition(".")[0]
        if request.method == "PUT":
            self.times[service] = json.loads(request.content)["now"]
            return httpx2.Response(200, json={"now": self.times[service]})
        self.asked.append(service)
        queue = self.looks.get(service, [])
        busy = (queue.pop(0) if len(queue) > 1 else queue[0]) if queue else {}
        due = "2015-12-04T02:00:00-05:00" if service == "invoicing" else None
        body = {
            "busy": {"outbox": 0, "lag": 0} | busy,
            "counters": {"done": 10 - len(queue)},
            "next_due_at": due,
        }
        return httpx2.Response(200, json=body)


def live_with(processes: Processes, folder: Path) -> Live:
    instance = SimpleNamespace(
        urls={name: f"http://{name}.test" for name in SERVICES},
        token=lambda **_claims: "a-token",
        clock_file=folder / "clock",
        files_dir=folder / "files",
        mail_dir=folder / "mail",
        log=lambda name: folder / f"{name}.log",
    )
    live = Live(cast(Any, instance))
    for name in SERVICES:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(processes), base_url=f"http://{name}.test")
        live.clients[name] = client
    return live


async def test_it_waits_until_nobody_is_busy_and_each_looked_the_same_twice(tmp_path: Path) -> None:
    processes = Processes({"payments": [{"outbox": 2}, {"outbox": 1}, {}]})
    live = live_with(processes, tmp_path)
    await live.quiet()
    # everybody, payments until it is idle, everybody once more
    assert processes.asked == [*SERVICES, "payments", "payments", *SERVICES]
    assert live.next_due() == local(date(2015, 12, 4), 2)


async def test_one_who_did_something_while_another_was_busy_is_looked_at_again(tmp_path: Path) -> None:
    processes = Processes({"payments": [{"outbox": 1}, {}], "invoicing": [{}, {}, {}]})
    live = live_with(processes, tmp_path)
    await live.quiet()
    # invoicing's count went on between the first two looks at it
    assert processes.asked == [*SERVICES, "payments", *SERVICES, *SERVICES]


async def test_what_waits_for_something_that_is_down_is_not_waited_for(tmp_path: Path) -> None:
    processes = Processes({"payments": [{"outbox": 2}], "notifications": [{"lag": 1, "mail": 3}]})
    live = live_with(processes, tmp_path)
    live.declared_down.update({"kafka", "smtp"})
    await live.quiet()
    assert processes.asked == [*SERVICES, *SERVICES]


async def test_a_service_that_is_down_is_neither_asked_nor_told_the_time(tmp_path: Path) -> None:
    processes = Processes()
    live = live_with(processes, tmp_path)
    live.declared_down.add("invoicing")
    await live.set_clock(local(date(2015, 12, 3), 10))
    await live.quiet()
    assert set(processes.times) == set(SERVICES) - {"invoicing"}
    assert set(processes.times.values()) == {"2015-12-03T10:00:00-05:00"}
    assert "invoicing" not in processes.asked
    # whoever is started later reads it there
    assert (tmp_path / "clock").read_text() == "2015-12-03T10:00:00-05:00"


async def test_who_is_busy_with_what_is_told_when_nothing_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stories.stages.live.MOST_SECONDS_STILL", 0.05)
    live = live_with(Processes({"payments": [{"outbox": 2}]}), tmp_path)
    with pytest.raises(ExchangeProblem, match=r"busy are payments with \{'outbox': 2\}"):
        await live.quiet()


async def test_a_service_nobody_declared_down_must_answer(tmp_path: Path) -> None:
    def nobody(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody listens")

    live = live_with(Processes(), tmp_path)
    live.clients["payments"] = httpx2.AsyncClient(
        transport=httpx2.MockTransport(nobody), base_url="http://payments.test"
    )
    assert (await live.call("payments", "GET", "/v1/books")).status == 0
    with pytest.raises(ExchangeProblem, match=r"payments does not answer; its log is .*payments\.log"):
        await live.quiet()


async def test_files_are_dropped_whole_and_unfinished_ones_are_not_read(tmp_path: Path) -> None:
    live = live_with(Processes(), tmp_path)
    await live.drop(Place.CARRIERS, "MVP/inbound/a.834", b"ISA")
    (tmp_path / "files/carriers/MVP/inbound/b.834.tmp").write_bytes(b"half")
    (tmp_path / "files/carriers/MVP/inbound/.c.834").write_bytes(b"half")
    assert await live.files(Place.CARRIERS) == {"MVP/inbound/a.834": b"ISA"}
    assert await live.files(Place.CARRIERS, ".csv") == {}


def test_a_file_is_read_again_only_where_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, read = tmp_path / "a", Unchanged()
    file.write_bytes(b"one")
    assert read(file) == b"one"
    with monkeypatch.context() as reading:
        reading.setattr(Path, "read_bytes", lambda _self: pytest.fail("it was read again"))
        assert read(file) == b"one"
    file.write_bytes(b"three")
    assert read(file) == b"three"
