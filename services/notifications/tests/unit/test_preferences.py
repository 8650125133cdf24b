"""A household says whether it is told by e-mail or on paper, and in which language (NOT-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from bulkhead_testing.bounces import report_of
from services.notifications.tests.builders import EMAIL, activated, contact, invoice, paid, selected
from services.notifications.tests.office import Office, failing_once
from services.notifications.tests.unit.test_api import ASSISTER, CARRIER, ISSUER, MEMBER, OPERATOR, STRANGER
from services.notifications.tests.unit.test_bounces import report
from services.notifications.tests.unit.test_merged_households import MERGED
from services.notifications.tests.unit.test_sending import Crash
from services.notifications.tests.unit.test_stopping import resume, stop

PATH = "/v1/households/june/preferences"


async def choose(
    client: httpx2.AsyncClient, *, by: str | None = None, language: str | None = None, who: Any = MEMBER
) -> httpx2.Response:
    return await client.put(PATH, json={"by": by, "language": language}, headers=who)


def ways(office: Office) -> list[tuple[str, str | None, str | None]]:
    found = sorted(office.notices(), key=lambda each: each.number)
    return [(each.type, each.by, each.language) for each in found]


async def test_NOT_1_who_wants_paper_gets_paper_though_an_address_is_known(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected())
    answer = await choose(client, by="paper", language="es")
    assert answer.json() == {"by": "paper", "language": "es", "changed_at": "2016-06-05T02:00:00-04:00"}
    assert (await client.get(PATH, headers=MEMBER)).json() == answer.json()
    await office.hear(invoice())
    await office.send()
    assert ways(office) == [("invoice", "paper", "es")]
    assert office.mailed() == []


async def test_NOT_1_what_has_not_left_goes_by_what_is_chosen_too(
    office: Office, client: httpx2.AsyncClient
) -> None:
    office.mailbox.away = True
    await office.hear(contact(), selected(), invoice())
    await office.send()
    await choose(client, by="paper", language="fr")
    await office.send()  # the mail server is still away
    assert ways(office) == [("invoice", "paper", "fr")]


async def test_NOT_1_who_chooses_e_mail_again_is_mailed_what_comes_then(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(language="es"), selected())
    await choose(client, by="paper")
    stopped = (await stop(client, type="invoice")).json()["stop"]
    await office.hear(invoice())
    await choose(client, by="email")
    await office.hear(paid())
    await resume(client, stopped)
    await office.send()
    assert ways(office) == [("invoice", "paper", "es"), ("receipt", "email", "es")]


async def test_NOT_1_who_chose_nothing_is_told_as_before(office: Office, client: httpx2.AsyncClient) -> None:
    nothing = {"by": None, "language": None, "changed_at": None}
    assert (await client.get(PATH, headers=OPERATOR)).json() == nothing
    await office.hear(contact(), selected(), invoice())
    await choose(client, who=ASSISTER)
    await office.send()
    assert ways(office) == [("invoice", "email", "en")]


async def test_NOT_1_what_the_pack_has_on_paper_stays_there_whatever_is_chosen(
    client: httpx2.AsyncClient,
) -> None:
    office = Office(on_paper=("invoice",))
    await office.hear(contact(), selected(), invoice(), activated())
    await office.send()
    assert sorted(ways(office)) == [("coverage-begun", "email", "en"), ("invoice", "paper", "en")]
    homeless = Office(on_paper=("invoice",))
    await homeless.hear(contact(address=None), selected(), invoice())
    await homeless.send()
    assert ways(homeless) == [("invoice", "email", "en")]  # there is nowhere to send a letter to


async def test_NOT_4_an_e_mail_that_comes_back_is_followed_by_paper_whoever_chose_e_mail(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await choose(client, by="email")
    await office.hear(contact(), selected(), invoice())
    await office.send()
    await report(client, report_of(office.mailbox.received[0]))
    await office.hear(paid())
    await office.send()
    assert ways(office) == [("invoice", "paper", "en"), ("receipt", "paper", "en")]


@pytest.mark.parametrize(
    "body",
    [{"by": "pigeon", "language": None}, {"by": None, "language": "a language"}, {"by": "paper"}, {}],
)
async def test_NOT_1_a_choice_that_cannot_be_is_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, body: dict[str, Any]
) -> None:
    assert (await client.put(PATH, json=body, headers=MEMBER)).status_code == 422
    assert (await client.get(PATH, headers=MEMBER)).json()["changed_at"] is None


async def test_NOT_1_nobody_chooses_for_another_household(client: httpx2.AsyncClient) -> None:
    assert (await choose(client, by="paper", who=STRANGER)).status_code == 404
    assert (await choose(client, by="paper", who=CARRIER)).status_code == 403
    assert (await client.get(PATH, headers=STRANGER)).status_code == 404
    assert (await client.get(PATH, headers=ISSUER.headers("service"))).status_code == 403


@pytest.mark.parametrize("heard", [[], [contact(address=None)]], ids=["of nobody", "without an address"])
async def test_NOT_1_paper_without_a_postal_address_is_refused_and_nothing_is_kept(
    office: Office, client: httpx2.AsyncClient, heard: list[object]
) -> None:
    await office.hear(*heard, selected())
    answer = await choose(client, by="paper", language="es")
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:bulkhead:problem:no-postal-address",
    )
    assert [(each["rule"], each["says"]) for each in answer.json()["reasons"]] == [
        (
            "NOT-1",
            "paper is chosen where enrollment was given a postal address; e-mail may be chosen without one",
        )
    ]
    assert (await client.get(PATH, headers=MEMBER)).json()["changed_at"] is None
    assert (await choose(client, by="email", language="es")).status_code == 200
    await office.hear(contact(version=2))
    assert (await choose(client, by="paper")).status_code == 200


async def test_NOT_1_who_chose_paper_is_mailed_while_there_is_no_postal_address(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected())
    await choose(client, by="paper")
    await office.hear(contact(version=2, address=None), invoice())
    await office.send()
    await office.hear(contact(version=3), paid())
    await office.send()
    assert ways(office) == [("invoice", "email", "en"), ("receipt", "paper", "en")]


async def test_NOT_1_what_is_queued_for_paper_is_mailed_where_the_postal_address_is_gone(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected())
    await choose(client, by="paper")
    await office.hear(invoice())
    await office.hear(contact(version=2, address=None))
    assert await office.send() == 2  # it goes another way, and leaves
    assert ways(office) == [("invoice", "email", "en")]
    assert (office.mailed(), office.files.content) == ([("june", "invoice")], {})


async def test_NOT_4_who_is_reached_no_way_gets_a_letter_whatever_is_chosen(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected())
    await choose(client, by="paper")
    office.mailbox.refuses = {EMAIL}
    await office.hear(contact(version=2, address=None), invoice())
    await office.send()
    await office.hear(contact(version=3, address=None, email=None), paid())
    await office.send()
    assert ways(office) == [("invoice", "paper", "en"), ("receipt", "paper", "en")]


@pytest.mark.parametrize("instance", ["one", "two"])
async def test_NOT_1_what_a_sender_had_in_hand_as_it_ended_goes_by_what_is_chosen_too(
    office: Office, client: httpx2.AsyncClient, instance: str
) -> None:
    await office.hear(contact(), selected(), invoice())
    office.mailbox.interrupt = failing_once("send", Crash())
    with pytest.raises(Crash):
        await office.mail.turn(office.now)
    await choose(client, by="paper", language="fr")
    assert [(each.by, each.state) for each in office.notices()] == [("email", "sending")]
    office.now += timedelta(minutes=15)
    office.start(instance=instance)
    assert await office.send() == 2
    assert (ways(office), office.mailed()) == ([("invoice", "paper", "fr")], [])


async def test_NOT_1_what_is_in_hand_as_paper_is_chosen_goes_on_paper_where_the_connection_breaks(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice(), paid())

    async def interrupt(operation: str) -> None:
        if operation == "send":
            office.mailbox.interrupt = None
            office.mailbox.away = True
            await choose(client, by="paper", language="fr")

    office.mailbox.interrupt = interrupt
    await office.mail.turn(office.now)
    assert [(each.by, each.state) for each in office.notices()] == [("paper", "queued"), ("paper", "queued")]
    await office.send()  # the mail server is still away
    assert sorted(ways(office)) == [("invoice", "paper", "fr"), ("receipt", "paper", "fr")]


async def test_NOT_1_what_is_in_hand_as_paper_is_chosen_is_mailed_where_the_server_takes_it(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())

    async def interrupt(operation: str) -> None:
        if operation == "answer":
            await choose(client, by="paper")

    office.mailbox.interrupt = interrupt
    await office.send()
    assert (ways(office), office.mailed()) == ([("invoice", "email", "en")], [("june", "invoice")])


async def test_OPS_5_a_merged_household_that_chose_paper_gets_it_where_the_other_has_an_address(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), activated())
    await choose(client, by="paper")
    await office.hear(contact("june-1"))
    await office.hear(contact(version=2, address=None), MERGED, invoice())
    await office.send()
    assert [each.by for each in office.notices(type="invoice")] == ["paper"]
