"""The image's recipe and the files in deploy/ are what their own programs take, and keep what we promise of them."""

import re
import subprocess

import pytest

from tests.deploy.files import COMPOSE, DEPLOY, KUBERNETES, UNITS, judged, nginx_of, objects, pods, services, tool
from tests.support.processes import ROOT


def names(paths):
    return [path.name for path in paths]


@pytest.mark.slow
class TestPrograms:
    def test_hadolint_takes_the_recipe_of_the_image(self):
        assert judged("hadolint", "Dockerfile") == ""

    @pytest.mark.parametrize("path", COMPOSE, ids=names(COMPOSE))
    def test_the_schema_of_compose_takes(self, path):
        judged("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(path))

    def test_yamllint_takes_all(self):
        judged("yamllint", "--strict", "deploy", ".yamllint.yaml")

    @pytest.mark.parametrize("path", KUBERNETES, ids=names(KUBERNETES))
    def test_the_schemas_of_kubernetes_take(self, path):
        judged("kubernetes-validate", "--strict", str(path))

    def test_systemd_takes_the_units_and_finds_them_closed(self, tmp_path):
        for path in UNITS:
            (tmp_path / path.name).write_text(path.read_text().replace("/opt/parley/bin/parley", "/bin/true"))
        assert (
            judged("systemd-analyze", "verify", "--man=no", *(f"./{path.name}" for path in UNITS), cwd=tmp_path) == ""
        )
        for path in UNITS:
            judged("systemd-analyze", "security", "--offline=true", "--threshold=25", path.name, cwd=tmp_path)

    def test_nginx_takes_its_file(self, tmp_path):
        judged("nginx", "-t", "-q", "-p", str(tmp_path), "-c", str(nginx_with_certificate(tmp_path)))

    def test_caddy_takes_its_file(self, tmp_path):
        for chosen in ({}, {"SITE_URL": "https://a.example", "PARLEY_HOST": "web", "PORT": "9"}):
            judged("caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), HOME=str(tmp_path), **chosen)
        done = subprocess.run(
            [tool("caddy"), "fmt", "--diff", str(DEPLOY / "Caddyfile")], capture_output=True, text=True
        )
        assert not re.search(r"^[+-]", done.stdout, re.MULTILINE), done.stdout

    def test_the_shell_takes_the_command_of_the_image(self):
        judged("sh", "-n", "deploy/image/parley")


def nginx_with_certificate(folder):
    """Our file as the whole of an nginx, with a certificate that exists."""
    return nginx_of(folder, (DEPLOY / "nginx.conf").read_text())


class TestPromises:
    @pytest.mark.parametrize("path", COMPOSE, ids=names(COMPOSE))
    def test_our_containers_can_do_little(self, path):
        ours = [service for service in services(path).values() if "PARLEY_IMAGE" in service["image"]]
        assert ours
        for service in ours:
            assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert "data:/data" in service["volumes"]

    def test_who_writes_replies_has_the_time_to_end(self):
        [worker] = [spec for name, spec in pods().items() if name == "parley-worker"]
        assert worker["terminationGracePeriodSeconds"] > 20
        assert "TimeoutStopSec=30" in (DEPLOY / "systemd" / "parley-worker@.service").read_text()
        for path, name in zip(COMPOSE, ("worker", "parley"), strict=True):
            assert int(services(path)[name]["stop_grace_period"].rstrip("s")) > 20

    def test_pods_can_do_little(self):
        for name, spec in pods().items():
            assert spec["securityContext"]["runAsNonRoot"] is True, name
            assert spec["automountServiceAccountToken"] is False, name
            for container in spec["containers"]:
                inside = container["securityContext"]
                assert (inside["readOnlyRootFilesystem"], inside["allowPrivilegeEscalation"]) == (True, False), name
                assert "memory" in container["resources"]["limits"], name

    def test_an_update_leaves_one_of_each(self):
        kept = {found["metadata"]["name"] for found in objects() if found["kind"] == "PodDisruptionBudget"}
        assert kept == {"parley-web", "parley-worker"}

    def test_only_the_scaled_one_trusts_any_proxy_since_nobody_else_reaches_its_web_servers(self):
        one, scaled = services(DEPLOY / "compose.yaml"), services(DEPLOY / "compose.scaled.yaml")
        assert "FORWARDED_ALLOW_IPS" not in one["parley"]["environment"]
        assert scaled["web"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"
        assert [name for name, service in scaled.items() if "ports" in service] == ["proxy"]

    @pytest.mark.parametrize("path", COMPOSE, ids=names(COMPOSE))
    def test_every_variable_is_one_that_exists(self, path):
        documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE))
        for service in services(path).values():
            if "PARLEY_IMAGE" in service["image"]:
                assert service["environment"].keys() <= documented | {"FORWARDED_ALLOW_IPS"}

    def test_no_secret_is_in_the_files(self):
        for path in (*COMPOSE, ROOT / "Dockerfile"):
            assert not re.search(r"sk-|BEGIN .*PRIVATE", path.read_text())
