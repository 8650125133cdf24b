"""What is settled together is remitted together (PAY-6)."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from payments.domain.settlements import Settlement, Share, remittable

PAYMENTS = ("a", "b", "c", "d")


def settlement(number: int, household: str, group: str, funded_by: set[str]) -> Settlement:
    return Settlement(
        settlement=f"s{number}",
        household=household,
        group=group,
        policy=f"p{number}",
        carrier=f"carrier-{number}",
        month=CoverageMonth(2016, 1),
        cents=len(funded_by),
        settled_on=date(2015, 12, 3),
        funded_by=tuple(Share(payment=each, cents=1) for each in sorted(funded_by)),
        remit_from=date(2015, 12, 3),
        remittance=None,
        unsettled_on=None,
        recovery=None,
    )


SETTLEMENTS = st.lists(
    st.tuples(
        st.sampled_from(("june", "kim")),
        st.sampled_from(("month:2016-01", "binder:x")),
        st.sets(st.sampled_from(PAYMENTS), min_size=1).map(set[str]),
    ),
    max_size=12,
).map(lambda rows: [settlement(number, *row) for number, row in enumerate(rows)])


@given(SETTLEMENTS, st.sets(st.sampled_from(PAYMENTS)))
def test_PAY_6_a_household_s_group_goes_whole_once_all_its_money_has_cleared_or_not_at_all(
    settlements: list[Settlement], cleared: set[str]
) -> None:
    goes = remittable(settlements, cleared=cleared)
    for household in ("june", "kim"):
        for group in ("month:2016-01", "binder:x"):
            own = [each for each in settlements if (each.household, each.group) == (household, group)]
            has_cleared = {share.payment for each in own for share in each.funded_by} <= cleared
            assert [each for each in goes if each in own] == (own if has_cleared else [])
