import os, asyncio, importlib, pytest, schemathesis, threading, socket, time, subprocess, sys, pathlib
from datetime import date
import httpx2, json

sys.path.insert(0, "/work/main")
from bulkhead.testing.auth import TestIssuer

ISSUER = TestIssuer()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.mark.parametrize("name", os.environ["SVCS"].split())
def test_fuzz(name, tmp_path, databases, kafka_bootstrap, topic_prefix):
    url = databases.fresh(None)
    ISSUER.write_jwks(tmp_path / "jwks.json")
    port = free_port()
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "BULKHEAD_TOPIC_PREFIX": topic_prefix,
        "BULKHEAD_PARTITIONS": "2",
        "BULKHEAD_HTTP_PORT": str(port),
        "BULKHEAD_JWKS": str(tmp_path / "jwks.json"),
        "BULKHEAD_JWT_ISSUER": ISSUER.issuer,
        "BULKHEAD_JWT_AUDIENCE": ISSUER.audience,
        "BULKHEAD_SIMULATION_START": "2015-12-01",
        "BULKHEAD_POLICY_DIR": "/work/main/policy",
        "PAYMENTS_LOCKBOX_DIR": str(tmp_path / "l"),
        "PAYMENTS_REMITTANCE_DIR": str(tmp_path / "r"),
        "PAYMENTS_PROCESSOR_URL": "http://127.0.0.1:9",
        "CARRIER_GATEWAY_DROPBOX_DIR": str(tmp_path / "d"),
        "NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
        "NOTIFICATIONS_SMTP_PORT": "9",
        "NOTIFICATIONS_SENDER": "a@b.test",
        "NOTIFICATIONS_PRINT_DIR": str(tmp_path / "p"),
    }
    subprocess.run([sys.executable, "-m", name, "migrate"], env=env, check=True)
    log = open(f"/tmp/fuzz_{name}.log", "wb")
    p = subprocess.Popen([sys.executable, "-m", name, "all"], env=env, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                if httpx2.get(base + "/readyz").status_code == 200:
                    break
            except Exception:
                pass
            time.sleep(0.1)
            assert p.poll() is None, open(f"/tmp/fuzz_{name}.log").read()
        # give roles
        tok = ISSUER.token("operator", "service", "assister")
        r = subprocess.run(
            [
                str(pathlib.Path(sys.executable).parent / "schemathesis"),
                "run",
                base + "/v1/openapi.json",
                "-H",
                f"Authorization: Bearer {tok}",
                "--checks",
                "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance",
                "--max-examples",
                "60",
                "--phases",
                "examples,coverage,fuzzing",
                "--continue-on-failure",
                "--no-color",
            ],
            capture_output=True,
            text=True,
            timeout=500,
        )
        open(f"/tmp/fuzz_{name}.out", "w").write(r.stdout + r.stderr)
    finally:
        p.terminate()
        print("exit", p.wait(20))
