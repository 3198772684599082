"""docs/deployment.md: what can be run is run, everything else is held against what it is about."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from tests.docs.examples import Block, Series, blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "deployment.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
BLOCKS = blocks(DOCUMENT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(CHECKOUT / "partners", tmp_path / "partners")
    return tmp_path


def of(language: str, path: str = "") -> list[Block]:
    return [each for each in BLOCKS if each.language == language and each.path == path]


def documents(block: Block) -> list[Any]:
    return list(YAML(typ="safe").load_all(block.text))


def kubernetes(kind: str) -> Any:
    (block,) = of("yaml", "kubernetes.yaml")
    (found,) = [each for each in documents(block) if each["kind"] == kind]
    return found


def compose() -> Any:
    return YAML(typ="safe").load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_every_command_that_needs_no_container_works(project: Path) -> None:
    needs("curl", "sends the requests")

    run_series(BLOCKS, project)


# The container


def test_the_paths_and_the_user_are_those_of_the_image() -> None:
    for folder in ("/app/data", "/app/partners"):
        assert f'"{folder}"' in DOCKERFILE
        assert f"`{folder}`" in TEXT
    assert "USER 1000:1000" in DOCKERFILE
    assert "user 1000 and group 1000" in TEXT
    assert "/app/data/imnot.db" in DOCKERFILE


def test_the_compose_file_is_as_it_is_described() -> None:
    services = compose()["services"]

    assert set(services) == {"imnot", "data-owner"}
    assert services["imnot"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["imnot"]["volumes"] == ["./partners:/app/partners", "./data:/app/data"]
    assert services["imnot"]["user"] == "${IMNOT_UID:-1000}:${IMNOT_GID:-1000}"


def test_the_change_for_a_network_fits_the_compose_file() -> None:
    (change,) = [documents(each)[0] for each in of("yaml")]

    assert change["ports"] == ["0.0.0.0:8000:8000"]
    assert list(change["environment"]) == ["IMNOT_ADMIN_KEY"]


def test_the_image_with_plugins_ends_as_the_same_user() -> None:
    (block,) = of("dockerfile")
    (user,) = re.findall(r"(?m)^USER .*", DOCKERFILE)

    assert block.text.splitlines()[-1] == user


def test_every_variable_is_a_setting() -> None:
    fields = {f"IMNOT_{each.name.upper()}" for each in msgspec.structs.fields(Settings)}
    of_compose = {"IMNOT_UID", "IMNOT_GID"}

    assert set(re.findall(r"IMNOT_[A-Z_]+", TEXT)) - fields == of_compose


# Kubernetes


def test_the_partner_files_of_the_config_map_are_served() -> None:
    mounted = {
        item["key"]: item["path"]
        for volume in kubernetes("Deployment")["spec"]["template"]["spec"]["volumes"]
        for item in volume.get("configMap", {}).get("items", [])
    }
    files = kubernetes("ConfigMap")["data"]
    compiler = offline_compiler(Settings(), Registry())

    assert mounted.keys() == files.keys()
    for key, text in files.items():
        partner = compiler.compile(Source(mounted[key], text))
        assert mounted[key] == f"{partner.name}/partner.yaml"


def test_a_mounted_config_map_is_read(tmp_path: Path) -> None:
    # The shape of such a mount: every entry is a link through `..data` into a dated folder.
    dated = tmp_path / "partners" / "..2026_01_31"
    (dated / "bookingco").mkdir(parents=True)
    (dated / "bookingco" / "partner.yaml").write_text(kubernetes("ConfigMap")["data"]["bookingco"])
    (tmp_path / "partners" / "..data").symlink_to(dated.name)
    (tmp_path / "partners" / "bookingco").symlink_to("..data/bookingco")

    with Series(tmp_path) as series:
        printed = series.execute("imnot routes --json")

    assert [each["partner"] for each in json.loads(printed)["partners"]] == ["bookingco"]


def test_the_deployment_fits_the_image() -> None:
    spec = kubernetes("Deployment")["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    mounts = {each["mountPath"] for each in container["volumeMounts"]}

    assert spec["replicas"] == 1
    assert mounts == {"/app/data", "/app/partners"}
    assert container["ports"] == [{"containerPort": 8000}]
    assert container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": 8000}
    assert spec["selector"]["matchLabels"] == kubernetes("Service")["spec"]["selector"]


# The proxy, and CI


def test_the_proxies_lead_to_the_server() -> None:
    proxies = [each.text for each in BLOCKS if each.heading == "TLS"]

    assert len(proxies) == 2
    assert all("127.0.0.1:8000" in each for each in proxies)


def test_the_proxy_lets_through_what_the_server_takes() -> None:
    (nginx,) = of("nginx")
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", nginx.text)

    assert int(limit) * 1024 * 1024 == Settings().body_limit


def test_the_steps_of_the_job_start_and_stop_the_server(project: Path) -> None:
    needs("curl", "waits for the server")
    (block,) = of("yaml", "ci.yaml")
    (job,) = documents(block)[0]["jobs"].values()
    scripts = {each["name"]: each["run"] for each in job["steps"] if "name" in each}

    with Series(project) as series:
        series.execute(scripts["Start the mocks"])
        served = series.execute("curl --fail http://localhost:8000/imnot/admin/partners")
        log = series.execute(scripts["Stop the mocks"])

    assert {each["partner"] for each in json.loads(served)} == {"bookingco", "staylink"}
    assert "Starting imnot on http://127.0.0.1:8000" in log
