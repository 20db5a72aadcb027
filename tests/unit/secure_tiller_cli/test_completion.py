"""Completion in a shell: names from files of this machine, and never an error."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from secure_tiller_cli.commands import app
from secure_tiller_stack import stack_file
from testbed.pulumi_stack import PROJECT

TEAM: dict[str, Any] = {"namespaces": {"blue-apps": {}}, "clients": {"alice": {}, "ci": {}}}
TEAMS = {
    "production": {"payments": {"clients": {"carol": {}}}},
    "local": {"blue": TEAM, "green": {"clients": {"bob": {}}}},
}


def write_stack(folder: Path, name: str, teams: object) -> None:
    (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": {"secure-tiller:teams": teams}}))


def write_contexts(file: Path, *names: str) -> str:
    file.write_text(yaml.safe_dump({"contexts": [{"name": name, "context": {}} for name in names]}))
    return str(file)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with stacks in a folder of their own, and a kubeconfig; be in its folder."""
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\nstackConfigDir: stacks\n")
    for name, teams in TEAMS.items():
        write_stack(stacks, name, teams)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.setenv("KUBECONFIG", write_contexts(tmp_path / "config", "admin@kind", "arn:aws:eks:eu:1:cluster/a"))
    return tmp_path


def offered(line: str) -> list[str]:
    """Return what bash is offered for the last word of a line, and that nothing else is written."""
    words = line.split(" ")
    environment = {
        "_SECURE_TILLER_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ended = CliRunner(env=environment).invoke(app, prog_name="secure-tiller")
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended.stdout.split()


OFFERED = {
    "check ": ["blue", "green", "payments"],
    "check g": ["green"],
    "check --stack local ": ["blue", "green"],
    "check --stack acme/shop/production ": ["payments"],
    "check --stack unknown ": ["blue", "green", "payments"],
    "exit-plan b": ["blue"],
    "migrate b": ["blue"],
    "vet ./chart --team b": ["blue"],
    "bundle ": ["blue", "green", "payments"],
    "bundle blue ": ["alice", "ci"],
    "bundle blue a": ["alice"],
    "bundle red ": [],
    "bundle --stack production blue ": [],
    **{
        f"{command} --stack ": ["local", "production"]
        for command in ("bundle", "check", "exit-plan", "migrate", "preview-summary", "renewals", "report", "vet")
    },
    **{
        f"{command} --context ": ["admin@kind", "arn:aws:eks:eu:1:cluster/a"]
        for command in ("audit", "check", "exit-plan", "migrate", "vet")
    },
    "audit -o ": ["text", "json"],
    "renewals -o j": ["json"],
}


@pytest.mark.parametrize("line", OFFERED)
def test_names_are_offered(line: str) -> None:
    assert offered(f"secure-tiller {line}") == OFFERED[line]


def test_in_a_folder_of_the_project_its_stacks_are_offered(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "stacks")
    assert offered("secure-tiller report --stack p") == ["production"]


def test_stacks_beside_the_project_file_are_offered_if_it_names_no_folder(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    write_stack(project, "beside", {"red": {}})
    assert (offered("secure-tiller report --stack "), offered("secure-tiller check ")) == (["beside"], ["red"])


def test_the_stack_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_STACK", "production")
    assert offered("secure-tiller check ") == ["payments"]


def test_contexts_are_those_of_the_file_that_is_named(project: Path) -> None:
    write_contexts(project / "other", "elsewhere")
    assert offered(f"secure-tiller audit --kubeconfig {project / 'other'} --context ") == ["elsewhere"]


def test_contexts_are_those_of_each_file_of_kubeconfig(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [str(project / "missing"), str(project / "config"), write_contexts(project / "other", "elsewhere")]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(listed))
    assert offered("secure-tiller audit --context ") == ["admin@kind", "arn:aws:eks:eu:1:cluster/a", "elsewhere"]


def test_what_is_no_file_is_not_read(project: Path) -> None:
    os.mkfifo(project / "pipe")
    (project / "stacks" / "Pulumi.pipe.yaml").symlink_to(project / "pipe")
    line = "secure-tiller check --stack pipe "
    command = "from secure_tiller_cli.commands import main; main()"
    environment = {"_SECURE_TILLER_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "4"}
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'secure-tiller'; {command}"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.split() == ["blue", "green", "payments"]


LINES = ("check ", "bundle blue ", "report --stack ", "audit --context ")


def break_all(text: str) -> Callable[[Path], None]:
    def write(project: Path) -> None:
        for file in (project / "Pulumi.yaml", *(project / "stacks").iterdir(), project / "config"):
            file.write_text(text)

    return write


def remove_all(project: Path) -> None:
    for file in (project / "Pulumi.yaml", *(project / "stacks").iterdir(), project / "config"):
        file.unlink()


BROKEN: dict[str, Callable[[Path], None]] = {
    "missing": remove_all,
    "no YAML": break_all("{"),
    "a list": break_all("[1, 2]"),
    "another form": break_all("stackConfigDir: 3\nconfig: [a]\ncontexts: {a: b}\n"),
    "a team of another form": break_all("config: {'secure-tiller:teams': {blue: 3}}\nstackConfigDir: nowhere\n"),
    "too deep": break_all("[" * 30_000),
    "too large": break_all(json.dumps({"contexts": [{"name": "a" * stack_file.LARGEST}]})),
    "no text": break_all("\x00\x01"),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("how", BROKEN)
def test_what_cannot_be_read_completes_nothing(how: str, line: str, project: Path) -> None:
    BROKEN[how](project)
    assert offered(f"secure-tiller {line}") == []


HOSTILE = (
    "$(touch owned)",
    "`id`",
    "\\$(id)",
    "a b",
    "a;b",
    "-o",
    "a'b",
    'a"b',
    "a\nb",
    "\x1b[2J",
    "é",
    "",
    "a\\b",
    "~",
    "*",
)


def test_a_word_that_a_shell_would_read_otherwise_is_not_offered(project: Path) -> None:
    write_stack(project / "stacks", "local", {name: {} for name in (*HOSTILE, "blue")})
    write_contexts(project / "config", *HOSTILE, "safe")
    assert offered("secure-tiller check --stack local ") == ["blue"]
    assert offered("secure-tiller audit --context ") == ["safe"]


@pytest.mark.parametrize("line", LINES)
def test_no_program_is_run_and_no_connection_is_made(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **_: made.append(arguments))
    monkeypatch.setattr(socket, "socket", lambda *arguments, **_: made.append(arguments))
    assert offered(f"secure-tiller {line}")
    assert made == []


def test_bash_completes_with_what_the_command_installs(project: Path) -> None:
    program = Path(sys.executable).parent / "secure-tiller"
    script = f"""
eval "$(_SECURE_TILLER_COMPLETE=source_bash {program})"
COMP_WORDS=(secure-tiller bundle blue "") COMP_CWORD=3
_secure_tiller_completion {program}
echo "${{COMPREPLY[@]}}"
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "components")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=project, env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("alice ci\n", "")
