"""No engine can run the composition here, so every image, command, port and variable in it is held against the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pymongo.uri_parser import parse_uri
from typer.main import get_command

from deploy.cli import app
from deploy.installation import SERVICES
from deploy.local.jars import read_pins
from deploy.local.kafka import GUARDED
from services.reporting.settings import Settings as ReportingSettings
from shared.messaging.topics import PARTITIONS
from shared.settings import ServiceSettings
from shared.stopping import STOP_SECONDS

ROOT = Path(__file__).parents[2]
OURS = "goldenthread"


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


@pytest.fixture(scope="module")
def services(composition: dict[str, Any]) -> dict[str, Any]:
    return dict(composition["services"])


def test_every_service_the_relay_and_the_projectors_are_there(services: dict[str, Any]) -> None:
    assert services.keys() >= {*SERVICES, "relay", "projector-0", "kafka", "mongo", "topics", "issuer"}


def test_every_command_is_one_that_the_program_has(services: dict[str, Any]) -> None:
    program = get_command(app)
    for name, service in services.items():
        if service.get("image") == OURS and "command" in service:
            command, *arguments = service["command"]
            found = program.commands[command]  # type: ignore[attr-defined]
            with found.make_context(command, list(arguments)) as context:
                assert context.params or not arguments, name


def test_the_projectors_share_all_partitions(services: dict[str, Any]) -> None:
    slots = [service["command"] for name, service in services.items() if name.startswith("projector-")]
    assert sorted(command[2] for command in slots) == [str(i) for i in range(len(slots))]
    assert {command[4] for command in slots} == {str(len(slots))}
    assert len(slots) <= PARTITIONS


def test_every_variable_of_ours_is_a_setting(services: dict[str, Any]) -> None:
    known = {f"GOLDENTHREAD_{name.upper()}" for s in (ServiceSettings, ReportingSettings) for name in s.model_fields}
    for service in services.values():
        environment = service.get("environment", {})
        assert {name for name in environment if name.startswith("GOLDENTHREAD_")} <= known


def test_the_settings_accept_what_the_composition_says(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services["audit"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = ServiceSettings()
    host, port = settings.kafka_url.split(":")
    advertised = services[host]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert f"PLAINTEXT://{host}:{port}" in advertised
    mongo = parse_uri(settings.mongo_url)
    assert mongo["nodelist"] == [("mongo", 27017)]
    assert mongo["options"]["replicaSet"] in services["mongo"]["command"]


def test_each_published_port_leads_to_the_port_that_is_served(services: dict[str, Any]) -> None:
    published = [port for name in SERVICES for port in services[name].get("ports", ())]
    assert len({port.split(":")[1] for port in published}) == len(published) == len(SERVICES)
    for name in SERVICES:
        address, _, inner = services[name]["ports"][0].rpartition(":")
        assert address.startswith("127.0.0.1:")
        assert inner == services[name]["environment"]["GOLDENTHREAD_PORT"]
        assert f":{inner}/readyz" in services[name]["healthcheck"]["test"][-1]


def test_relay_and_projectors_are_asked_whether_they_live(services: dict[str, Any]) -> None:
    background = [service for service in services.values() if service.get("command", [""])[0] in ("relay", "project")]
    assert len(background) == 3
    for service in background:
        port = service["command"][service["command"].index("--health-port") + 1]
        assert f":{port}/livez" in service["healthcheck"]["test"][-1]


def test_every_process_has_time_for_an_orderly_end(services: dict[str, Any]) -> None:
    for name in (*SERVICES, "relay", "projector-0", "projector-1"):
        assert int(services[name]["stop_grace_period"].rstrip("s")) > STOP_SECONDS


def test_the_broker_is_the_release_whose_jars_are_pinned(services: dict[str, Any]) -> None:
    version = services["kafka"]["image"].split(":")[1]
    assert any(f"kafka_2.13-{version}.jar" in path for path in read_pins())


def test_the_broker_lets_partners_in_as_the_local_one_does(services: dict[str, Any]) -> None:
    """The image reads a dot as _ and a dash as ___."""
    environment = services["kafka"]["environment"]
    variables = {
        name: f"KAFKA_{name.replace('-', '___').replace('.', '_').upper()}"
        for name in GUARDED  # every setting of the local broker that is about who may do what
    }
    assert {name: environment[variable] for name, variable in variables.items()} == GUARDED
    listeners = dict(one.split("://:") for one in environment["KAFKA_LISTENERS"].split(","))
    assert services["kafka"]["ports"] == [f"127.0.0.1:{listeners['PARTNER']}:{listeners['PARTNER']}"]
    assert f"PARTNER://localhost:{listeners['PARTNER']}" in environment["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert "PARTNER:SASL_SSL" in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")


def test_the_brokers_certificate_is_where_it_looks_for_it(services: dict[str, Any], tmp_path: Path) -> None:
    *_, code = services["certificates"]["entrypoint"]
    here = code.replace("/certificates", str(tmp_path)).replace("1000, 1000", "-1, -1")
    subprocess.run([sys.executable, "-c", here], cwd=ROOT, check=True)
    where = services["kafka"]["environment"]["KAFKA_LISTENER_NAME_PARTNER_SSL_KEYSTORE_LOCATION"]
    assert {path.name for path in tmp_path.iterdir()} == {Path(where).name, "partner-ca.pem"}
    assert services["kafka"]["depends_on"] == {"certificates": {"condition": "service_completed_successfully"}}


def test_nothing_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    for name in (*SERVICES, "relay", "projector-0"):
        assert services[name]["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
    assert services["topics"]["depends_on"].keys() == {"kafka", "mongo", "issuer"}
    for engine in ("kafka", "mongo"):
        assert "healthcheck" in services[engine]


def test_every_volume_that_is_mounted_is_declared(composition: dict[str, Any]) -> None:
    mounted = {volume.split(":")[0] for s in composition["services"].values() for volume in s.get("volumes", ())}
    assert mounted == set(composition["volumes"])


def test_the_image_holds_what_the_commands_import() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for folder in ("deploy", "services", "shared"):
        assert f"COPY {folder} {folder}" in dockerfile
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert 'ENTRYPOINT ["goldenthread"]' in dockerfile
