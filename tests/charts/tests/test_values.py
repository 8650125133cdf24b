"""What may be set is said, nothing else is taken, and what does not go together is refused before it is installed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from charts.rendering import (
    CASES,
    HELM,
    NAMES,
    SERVICES,
    Case,
    NotRendered,
    containers,
    environment,
    example,
    helm,
    named,
    of_kind,
    pods,
    rendered,
)

from bulkhead.runtime.settings import Settings
from status_page.config import StatusSettings


def minimal(service: str, *values: str) -> Case:
    case = example("minimal", service)
    return Case(case.chart, case.files, values)


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}{name}", inner
        yield from nodes(inner, f"{path}{name}.")


@pytest.mark.parametrize("service", [*SERVICES, "exchange", "status"])
def test_every_value_is_described_and_no_other_is_taken(service: str) -> None:
    schema = json.loads((HELM / service / "values.schema.json").read_text())
    assert [path for path, node in nodes(schema) if not node.get("description")] == []
    assert {node["additionalProperties"] for _, node in nodes(schema) if "properties" in node} == {False}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("wroker.replicas=2", "additional properties 'wroker' not allowed"),
        ("worker.replica=2", "additional properties 'replica' not allowed"),
        ("api.preStopSeconds=1", "minimum: got 1, want 3"),
        ("migration.mode=later", "one of 'hook', 'job'"),
        ("settings.BULKHEAD_DATABASE_URL=postgresql://somebody", "additional properties"),
        ("database.cnpg.enabled=true", "migration.mode: a hook runs before"),
        ("database.externalSecret.enabled=true", "migration.mode: a hook runs before"),
        ("kafka.scram.enabled=true", "only with kafka.tls"),
        ("worker.replicas=65", "65 replicas and 64 partitions"),
        ("api.replicas=10", "10 APIs and 1 workers of 10 connections"),
        (
            "settings.BULKHEAD_DATABASE_CONNECTIONS=34",
            "2 APIs and 1 workers of 34 connections .* more than 100",
        ),
        ("auth.jwksUrl=", "auth: give the issuer's public keys"),
        ("kafka.bootstrap=", "kafka.bootstrap: where"),
        ("networkPolicy.enabled=false,ingress.enabled=true", "domain: below which"),
        ("ingress.enabled=true", "networkPolicy.callers: nobody is let in"),
        ("httpRoute.enabled=true", "networkPolicy.callers: nobody is let in"),
        ("metrics.serviceMonitor.enabled=true", "networkPolicy.scrapers: nobody is let in"),
        (
            "worker.replicas=2,files.accessModes={ReadWriteOnce}",
            "worker: 2 replicas and a volume of one node",
        ),
        (
            "worker.autoscaling.enabled=true,files.accessModes={ReadWriteOnce}",
            "worker: 8 replicas and a volume of one node",
        ),
    ],
)
def test_what_cannot_be_is_refused(value: str, says: str) -> None:
    with pytest.raises(NotRendered, match=says):
        rendered(minimal("payments", value))


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_told_all_it_needs_and_nothing_it_does_not_know(service: str) -> None:
    config = importlib.import_module(f"{service.replace('-', '_')}.config")
    (settings,) = [
        each
        for each in vars(config).values()
        if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == config.__name__
    ]
    fields = {
        field.validation_alias
        if isinstance(field.validation_alias, str)
        else f"BULKHEAD_{name.upper()}": field
        for name, field in settings.model_fields.items()
    }
    for _, pod in pods(rendered(example("operators", service))):
        for container in containers(pod):
            told = environment(container)
            assert told.keys() <= fields.keys()
            assert {name for name, field in fields.items() if field.is_required()} <= told.keys()


def test_a_setting_is_handed_on_to_every_process() -> None:
    for _, pod in pods(rendered(minimal("payments", "settings.BULKHEAD_LOG_LEVEL=DEBUG"))):
        for container in containers(pod):
            assert environment(container)["BULKHEAD_LOG_LEVEL"] == "DEBUG"


def test_workers_of_a_volume_of_one_node_are_replaced_one_after_the_other_others_side_by_side() -> None:
    def strategy(case: Case) -> str:
        return named(rendered(case), "Deployment", f"{case.chart}-worker")["spec"]["strategy"]["type"]

    assert strategy(minimal("payments", "files.accessModes={ReadWriteOnce}")) == "Recreate"
    assert strategy(minimal("payments", "files.accessModes={ReadWriteMany}")) == "RollingUpdate"
    assert strategy(minimal("enrollment")) == "RollingUpdate"


def test_files_are_the_workers_alone_and_a_folder_each() -> None:
    objects = rendered(minimal("payments", "files.existingClaim=from-the-bank"))
    assert of_kind(objects, "PersistentVolumeClaim") == []
    mounts = {name: containers(pod)[-1]["volumeMounts"] for name, pod in pods(objects)}
    folders = [mount["subPath"] for mount in mounts["Deployment/payments-worker"] if mount["name"] == "files"]
    assert folders == ["debits", "lockbox", "remittances", "returns", "statements"]
    assert [mount["name"] for mount in mounts["Deployment/payments-api"]] == ["tmp"]


def test_keys_given_as_text_are_a_file_in_every_process_that_serves() -> None:
    objects = rendered(minimal("payments", "auth.jwksUrl=", r'auth.keySet=\{"keys":[]\}'))
    assert named(objects, "ConfigMap", "payments-keys")["data"] == {"jwks.json": '{"keys":[]}'}
    for name, pod in pods(objects):
        (container,) = pod["containers"]
        assert environment(container)["BULKHEAD_JWKS"] == "/etc/bulkhead/keys/jwks.json"
        mounted = any(mount["mountPath"] == "/etc/bulkhead/keys" for mount in container["volumeMounts"])
        assert mounted is not name.startswith("Job/")


def test_a_migration_as_a_plain_job_has_a_name_of_its_own_for_each_version_and_pods_wait_for_it() -> None:
    one, other = (
        rendered(minimal("payments", "migration.mode=job", f"image.tag={tag}")) for tag in ("1.0.0", "1.1.0")
    )
    ((job,), (later,)) = (of_kind(one, "Job"), of_kind(other, "Job"))
    assert "annotations" not in job["metadata"]
    assert job["metadata"]["name"] != later["metadata"]["name"]
    for each in of_kind(one, "Deployment"):
        (waits,) = each["spec"]["template"]["spec"]["initContainers"]
        assert waits["args"] == ["migrated", "--wait", "900"]


def test_a_hook_ends_and_a_plain_job_goes_on_until_its_database_is_there() -> None:
    (hook,) = of_kind(rendered(minimal("payments")), "Job")
    (job,) = of_kind(rendered(minimal("payments", "migration.mode=job")), "Job")
    assert (hook["spec"]["backoffLimit"], hook["spec"]["activeDeadlineSeconds"]) == (1, 900)
    assert job["spec"]["backoffLimit"] == 1000
    assert "activeDeadlineSeconds" not in job["spec"]


def test_the_outside_reaches_the_api_and_not_its_health_or_measurements() -> None:
    (ingress,) = of_kind(
        rendered(
            minimal(
                "payments",
                "ingress.enabled=true",
                "domain=exchange.test",
                "networkPolicy.callers[0].namespaceSelector.matchLabels.router=yes",
            )
        ),
        "Ingress",
    )
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "payments.exchange.test"
    assert {path["path"] for path in rule["http"]["paths"]} == {"/v1", "/docs", "/static-offline-docs"}


def test_what_an_umbrella_says_for_all_goes_before_what_a_service_says() -> None:
    objects = rendered(
        minimal("payments", "global.exchange.kafka.bootstrap=ours:9092", "global.exchange.api.replicas=1")
    )
    api = named(objects, "Deployment", "payments-api")["spec"]
    assert api["replicas"] == 1
    assert environment(api["template"]["spec"]["containers"][0])["BULKHEAD_KAFKA_BOOTSTRAP"] == "ours:9092"


def test_on_a_simulated_clock_one_process_does_all_of_a_services_work() -> None:
    objects = rendered(minimal("payments", "simulation.start=2015-12-01", "api.replicas=1"))
    (only,) = of_kind(objects, "Deployment")
    (container,) = only["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["all"]
    assert environment(container)["BULKHEAD_SIMULATION_START"] == "2015-12-01"
    assert [mount["subPath"] for mount in container["volumeMounts"] if mount["name"] == "files"] == [
        "debits",
        "lockbox",
        "remittances",
        "returns",
        "statements",
    ]
    with pytest.raises(NotRendered, match="simulation: one process"):
        rendered(minimal("payments", "simulation.start=2015-12-01"))


def test_on_a_simulated_clock_api_and_workers_can_be_apart() -> None:
    objects = rendered(minimal("payments", "simulation.start=2015-12-01", "simulation.apart=true"))
    told = {}
    for each in of_kind(objects, "Deployment"):
        (container,) = each["spec"]["template"]["spec"]["containers"]
        told[container["args"][0]] = (
            each["spec"]["replicas"],
            environment(container)["BULKHEAD_SIMULATION_START"],
        )
    assert told == {"api": (2, "2015-12-01"), "worker": (1, "2015-12-01")}
    policies = {each["metadata"]["name"] for each in of_kind(objects, "NetworkPolicy")}
    assert policies == {"payments-api", "payments-worker", "payments-migration"}


@pytest.mark.parametrize(
    ("values", "component"),
    [
        ((), "worker"),
        (("simulation.start=2015-12-01",), "api"),
        (("simulation.start=2015-12-01", "simulation.apart=true"), "worker"),
    ],
)
def test_kafka_and_mail_of_a_trial_let_in_who_does_the_work(values: tuple[str, ...], component: str) -> None:
    told = tuple(f"global.exchange.{each}" for each in values)
    case = Case("exchange", (), ("global.exchange.auth.keySet=keys", *told))
    for server in ("kafka", "mail"):
        (rule,) = named(rendered(case), "NetworkPolicy", server)["spec"]["ingress"]
        (caller,) = rule["from"]
        assert caller["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == component


@pytest.mark.parametrize(
    ("server", "variable", "of_the_image"),
    [
        ("postgres", "PGDATA", ["/var/lib/postgresql/data"]),
        ("kafka", "KAFKA_LOG_DIRS", ["/var/lib/kafka/data", "/etc/kafka/secrets", "/mnt/shared/config"]),
    ],
)
def test_what_a_trials_server_keeps_is_on_its_claim_and_not_on_a_volume_of_its_image(
    server: str, variable: str, of_the_image: list[str]
) -> None:
    case = Case("exchange", (), ("global.exchange.auth.keySet=keys",))
    (container,) = named(rendered(case), "StatefulSet", server)["spec"]["template"]["spec"]["containers"]
    (claimed,) = [each["mountPath"] for each in container["volumeMounts"] if each["name"] == "data"]
    kept = Path(environment(container)[variable])
    assert kept.is_relative_to(claimed)
    for volume in of_the_image:
        assert not kept.is_relative_to(volume)


def test_the_server_of_a_trial_takes_the_connections_that_all_its_services_may_have() -> None:
    case = Case("exchange", (), ("global.exchange.auth.keySet=keys",))
    server = named(rendered(case), "StatefulSet", "postgres")
    (container,) = server["spec"]["template"]["spec"]["containers"]
    program, option, setting = container["args"]
    defaults = yaml.safe_load((HELM / "lib-bulkhead" / "values.yaml").read_text())["exports"]["defaults"]
    assert (program, option) == ("postgres", "-c")
    assert (
        int(setting.removeprefix("max_connections="))
        >= len(SERVICES) * defaults["database"]["maxConnections"]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asks_its_database_its_own_servers_and_the_worker_kafka_and_never_another_service(
    service: str,
) -> None:
    servers = {
        "enrollment": {"hub"},
        "payments": {"processor"},
        "notifications": {"smtp", "onlinePayment", "onlineSelection", "carrierExchange"},
    }
    own = servers.get(service, set())
    ports = {
        "dns": 53,
        "database": 1,
        "kafka": 2,
        "issuer": 3,
        "processor": 4,
        "smtp": 5,
        "hub": 6,
        "onlinePayment": 7,
        "onlineSelection": 8,
        "carrierExchange": 9,
    }
    values = [
        f"networkPolicy.{name}.port={port}"
        for name, port in ports.items()
        if name in {"database", "kafka", "issuer"} | own
    ]
    doors = own & {"onlinePayment", "onlineSelection", "carrierExchange"}
    values += [f"{door}.url=https://front.example" for door in sorted(doors)]
    objects = rendered(minimal(service, *values))
    asked = {
        policy["metadata"]["name"].removeprefix(f"{service}-"): {
            name
            for rule in policy["spec"]["egress"]
            for name, port in ports.items()
            if rule["ports"][0]["port"] == port
        }
        for policy in of_kind(objects, "NetworkPolicy")
    }
    assert asked == {
        "api": {"dns", "database", "issuer"} | (own & {"processor", "hub"}),
        "worker": {"dns", "database", "kafka"} | own,
        "migration": {"dns", "database"},
    }


def test_the_api_of_notifications_asks_the_mail_server_where_proofs_may_be_mailed() -> None:
    def ports_of(*values: str) -> set[int]:
        objects = rendered(minimal("notifications", "networkPolicy.smtp.port=5", *values))
        egress = named(objects, "NetworkPolicy", "notifications-api")["spec"]["egress"]
        return {rule["ports"][0]["port"] for rule in egress}

    assert ports_of("proofs.addresses=ann@exchange.example ben@exchange.example") - ports_of() == {5}


STATUS = CASES["status"]


def test_the_status_page_has_two_pods_no_secret_and_no_other_server_than_the_services() -> None:
    objects = rendered(
        Case(STATUS.chart, STATUS.files, ("networkPolicy.services.port=1", "networkPolicy.dns.port=2"))
    )
    page = named(objects, "Deployment", "status-api")["spec"]
    (container,) = page["template"]["spec"]["containers"]
    assert page["replicas"] == 2
    assert all(isinstance(each, str) for each in environment(container).values())
    assert [volume["name"] for volume in page["template"]["spec"]["volumes"]] == ["tmp"]
    (policy,) = of_kind(objects, "NetworkPolicy")
    assert [rule["ports"][-1]["port"] for rule in policy["spec"]["egress"]] == [2, 1]
    assert {each["kind"] for each in objects} == {
        "Deployment",
        "Ingress",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


def test_the_status_page_is_told_all_it_needs_and_nothing_it_does_not_know() -> None:
    fields = {str(field.validation_alias): field for field in StatusSettings.model_fields.values()}
    case = Case(STATUS.chart, STATUS.files, ("settings.BULKHEAD_LOG_LEVEL=DEBUG",))
    ((_, pod),) = pods(rendered(case))
    told = environment(containers(pod)[0])
    assert told.keys() <= fields.keys()
    assert {name for name, field in fields.items() if field.is_required()} <= told.keys()
    assert told["BULKHEAD_LOG_LEVEL"] == "DEBUG"


def test_the_status_page_of_an_exchange_has_its_pack_its_clock_and_no_setting_of_the_services_alone() -> None:
    values = (
        "global.exchange.auth.keySet=keys",
        "global.exchange.settings.BULKHEAD_POLICY_PACK=massachusetts-2015",
        "global.exchange.settings.BULKHEAD_REPLAY_HORIZON_DAYS=30",
        "global.exchange.simulation.start=2014-12-01",
    )
    page = named(rendered(Case("exchange", (), values)), "Deployment", "main-status-api")
    told = environment(containers(page["spec"]["template"]["spec"])[0])
    assert told["BULKHEAD_POLICY_PACK"] == "massachusetts-2015"
    assert told["BULKHEAD_SIMULATION_START"] == "2014-12-01"
    assert "BULKHEAD_REPLAY_HORIZON_DAYS" not in told


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("services.payments=", "services.payments: where do front ends reach it"),
        ("networkPolicy.callers=null", "networkPolicy.callers: nobody is let in"),
        ("replica=3", "additional properties 'replica' not allowed"),
        ("settings.STATUS_PAYMENTS_URL=x", "additional properties"),
    ],
)
def test_what_the_status_page_cannot_be_is_refused(value: str, says: str) -> None:
    with pytest.raises(NotRendered, match=says):
        rendered(Case(STATUS.chart, STATUS.files, (value,)))


def test_an_umbrella_may_leave_the_status_page_out_and_it_has_no_database() -> None:
    keys = "global.exchange.auth.keySet=keys"
    names = {(each["kind"], each["metadata"]["name"]) for each in rendered(Case("exchange", (), (keys,)))}
    left = rendered(Case("exchange", (), (keys, "services.status=false")))
    assert names - {(each["kind"], each["metadata"]["name"]) for each in left} == {
        ("ServiceAccount", "main-status"),
        ("Ingress", "main-status"),
        *(
            (kind, "main-status-api")
            for kind in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
        ),
    }
    assert ("Secret", "status-database") not in names


def test_the_connections_that_a_service_may_take_are_those_its_own_cluster_gives() -> None:
    case = example("operators", "payments")
    (cluster,) = of_kind(rendered(case), "Cluster")
    assert cluster["spec"]["postgresql"]["parameters"]["max_connections"] == "200"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_that_hands_spans_to_a_collector_says_how_many(name: str) -> None:
    for _, pod in pods(rendered(example(name, "payments"))):
        for container in containers(pod):
            told = environment(container)
            assert "BULKHEAD_OTLP_ENDPOINT" not in told or told["BULKHEAD_TRACE_RATIO"] == "0.01"


@pytest.mark.parametrize(
    ("release", "secret"),
    [
        ("payments", "payments-database"),
        ("main", "main-payments-database"),
        ("my-payments", "my-payments-database"),
    ],
)
def test_a_secrets_name_has_the_charts_where_the_releases_name_has_not(release: str, secret: str) -> None:
    assert f"{{name: {secret}, key: url}}" in helm("template", release, *minimal("payments").command)


@pytest.mark.parametrize("protocol", ["charges", "payment-intents"])
def test_a_processor_is_asked_with_a_key_that_who_migrates_is_not_given(protocol: str) -> None:
    speaks = f"processor.protocol={protocol}"
    with pytest.raises(NotRendered, match="which secret has our key at the processor"):
        rendered(minimal("payments", speaks, "processor.secretKey.name="))
    objects = rendered(
        minimal("payments", speaks, "processor.secretKey.name=ours", "processor.returnUrl=https://a.example")
    )
    told = {
        component: environment(
            named(objects, "Deployment", f"payments-{component}")["spec"]["template"]["spec"]["containers"][0]
        )
        for component in ("api", "worker")
    }
    for each in told.values():
        if protocol == "payment-intents":
            assert each["PAYMENTS_PROCESSOR_PROTOCOL"] == protocol
            assert each["PAYMENTS_PROCESSOR_RETURN_URL"] == "https://a.example"
        assert "PAYMENTS_PROCESSOR_KEY" in each
    (job,) = of_kind(objects, "Job")
    migrating = environment(containers(job["spec"]["template"]["spec"])[0])
    assert {each: value for each, value in migrating.items() if each.startswith("PAYMENTS_PROCESSOR_")} == {
        "PAYMENTS_PROCESSOR_URL": "sandbox:"
    }


@pytest.mark.parametrize(
    ("case", "speaks", "door"),
    [
        ("exchange", "charges", "/v1/processor-events"),
        ("exchange-payment-intents", "payment-intents", "/v1/processor-events/payment-intents"),
    ],
)
def test_the_sandbox_of_a_processor_speaks_as_payments_does(case: str, speaks: str, door: str) -> None:
    objects = rendered(CASES[case])
    told = environment(
        named(objects, "StatefulSet", "processor")["spec"]["template"]["spec"]["containers"][0]
    )
    assert told["SANDBOX_PROCESSOR_SPEAKS"] == speaks
    assert told["SANDBOX_PROCESSOR_CALLS_BACK"] == f"http://main-payments-api{door}"
    assert "processor-key" in {each["metadata"]["name"] for each in of_kind(objects, "Secret")}
