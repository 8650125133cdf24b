"""What is printed for whoever gives rights on Kafka by hand."""

from __future__ import annotations

from bulkhead.contracts.rights import commands, rights_of


def test_a_service_that_says_nothing_here_may_do_nothing_but_join_its_group() -> None:
    assert [right.name for right in rights_of("stranger")] == ["stranger"]


def test_each_right_is_a_command_of_kafkas_own() -> None:
    printed = list(commands(prefix="ca.", user_prefix="ca-"))
    begins = (
        'kafka-acls.sh --bootstrap-server "$KAFKA" --command-config "$ADMIN" --add --allow-principal User:ca-'
    )
    assert printed[:3] == [
        f"{begins}carrier-gateway --operation Describe --operation Read --operation Write"
        " --topic ca.carrier-gateway.carriers.v1",
        f"{begins}carrier-gateway --operation Describe --operation Read --topic ca.enrollment.policies.v1",
        f"{begins}carrier-gateway --operation Describe --operation Read --topic ca.enrollment.contacts.v1",
    ]
    assert f"{begins}payments --operation Read --group ca.payments" in printed
    assert len(printed) == len(set(printed)) == 8 + 17 + 5
