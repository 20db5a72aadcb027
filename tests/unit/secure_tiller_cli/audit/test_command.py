"""The subcommand: what it writes, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from secure_tiller_cli.audit import Level
from secure_tiller_cli.commands import app
from tests.support.api_server import REVIEW, ApiServer, review
from tests.support.api_server import kubeconfig as written
from tests.support.samples import OWN_CA
from tests.unit.secure_tiller_cli.audit.conftest import DEPLOYED
from tests.unit.secure_tiller_cli.audit.samples import (
    CLOSED,
    RIGHT,
    Object,
    bound,
    container,
    deployment,
    policy,
    rule,
    template,
)

PLAINTEXT = deployment(template(container(["--storage=secret"])))
OPEN = deployment(template(container([word for word in RIGHT if not word.startswith("--listen")])))


def run(server: ApiServer, folder: Path, *options: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["audit", f"--kubeconfig={written(folder, server.url)}", *options], catch_exceptions=False
    )


@pytest.fixture
def server_of(tillers: ApiServer) -> Any:
    """Make an API server that has some Deployments, in a namespace that a NetworkPolicy closes."""

    def make(*deployments: Object, around: Object = CLOSED) -> ApiServer:
        role, binding = bound(rule("secrets", "get"))
        tillers.answers |= {
            DEPLOYED: (200, {"items": list(deployments)}),
            "/apis/networking.k8s.io/v1/networkpolicies": (200, {"items": [around]}),
            "/apis/rbac.authorization.k8s.io/v1/roles": (200, {"items": [role]}),
            "/apis/rbac.authorization.k8s.io/v1/rolebindings": (200, {"items": [binding]}),
        }
        return tillers

    return make


CODES: list[tuple[Object, list[str], int]] = [
    (deployment(), [], 0),
    *((deployment(), [f"--fail-on={level}"], 0) for level in Level),
    (PLAINTEXT, [], 0),
    *((PLAINTEXT, [f"--fail-on={level}"], 3) for level in Level),
    (OPEN, ["--fail-on=low"], 3),
    (OPEN, ["--fail-on=medium"], 0),
    (OPEN, ["--fail-on=low", "--format=json"], 3),
    (OPEN, ["--fail-on=terrible"], 2),
    (OPEN, ["--stack=production"], 2),
]


@pytest.mark.parametrize(("made", "options", "code"), CODES)
def test_exit_codes(server_of: Any, tmp_path: Path, made: Object, options: list[str], code: int) -> None:
    assert run(server_of(made), tmp_path, *options).exit_code == code


def test_a_finding_about_the_cluster_counts(server_of: Any, tmp_path: Path) -> None:
    server = server_of(deployment())
    server.answers[REVIEW] = review(allowed=True)
    assert run(server, tmp_path, "--fail-on=critical").exit_code == 3


@pytest.mark.parametrize("options", [["--context=elsewhere"], ["--kubeconfig=/nowhere"]])
def test_a_kubeconfig_that_does_not_serve_is_one_line(server_of: Any, tmp_path: Path, options: list[str]) -> None:
    done = run(server_of(deployment()), tmp_path, *options)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"secure-tiller: {options[0].partition('=')[0]} = ")
    assert line.endswith("choose another with --kubeconfig and --context")


def test_the_text_is_a_table_and_then_findings_worst_first(server_of: Any, tmp_path: Path) -> None:
    second = deployment(inside="green-tiller")
    out = run(server_of(PLAINTEXT, second), tmp_path).stdout
    assert out.startswith("2 Tillers in the cluster at http://")
    rows = [line.split() for line in out.splitlines() if "/tiller-deploy  " in line]
    assert rows[0][:6] == ["blue-tiller/tiller-deploy", "yes", "no", "yes", "yes", "no"]
    assert "1 critical" in " ".join(rows[0])
    _, first, last = out.split("/tiller-deploy (Deployment, ghcr.io/helm/tiller:v2.17.0, account tiller)")
    levels = [Level(line.split()[0]) for line in first.splitlines() if line.startswith("  ") and line[2] != " "]
    assert levels == sorted(levels, key=lambda level: level.rank)
    assert "  critical  no-tls: speaks plaintext: whoever connects has its rights\n            give Tiller" in first
    assert "high      certificate-unknown" in last


def narrow(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("secure_tiller_cli.output.console", lambda **_: Console(width=columns))


def test_80_columns_have_room_for_a_name_because_practices_are_numbers_there(
    server_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(monkeypatch, 80)
    out = run(server_of(PLAINTEXT), tmp_path).stdout
    assert "\n  blue-tiller/tiller-deploy  " in out
    assert "1 RBAC, 2 Certificate, 3 Secrets, 4 Account, 5 Verification" in out


def test_a_name_for_which_there_is_no_room_goes_on_in_the_next_line(
    server_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(monkeypatch, 60)
    out = run(server_of(deployment(inside="a-team-with-a-long-name-tiller")), tmp_path).stdout
    overview = out.partition("\n\na-team")[0]
    first_words = (line.split()[0] for line in overview.splitlines() if line.strip())
    assert "a-team-with-a-long-name-tiller/tiller-deploy" in "".join(first_words)


def test_a_tiller_without_findings_is_told_too(server_of: Any, tmp_path: Path) -> None:
    assert run(server_of(deployment()), tmp_path).stdout.endswith("account tiller)\n  no findings\n")


def test_a_cluster_without_tillers_has_none(server_of: Any, tmp_path: Path) -> None:
    done = run(server_of(), tmp_path, "--fail-on=low")
    assert (done.exit_code, done.stdout.splitlines()[0][:9]) == (0, "0 Tillers")


def test_the_json_has_every_field(server_of: Any, tmp_path: Path) -> None:
    said = json.loads(run(server_of(deployment()), tmp_path, "--format=json").stdout)
    (tiller,) = said.pop("tillers")
    assert (said.keys(), tiller.pop("practices")[4]) == (
        {"server", "findings"},
        {
            "number": 5,
            "name": "Verification",
            "answer": "yes",
            "why": "it asks every client for a certificate of a CA that was chosen",
        },
    )
    assert tiller == {
        "namespace": "blue-tiller",
        "kind": "Deployment",
        "name": "tiller-deploy",
        "container": "tiller",
        "pods": [],
        "image": "ghcr.io/helm/tiller:v2.17.0",
        "account": "tiller",
        "settings": {
            "tls": True,
            "verifies": True,
            "storage": "secret",
            "storageNamespace": "blue-tiller",
            "listen": "127.0.0.1:44134",
            "probeListen": ":44135",
            "historyMax": 20,
        },
        "services": [],
        "reach": [],
        "rights": [
            {
                "namespace": "blue-tiller",
                "binding": "RoleBinding blue-tiller/given",
                "subject": "ServiceAccount blue-tiller/tiller",
            }
        ],
        "findings": [],
    }


def test_findings_in_json_have_level_code_text_and_remedy(server_of: Any, tmp_path: Path) -> None:
    said = json.loads(run(server_of(PLAINTEXT, around=policy({})), tmp_path, "--format=json").stdout)
    findings = said["tillers"][0]["findings"]
    assert [finding["code"] for finding in findings][:2] == ["no-tls", "listens-everywhere"]
    assert all(finding.keys() == {"level", "code", "text", "remedy"} for finding in findings)


def test_nothing_of_a_secret_is_written(server_of: Any, tmp_path: Path) -> None:
    for form in ("text", "json"):
        output = run(server_of(deployment()), tmp_path, f"--format={form}").output
        assert [word for word in ("sesame", "PRIVATE", OWN_CA.pem.splitlines()[1]) if word in output] == []


def test_what_a_cluster_says_cannot_draw_on_the_terminal(server_of: Any, tmp_path: Path) -> None:
    odd = deployment(template(container(image="tiller\x1b[2J:latest")))
    assert "\x1b[2J" not in run(server_of(odd), tmp_path).stdout


def test_every_kind_is_asked_for_once(server_of: Any, tmp_path: Path) -> None:
    server = server_of(deployment())
    run(server, tmp_path)
    assert len(server.asked_at(DEPLOYED)) == 1
