"""The output and the exit codes of the subcommand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from secure_tiller_cli.commands import app
from secure_tiller_stack.cluster.lister import path
from tests.support.api_server import REVIEW, ApiServer, review
from tests.support.api_server import kubeconfig as written
from tests.support.cluster_objects import (
    BLUE,
    RED,
    Object,
    authority,
    container,
    granted,
    rule,
    surroundings,
    template,
    without,
    workload,
)
from tests.support.tillers.rows import but, other
from tests.unit.secure_tiller_cli.audit.served import serve
from tiller_facts.kinds import DEPLOYMENTS
from tiller_facts.severity import Severity

AROUND = surroundings()
PLAINTEXT = workload("Deployment", template(container(args=["--storage=secret", "--history-max=20"])))
OPEN = workload("Deployment", template(container(args=but("--listen=:44134"))))
RIGHT = workload("Deployment", template(container()))
CHAT = workload("Deployment", template(other("chat:1", ports=[{"containerPort": 44134}]), labels={}), RED, "chat")
CLIENT = workload("Job", template(other("tools/helm:2.17.0", "helm", "ls", "--tls"), labels={}), "ci", "deploy")


def run(server: ApiServer, folder: Path, *options: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["audit", f"--kubeconfig={written(folder, server.url)}", *options], catch_exceptions=False
    )


@pytest.fixture
def server_of(server: ApiServer) -> Any:
    """Make an API server that has some objects, and the surroundings of a Tiller."""

    def make(*objects: Object, around: Sequence[Object] = AROUND) -> ApiServer:
        return serve(server, *objects, *around)

    return make


CODES: list[tuple[Object, list[str], int]] = [
    (RIGHT, [], 0),
    *((RIGHT, [f"--fail-on={level}"], 0) for level in Severity),
    (PLAINTEXT, [], 0),
    *((PLAINTEXT, [f"--fail-on={level}"], 3) for level in Severity),
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
    server = server_of(RIGHT)
    server.answers[REVIEW] = review(allowed=True)
    assert run(server, tmp_path, "--fail-on=critical").exit_code == 3


@pytest.mark.parametrize("options", [["--context=elsewhere"], ["--kubeconfig=/nowhere"]])
def test_a_kubeconfig_that_does_not_serve_is_one_line(server_of: Any, tmp_path: Path, options: list[str]) -> None:
    done = run(server_of(RIGHT), tmp_path, *options)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"secure-tiller: {options[0].partition('=')[0]} = ")
    assert line.endswith("choose another with --kubeconfig and --context")


def test_the_text_is_a_table_and_then_findings_worst_first(server_of: Any, tmp_path: Path) -> None:
    second = workload("Deployment", template(container()), RED)
    out = run(server_of(PLAINTEXT, second, CLIENT), tmp_path).stdout
    assert out.startswith("2 Tillers in the cluster at http://")
    rows = [line.split() for line in out.splitlines() if "/tiller-deploy  " in line]
    assert rows[0][:6] == ["blue-tiller/tiller-deploy", "yes", "no", "yes", "yes", "no"]
    assert "1 critical" in " ".join(rows[0])
    start, first, last = out.split("/tiller-deploy (Deployment, ghcr.io/helm/tiller:v2.17.0, account tiller)")
    assert "The cluster\n  high      client-without-verification: Job ci/deploy runs a Helm client" in start
    levels = [Severity(line.split()[0]) for line in first.splitlines() if line.startswith("  ") and line[2] != " "]
    assert levels == sorted(levels, key=lambda level: level.rank)
    assert "(docs/practices.md#clients-verified)" in first
    assert "  critical  no-tls: speaks plaintext: whoever connects has its rights\n            give Tiller" in first
    assert "high      certificate-unknown" in last


def narrow(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Make standard output a narrow terminal."""
    monkeypatch.setattr(
        "secure_tiller_cli.output.console",
        lambda *, err=False: Console(width=columns, force_terminal=not err, color_system=None),
    )


def test_80_columns_have_room_for_a_name_because_practices_are_numbers_there(
    server_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(monkeypatch, 80)
    out = run(server_of(PLAINTEXT), tmp_path).stdout
    assert "\n│ blue-tiller/tiller-deploy │" in out
    assert "1 RBAC, 2 Certificate, 3 Secrets, 4 Account, 5 Verification" in out


def test_a_name_for_which_there_is_no_room_goes_on_in_the_next_line(
    server_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(monkeypatch, 60)
    made = workload("Deployment", template(container()), "a-team-with-a-long-name-tiller")
    out = run(server_of(made), tmp_path).stdout
    overview = out.partition("\n\na-team")[0]
    first_cells = (line.split("│")[1].strip() for line in overview.splitlines() if line.startswith("│"))
    assert "a-team-with-a-long-name-tiller/tiller-deploy" in "".join(first_cells)


def test_a_tiller_without_findings_is_reported_too(server_of: Any, tmp_path: Path) -> None:
    assert run(server_of(RIGHT), tmp_path).stdout.endswith("account tiller)\n  no findings\n")


def test_a_cluster_without_tillers_has_none(server_of: Any, tmp_path: Path) -> None:
    done = run(server_of(), tmp_path, "--fail-on=low")
    assert (done.exit_code, done.stdout.splitlines()[0][:9]) == (0, "0 Tillers")


def test_what_may_be_a_tiller_is_suspected_and_not_counted(server_of: Any, tmp_path: Path) -> None:
    server = server_of(RIGHT, CHAT)
    out = run(server, tmp_path).stdout
    assert out.startswith("1 Tiller, and 1 suspected in the cluster at http://")
    assert (
        f"\nSuspected: {RED}/chat (Deployment, chat:1, account tiller)\n  medium    suspected: may be a Tiller" in out
    )
    assert f"  {RED}/chat  " not in out, "it is no row of the table"
    said = json.loads(run(server, tmp_path, "--format=json").stdout)
    assert [[one["namespace"] for one in said[part]] for part in ("tillers", "suspected")] == [[BLUE], [RED]]
    (finding,) = said["suspected"][0]["findings"]
    assert (finding["code"], finding["status"], finding["practice"]) == ("suspected", "suspected", "tiller-recognised")
    assert run(server, tmp_path, "--fail-on=medium").exit_code == 3
    assert run(server, tmp_path, "--fail-on=high").exit_code == 0


def test_a_script_hides_what_a_tiller_does(server_of: Any, tmp_path: Path) -> None:
    script = container(command=["sh", "-c"], args=["tiller; tiller --tls-verify --storage=secret"])
    said = json.loads(run(server_of(workload("Deployment", template(script))), tmp_path, "--format=json").stdout)
    (tiller,) = said["tillers"]
    assert {one["status"] for one in tiller["findings"] if one["code"].endswith("-unknown")} == {"hidden"}
    assert (tiller["settings"]["verifies"], tiller["settings"]["storage"]) == (None, None)


def test_the_json_has_every_field(server_of: Any, tmp_path: Path) -> None:
    people = granted(rule("pods/portforward", "create"), to="Group blue-people", namespace=BLUE, name="people")
    said = json.loads(run(server_of(RIGHT, *people), tmp_path, "--format=json").stdout)
    (tiller,) = said.pop("tillers")
    assert (said.keys(), tiller.pop("practices")[4]) == (
        {"server", "findings", "suspected"},
        {
            "number": 5,
            "name": "Verification",
            "answer": "yes",
            "why": "it asks every client for a certificate, of a CA that no other Tiller that was seen trusts",
        },
    )
    assert tiller == {
        "namespace": BLUE,
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
            "storageNamespace": BLUE,
            "listen": "127.0.0.1:44134",
            "probeListen": ":44135",
            "historyMax": 20,
        },
        "services": [],
        "reach": [
            {"kind": "Group", "name": "blue-people", "namespace": "", "binding": f"RoleBinding {BLUE}/people"},
        ],
        "rights": [
            {
                "namespace": "blue-apps",
                "binding": "RoleBinding blue-apps/tiller-apps",
                "subject": f"ServiceAccount {BLUE}/tiller",
            }
        ],
        "findings": [],
    }


def test_findings_in_json_name_their_practice_and_its_page(server_of: Any, tmp_path: Path) -> None:
    server = server_of(PLAINTEXT, around=without(AROUND, "NetworkPolicy"))
    findings = json.loads(run(server, tmp_path, "--format=json").stdout)["tillers"][0]["findings"]
    assert [finding["code"] for finding in findings][:2] == ["no-tls", "listens-everywhere"]
    fields = {"level", "code", "text", "remedy", "status", "practice", "page"}
    assert all(finding.keys() == fields for finding in findings)
    assert findings[0]["page"] == "docs/practices.md#clients-verified"
    assert findings[1]["text"].endswith(" (:44134)"), "what a finding quotes"


def test_nothing_of_a_secret_is_written(server_of: Any, tmp_path: Path) -> None:
    for form in ("text", "json"):
        output = run(server_of(RIGHT), tmp_path, f"--format={form}").output
        assert [
            word
            for word in ("sesame", "PRIVATE", authority(f"clients of {BLUE}").pem.splitlines()[1])
            if word in output
        ] == []


def test_what_a_cluster_says_cannot_draw_on_the_terminal(server_of: Any, tmp_path: Path) -> None:
    odd = workload("Deployment", template(container(image="tiller\x1b[2J:latest")))
    assert "\x1b[2J" not in run(server_of(odd), tmp_path).stdout


def test_every_kind_is_asked_for_once(server_of: Any, tmp_path: Path) -> None:
    server = server_of(RIGHT)
    run(server, tmp_path)
    assert len(server.asked_at(path(DEPLOYMENTS))) == 1
