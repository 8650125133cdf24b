"""Why coverage is as it is, over the API: rules, sentences, what would have done, and what was decided when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from enrollment.adapters.hub.sandbox import Told
from services.enrollment.tests.contract.http import JUNE, PERSONAL, Api, covered


async def selected(day: date, **body: Any) -> tuple[Api, str]:
    """June selects on a day; return the API then, and where her policy is."""
    api = (await Api().with_june()).at(day)
    made = await api.post("/v1/households/june/selections", {"plans": ["SILVER"], "via": "phone", **body})
    assert made.status_code == 201, made.text
    return api, f"/v1/households/june/policies/{made.json()['policies'][0]['policy']}"


async def test_ENR_2_the_effective_date_is_explained_by_rule_value_in_force_and_the_packs_citation() -> None:
    api, policy = await selected(date(2016, 1, 20))
    answer = (await api.get(f"{policy}/effective-date/explain", "member", "june")).json()
    assert answer["says"] == "Coverage in SILVER begins on March 1, 2016."
    first, binder = answer["because"]
    assert (first["rule"], binder["rule"]) == ("ENR-2", "ENR-5")
    assert first["facts"] == {
        "selected_on": "2016-01-20",
        "selected_by": "2016-01-31",
        "effective": "2016-03-01",
    }
    (window,) = first["in_force"]
    assert (window["parameter"], window["value"][0]["plan_year"]) == ("open_enrollments", 2016)
    assert "45 CFR 155.410" in window["citation"]
    assert first["recorded"].startswith("Selected in open enrollment by 2016-01-31")


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Coverage in SILVER begins on March 1, 2016."),
        ("es", "La cobertura en SILVER comienza el 1 de marzo de 2016."),
        ("fr", "La couverture au régime SILVER commence le 1 mars 2016."),
    ],
)
async def test_an_answer_is_in_the_language_that_is_asked_for(language: str, says: str) -> None:
    api, policy = await selected(date(2016, 1, 20))
    answer = (await api.get(f"{policy}/effective-date/explain?language={language}")).json()
    assert answer["says"] == says


async def test_ENR_2_why_not_january_names_the_days_on_which_selecting_would_have_done() -> None:
    api, policy = await selected(date(2016, 1, 20))
    answer = (await api.get(f"{policy}/effective-date/explain?expected=2016-01-01")).json()["why_not"]
    assert answer["would_have_done"] == [
        {"do": "select", "first": "2015-11-01", "last": "2015-12-15", "starts": None}
    ]
    assert [each["rule"] for each in answer["because"]] == ["ENR-2"]
    assert answer["says"] == (
        "For coverage from January 1, 2016 the plan had to be selected from November 1, 2015 to December 15, 2015."
        " It was selected on January 20, 2016."
    )


async def test_ENR_2_a_day_nobody_is_given_is_said_to_be_one_with_those_that_could_have_been() -> None:
    api, policy = await selected(date(2016, 1, 20))
    answer = (await api.get(f"{policy}/effective-date/explain?expected=2016-02-10")).json()["why_not"]
    assert answer["would_have_done"] == []
    assert answer["says"] == (
        "No day of selection gives coverage from February 10, 2016. "
        "This one could have given January 1, 2016, February 1, 2016, March 1, 2016."
    )


async def test_ENR_3_a_start_that_had_to_be_asked_for_is_named() -> None:
    api, policy = await selected(date(2016, 4, 10), event={"kind": "birth", "on": "2016-04-03"})
    answer = (await api.get(f"{policy}/effective-date/explain?expected=2016-05-01")).json()
    assert [each["parameter"] for each in answer["because"][0]["in_force"]] == ["qualifying_events"]
    assert [each["kind"] for each in answer["because"][0]["in_force"][0]["value"]] == ["birth"]
    assert answer["why_not"]["would_have_done"] == [
        {"do": "select", "first": "2016-04-03", "last": "2016-04-30", "starts": "next-month"}
    ]
    assert "had to be asked for" in answer["why_not"]["says"]


async def test_an_expected_day_that_it_is_says_so() -> None:
    api, policy = await selected(date(2016, 1, 20))
    answer = (await api.get(f"{policy}/effective-date/explain?expected=2016-03-01")).json()["why_not"]
    assert (answer["says"], answer["because"]) == ("Coverage does begin on March 1, 2016.", [])


async def test_ENR_13_an_end_is_explained_by_who_decided_it_and_CAL_3_where_there_is_none() -> None:
    api, policy = await selected(date(2015, 12, 3))
    lasts = (await api.get(f"{policy}/end/explain")).json()
    assert (lasts["through"], lasts["decided_by"], [each["rule"] for each in lasts["because"]]) == (
        None,
        None,
        ["CAL-3"],
    )
    assert lasts["says"] == "Nothing has ended the coverage in SILVER; it lasts through December 31, 2016."
    ended = await api.post("/v1/households/june/terminations", {"on": "2015-12-10", "reason": "requested"})
    assert ended.status_code == 201
    answer = (await api.get(f"{policy}/end/explain", "member", "june")).json()
    assert (answer["lifecycle"], answer["end_reason"], answer["decided_by"]) == (
        "canceled",
        "requested",
        "enrollment",
    )
    assert answer["decided_at"] == "2015-12-03T10:00:00-05:00"
    assert [each["rule"] for each in answer["because"]] == ["ENR-13"]


async def why_not(api: Api, policy: str, expected: str, language: str = "en") -> dict[str, Any]:
    """Return what is answered to whoever expected another last day."""
    asked = f"{policy}/end/explain?expected={expected}&language={language}"
    return (await api.get(asked, "member", "june")).json()["why_not"]


async def june_covered() -> tuple[Api, str]:
    """June and her child are covered by SILVER; return the API on June 10, and where the policy is."""
    api = await covered()
    (policy,) = (await api.get("/v1/households/june/policies")).json()["items"]
    return api, f"/v1/households/june/policies/{policy['policy']}"


async def test_ENR_13_why_not_earlier_names_the_day_by_which_an_end_had_to_be_asked_for() -> None:
    api, policy = await june_covered()
    answer = await why_not(api, policy, "2016-08-31")
    assert answer["would_have_done"] == [
        {"do": "ask-for-end", "first": None, "last": "2016-08-31", "starts": None}
    ]
    assert answer["says"].startswith(
        "Coverage lasts through December 31, 2016. For August 31, 2016 to be its"
    )
    assert (await why_not(api, policy, "2016-12-31"))["says"].startswith(
        "The last day covered is December 31"
    )


async def test_CAL_3_why_not_later_than_the_plan_year_is_its_end() -> None:
    api, policy = await june_covered()
    answer = await why_not(api, policy, "2017-01-31", language="es")
    assert ([each["rule"] for each in answer["because"]], answer["would_have_done"]) == (["CAL-3"], [])
    assert answer["says"].startswith("Ninguna cobertura de un año del plan dura hasta el 31 de enero de 2017")


async def test_ENR_13_why_not_later_than_an_end_is_that_end() -> None:
    api, policy = await june_covered()
    ended = await api.post("/v1/households/june/terminations", {"on": "2016-07-31", "reason": "requested"})
    assert ended.status_code == 201
    answer = await why_not(api, policy, "2016-12-31")
    assert ([each["rule"] for each in answer["because"]], answer["would_have_done"]) == (["ENR-13"], [])
    assert answer["says"] == (
        "Coverage ended with July 31, 2016, before December 31, 2016: of several ends the earliest counts."
    )


async def test_the_timeline_has_what_was_decided_when_and_by_which_rule_a_page_at_a_time() -> None:
    api, _ = await selected(date(2015, 12, 3))
    api.at(date(2015, 12, 5))
    await api.post("/v1/households/june/terminations", {"on": "2015-12-10", "reason": "requested"})
    page = (await api.get("/v1/households/june/timeline?limit=1", "member", "june")).json()
    rest = (await api.get(f"/v1/households/june/timeline?limit=1&cursor={page['next_cursor']}")).json()
    last = (await api.get(f"/v1/households/june/timeline?limit=1&cursor={rest['next_cursor']}")).json()
    assert last["next_cursor"] is None
    (registration,), (selection,), (called_off,) = page["items"], rest["items"], last["items"]
    assert registration == {
        "at": "2015-12-03T10:00:00-05:00",
        "on": "2015-12-03",
        "service": "enrollment",
        "what": "registered",
        "about": "household",
        "subject": "june",
        "amount_cents": None,
        "marked": False,
        "says": "The household was registered.",
        "facts": {"contact_version": "1"},
        "because": [],
    }
    assert (selection["at"], selection["what"]) == ("2015-12-03T10:00:00-05:00", "selected")
    assert (selection["about"], selection["amount_cents"]) == ("policy", 66500)
    assert [each["rule"] for each in selection["because"]] == ["ENR-2", "ENR-8", "ENR-5"]
    assert (called_off["at"], called_off["what"]) == ("2015-12-05T10:00:00-05:00", "canceled")
    assert [each["rule"] for each in called_off["because"]] == ["ENR-13"]
    assert (called_off["subject"], called_off["marked"]) == (selection["subject"], False)


async def test_a_refusal_is_explained_as_long_as_its_answer_is_kept() -> None:
    api = (await Api().with_june()).at(date(2016, 4, 5))
    refused = await api.post(
        "/v1/households/june/selections", {"plans": ["SILVER"], "via": "web"}, "member", "june"
    )
    assert refused.status_code == 422
    answer = (await api.get("/v1/households/june/refusals/explain?language=es", "member", "june")).json()
    (only,) = answer["items"]
    assert (only["method"], only["path"], only["kind"]) == (
        "POST",
        "/v1/households/june/selections",
        "outside-enrollment",
    )
    assert [each["rule"] for each in only["because"]] == ["ENR-1", "ENR-3"]
    assert only["because"][0]["says"].startswith("Los planes se eligen en el período de inscripción abierta")
    assert (answer["kept_days"], only["says"]) == (90, "Lo que se pidió no se hizo.")
    assert only["because"][0]["in_force"][0]["parameter"] == "open_enrollments"


CHANGED = {
    "en": (
        "The household changed to GOLD, which covers it from July 1, 2016 on.",
        "A plan that stood is changed for another: a change waits for no payment.",
    ),
    "es": (
        "El hogar cambió a GOLD, que lo cubre desde el 1 de julio de 2016.",
        "Un plan que estaba vigente se cambia por otro: un cambio no espera ningún pago.",
    ),
    "fr": (
        "Le ménage est passé à GOLD, qui le couvre à partir du 1 juillet 2016.",
        "Un régime qui était en vigueur est changé pour un autre : un changement n’attend aucun paiement.",
    ),
}


@pytest.mark.parametrize("language", CHANGED)
async def test_ENR_13_a_changed_plan_is_explained_where_the_old_one_ends_and_where_the_new_one_begins(
    language: str,
) -> None:
    api = await covered()
    change = {"plans": ["GOLD"], "via": "web", "event": {"kind": "move", "on": "2016-06-07"}}
    assert (await api.post("/v1/households/june/plan-changes", change)).status_code == 201
    policies = (await api.get("/v1/households/june/policies")).json()["items"]
    old, new = (f"/v1/households/june/policies/{each['policy']}" for each in policies)
    ends, waits = CHANGED[language]
    (why,) = (await api.get(f"{old}/end/explain?language={language}")).json()["because"]
    assert (why["rule"], why["says"]) == ("ENR-13", ends)
    begins = (await api.get(f"{new}/effective-date/explain?language={language}")).json()["because"]
    assert [each["rule"] for each in begins] == ["ENR-3", "ENR-5"]
    assert begins[1]["says"] == waits
    timeline = (await api.get(f"/v1/households/june/timeline?language={language}")).json()["items"]
    assert [(each["facts"].get("plan"), each["what"]) for each in timeline][-3:] == [
        ("SILVER", "terminated"),
        ("GOLD", "selected"),
        ("GOLD", "activated"),
    ]
    assert {ends, waits} <= {why["says"] for each in timeline for why in each["because"]}


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            "Medicaid covers people of the household from July 1, 2016 on, without a premium, in place of plans.",
        ),
        (
            "es",
            "Medicaid cubre a personas del hogar desde el 1 de julio de 2016, sin prima, en lugar de planes.",
        ),
        (
            "fr",
            "Medicaid couvre des personnes du ménage à partir du 1 juillet 2016, sans prime, à la place des régimes.",
        ),
    ],
)
async def test_ENR_4_an_end_for_medicaid_is_explained_with_what_the_pack_says_of_it(
    language: str, says: str
) -> None:
    api = await covered()
    assert (
        await api.post("/v1/households/june/medicaid-determinations", {"from": "2016-07-01"})
    ).status_code == 201
    (policy,) = (await api.get("/v1/households/june/policies")).json()["items"]
    path = f"/v1/households/june/policies/{policy['policy']}/end/explain?language={language}"
    answer = (await api.get(path)).json()
    assert (answer["end_reason"], answer["through"]) == ("medicaid", "2016-06-30")
    (why,) = answer["because"]
    assert (why["rule"], why["says"]) == ("ENR-4", says)
    (parameter,) = why["in_force"]
    assert (parameter["parameter"], parameter["value"]) == ("medicaid_ends_plans", "month_before")
    assert "155.430(d)(2)(iv)" in parameter["citation"]
    timeline = (await api.get(f"/v1/households/june/timeline?language={language}")).json()["items"]
    assert timeline[-1]["because"][-1]["says"] == says


async def run_out(api: Api, day: date) -> None:
    """End what nobody showed in time, on a night."""
    (duty,) = [each for each in api.at(day).service.duties if each.name == "end-unverified-assistance"]
    assert duty.households is not None
    async with api.database.units_of_work.begin(now=api.clock.now()) as uow:
        households = await duty.households(uow, day, "", 10)
    async with api.database.units_of_work.begin(now=api.clock.now(), households=households) as uow:
        await duty.run(uow, day, households)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            "Documents did not show by September 8, 2016: citizenship or lawful presence. Without that nobody may be "
            "enrolled: coverage ends with September 30, 2016.",
        ),
        (
            "es",
            "Hasta el 8 de septiembre de 2016 ningún documento mostró la ciudadanía o la presencia legal. Sin eso "
            "nadie puede estar inscrito: la cobertura termina el 30 de septiembre de 2016.",
        ),
        (
            "fr",
            "Aucun document n’a montré au plus tard le 8 septembre 2016 la citoyenneté ou la présence légale. Sans "
            "cela, personne ne peut être inscrit : la couverture prend fin le 30 septembre 2016.",
        ),
    ],
)
async def test_ENR_10_an_end_for_what_was_not_shown_is_explained_with_what_the_pack_says_of_it(
    language: str, says: str
) -> None:
    api = await covered()
    api.hub.store.keep(Told(household="june", contradicts=("citizenship",), aptc_cents=0))
    _walker, hub = api.service.pollers(api.database.units_of_work)
    await hub.turn(api.clock.now())
    await run_out(api, date(2016, 9, 9))
    (policy,) = (await api.get("/v1/households/june/policies")).json()["items"]
    path = f"/v1/households/june/policies/{policy['policy']}/end/explain?language={language}"
    answer = (await api.get(path)).json()
    assert (answer["end_reason"], answer["through"]) == ("ineligible", "2016-09-30")
    (why,) = answer["because"]
    assert (why["rule"], why["says"]) == ("ENR-10", says)
    assert {each["parameter"]: each["value"] for each in why["in_force"]} == {
        "unverified_coverage": "ends",
        "unverified_notice_days": 10,
        "inconsistency_days": 90,
    }
    assert all(each["citation"] for each in why["in_force"])
    refused = await api.post("/v1/households/june/selections", {"plans": ["SILVER"], "via": "web"})
    assert refused.json()["reasons"][0]["rule"] == "ENR-10"
    (only,) = (await api.get("/v1/households/june/refusals/explain")).json()["items"]
    assert [each["parameter"] for each in only["because"][0]["in_force"]] == ["unverified_coverage"]


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "in place of plans."), ("es", "en lugar de planes."), ("fr", "à la place des régimes.")],
)
async def test_ENR_13_a_premium_that_changed_is_explained_by_what_changed_it(
    language: str, says: str
) -> None:
    api = await covered()
    found = {"members": ["june-2"], "from": "2016-07-01"}
    assert (await api.post("/v1/households/june/medicaid-determinations", found)).status_code == 201
    timeline = (await api.get(f"/v1/households/june/timeline?language={language}")).json()["items"]
    last = timeline[-1]
    assert (last["what"], [each["rule"] for each in last["because"]]) == ("changed", ["ENR-4", "ENR-8"])
    assert last["because"][0]["says"].endswith(says)


REFUSED: list[tuple[str, dict[str, Any], str, list[str]]] = [
    (
        "medicaid-determinations",
        {"from": "2016-07-15"},
        "Medicaid is for whole months, and only some in the past: July 1, 2016 would do.",
        ["medicaid_months_back"],
    ),
    (
        "medicaid-determinations",
        {"members": ["june-1"], "from": "2016-07-01"},
        "From July 1, 2016 on plans would cover nobody of 18 or older: the children are named too, or first somebody "
        "who acts for them.",
        ["adult_age"],
    ),
    (
        "medicaid-endings",
        {"members": ["june-2"], "through": "2016-07-31"},
        "On July 31, 2016 somebody named is not in Medicaid, or its end is known.",
        [],
    ),
    (
        "plan-changes",
        {"plans": ["TEETH"], "via": "web", "event": {"kind": "move", "on": "2016-06-07"}},
        "No other plan of its kind stands that TEETH could take the place of from July 1, 2016 on: "
        "what is new is selected.",
        [],
    ),
    (
        "members",
        {
            "person": {"name": "Bo Example", "born": "1990-05-02", "relation": "child"},
            "kind": "adoption",
            "on": "2016-06-09",
        },
        "A child who reaches 26 is too old to be covered with the household.",
        ["child_age_limit", "child_leaves"],
    ),
]


@pytest.mark.parametrize(("path", "body", "says", "in_force"), REFUSED)
async def test_ENR_4_and_ENR_13_what_was_refused_is_explained_by_what_was_wrong_with_it(
    path: str, body: dict[str, Any], says: str, in_force: list[str]
) -> None:
    api = await covered()
    refused = await api.post(f"/v1/households/june/{path}", body)
    assert refused.status_code in (409, 422), refused.text
    (only,) = (await api.get("/v1/households/june/refusals/explain")).json()["items"]
    (why,) = only["because"]
    assert why["says"] == says
    assert [each["parameter"] for each in why["in_force"]] == in_force


PATHS = (
    "{policy}/effective-date/explain",
    "{policy}/end/explain",
    "/v1/households/june/timeline",
    "/v1/households/june/refusals/explain",
)


@pytest.mark.parametrize("path", PATHS)
async def test_members_see_their_own_operators_all_and_carriers_none(path: str) -> None:
    api, policy = await selected(date(2016, 1, 20))
    where = path.format(policy=policy)
    assert (await api.get(where, "member", "june")).status_code == 200
    assert (await api.get(where, "operator")).status_code == 200
    assert (await api.get(where, "member", "other")).status_code == 404
    assert (await api.get(where, "carrier")).status_code == 403
    assert (await api.get(where, None)).status_code == 401


@pytest.mark.parametrize("path", PATHS)
async def test_no_answer_has_personal_data(path: str) -> None:
    api, policy = await selected(date(2016, 1, 20))
    await api.post("/v1/households/june/selections", {"plans": ["SILVER"], "via": "web"})
    text = (await api.get(path.format(policy=policy))).text
    assert [each for each in PERSONAL if each in text] == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [("expected=soon", "query/expected"), ("language=de", "query/language")],
)
async def test_what_cannot_be_asked_is_a_problem(asked: str, field: str) -> None:
    api, policy = await selected(date(2016, 1, 20))
    wrong = await api.get(f"{policy}/effective-date/explain?{asked}")
    assert (wrong.status_code, [each["field"] for each in wrong.json()["errors"]]) == (422, [field])


async def test_a_policy_of_another_household_is_not_explained() -> None:
    api, policy = await selected(date(2016, 1, 20))
    name = policy.rpartition("/")[2]
    for what in ("effective-date", "end"):
        wrong = await api.get(f"/v1/households/other/policies/{name}/{what}/explain")
        assert wrong.status_code == 404


async def merged() -> tuple[Api, str]:
    """Return the API after June's second household was merged into her first, and that correction."""
    api = await Api().with_june()
    assert (await api.post("/v1/households", {**JUNE, "household": "june-2"})).status_code == 201
    asked = await api.post("/v1/households/june-2/merges", {"into": "june", "because": "registered-twice"})
    assert asked.status_code == 201, asked.text
    correction = asked.json()["correction"]
    await decide(api.at(date(2015, 12, 5)), correction)
    return api, correction


async def decide(api: Api, correction: str) -> None:
    bea = api.issuer.headers("operator", subject="bea", key=f"approves-{correction}")
    path = f"/v1/corrections/{correction}/decisions"
    decided = await api.client.post(path, json={"decision": "approve"}, headers=bea)
    assert decided.status_code == 201, decided.text


async def test_OPS_5_a_merge_is_explained_from_both_sides_by_rule_and_facts() -> None:
    api, correction = await merged()
    answer = (await api.get("/v1/households/june-2/merge/explain")).json()
    assert answer["says"] == "This household was merged into june on December 5, 2015."
    assert (answer["merged_into"], answer["merged_on"], answer["correction"]) == (
        "june",
        "2015-12-05",
        correction,
    )
    assert (answer["taken_back_on"], answer["absorbed"]) == (None, [])
    assert [(each["rule"], each["facts"]) for each in answer["because"]] == [
        ("OPS-5", {"into": "june"}),
        ("OPS-5", {"correction": correction, "because": "registered-twice"}),
        ("ENR-16", {"one_person_by": "number"}),
    ]
    assert answer["because"][2]["says"].endswith("by one social security number.")
    other = (await api.get("/v1/households/june/merge/explain", "member", "june")).json()
    assert (
        other["says"] == "This household stands for itself, and for those that were merged into it: june-2."
    )
    assert (other["merged_into"], other["absorbed"]) == (None, ["june-2"])
    assert [each["rule"] for each in other["because"]] == ["OPS-5"]


async def test_OPS_5_a_merge_that_was_taken_back_is_explained_with_both_days() -> None:
    api, correction = await merged()
    path = f"/v1/corrections/{correction}/reversals"
    back = (await api.post(path, {"because": "correction-in-error"})).json()["correction"]
    await decide(api.at(date(2015, 12, 9)), back)
    answer = (await api.get("/v1/households/june-2/merge/explain")).json()
    assert answer["says"] == (
        "This household was merged into june on December 5, 2015, and stands for itself again since December 9, 2015."
    )
    assert (answer["merged_into"], answer["taken_back_on"]) == (None, "2015-12-09")
    assert answer["because"][0]["facts"]["reverses"] == correction
    for language in ("es", "fr"):
        told = (await api.get(f"/v1/households/june-2/merge/explain?language={language}")).json()
        assert "2015" in told["says"]


async def test_OPS_5_a_household_that_was_never_merged_stands_for_itself() -> None:
    api = await Api().with_june()
    answer = (await api.get("/v1/households/june/merge/explain", "member", "june")).json()
    assert (answer["says"], answer["because"]) == ("This household stands for itself.", [])
    assert (await api.get("/v1/households/other/merge/explain")).status_code == 404
    assert (await api.get("/v1/households/june/merge/explain", "member", "other")).status_code == 404
