"""A household says whether it is told by e-mail or on paper, and in which language (NOT-1)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from bulkhead_testing.bounces import report_of
from services.notifications.tests.builders import activated, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ASSISTER, CARRIER, ISSUER, MEMBER, OPERATOR, STRANGER
from services.notifications.tests.unit.test_bounces import report
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
