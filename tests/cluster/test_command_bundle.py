"""`secure-tiller bundle`: the README's path of a client, and what is refused."""

import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from testbed.demo.place import Place
from testbed.helm import without_settings
from testbed.pulumi_stack import PROJECT
from tests.support import pki
from tests.support.command import PROGRAM, run_process
from tests.support.projects import PASSPHRASE, TestStack

WRAPPED = Path(__file__).parent / "programs" / "wrapped.py"
README = (PROJECT / "README.md").read_text()
HANDING_OVER, AS_THE_CLIENT = "4. Hand a client its bundle.", "5. As that client"

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Desk:
    """A platform engineer's desk: the stack's folder, where bundles are made and handed out.

    Attributes:
        stack: with the team.
        team: as the README's blue: clients alice and ci, people of the group <team>-developers; and own, with a key of
            its own.
        key: that key, as PEM.
        people: the environment of somebody of that group, who has no other right and settings of Helm's own.
    """

    stack: TestStack
    team: str
    key: str
    people: Mapping[str, str]

    def run(self, *arguments: str, **environment: str) -> Done:
        """Run the command `secure-tiller` as a process."""
        return run_process(self.stack, *arguments, **environment)

    def bundle(self, client: str, folder: Path | str, *more: str, **environment: str) -> Done:
        """Run `secure-tiller bundle` for a client of the team."""
        return self.run(
            "bundle", self.team, client, "--out", str(folder), "--stack", self.stack.name, *more, **environment
        )

    def as_people(self, script: str, folder: Path | None = None) -> Done:
        """Run a line of bash as somebody of the team's group."""
        command = ["bash", "-c", script]
        place = folder or self.stack.project
        return subprocess.run(command, cwd=place, env=dict(self.people), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def desk(
    new_stack: Callable[..., TestStack], cluster: Place, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    team, key = f"desk-{suffix}", pki.new_key()
    clients = {"alice": {}, "ci": {}, "own": {"csr": pki.request("own", key=key)}}
    settings: dict[str, object] = {
        "namespaces": {f"{team}-apps": {"retain_on_delete": False}},
        "clients": clients,
        "subjects": {"groups": [f"{team}-developers"]},
    }
    with new_stack({team: settings}, PASSPHRASE) as stack:
        stack.up()
        yield Desk(stack, team, pki.key_pem(key), _people(stack, team, cluster, tmp_path_factory.mktemp("alice")))


def _people(stack: TestStack, team: str, cluster: Place, home: Path) -> dict[str, str]:
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] |= {"as": "alice", "as-groups": [f"{team}-developers"]}
    file = home / "kubeconfig"
    file.write_text(yaml.safe_dump(kubeconfig))
    repositories = home / "helm" / "repository" / "repositories.yaml"
    repositories.parent.mkdir(parents=True)
    repositories.write_text("apiVersion: v1\nrepositories:\n- name: hers\n  url: http://127.0.0.1:1/charts\n")
    return {**without_settings(stack.environment), "KUBECONFIG": str(file), "HELM_HOME": str(home / "helm")}


def commands(step: str) -> str:
    """Return the commands of a step of the README."""
    (text,) = re.findall(rf"^\*\*{re.escape(step)}.*?^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(text)


def test_the_path_of_the_readme_from_a_bundle_to_helm_ls(desk: Desk) -> None:
    words = commands(HANDING_OVER).replace("blue", desk.team).replace("production", desk.stack.name).split()
    assert words[0] == "secure-tiller"
    handed = desk.run(*words[1:])
    assert handed.returncode == 0, handed.stderr
    listed = desk.as_people(f"set -e\n{commands(AS_THE_CLIENT)}")
    assert (listed.returncode, listed.stdout) == (0, ""), listed.stderr


def test_control_without_the_bundle_helm_ls_gets_no_answer(desk: Desk) -> None:
    without = desk.as_people(f"export TILLER_NAMESPACE={desk.team}-tiller; helm ls --tiller-connection-timeout 5")
    assert without.returncode != 0


def test_the_users_own_repositories_stay(desk: Desk, tmp_path: Path) -> None:
    desk.bundle("alice", tmp_path / "alice").check_returncode()
    assert "hers" in desk.as_people(f"source {tmp_path}/alice/env; helm repo list").stdout


def test_env_verifies_the_server(desk: Desk, tmp_path: Path) -> None:
    desk.bundle("alice", tmp_path / "alice").check_returncode()
    (tmp_path / "alice" / "ca.pem").write_text(pki.authority().pem)
    refused = desk.as_people(f"source {tmp_path}/alice/env; helm ls --tiller-connection-timeout 5")
    assert refused.returncode != 0


def test_an_archive_works_where_it_is_unpacked(desk: Desk, tmp_path: Path) -> None:
    command = [PROGRAM, "bundle", desk.team, "alice", "--out", "-", "--stack", desk.stack.name]
    environment = {**desk.stack.environment, "PYTHONPATH": str(PROJECT / "components")}
    done = subprocess.run(command, cwd=desk.stack.project, env=environment, capture_output=True, check=True)
    (tmp_path / "alice.tar").write_bytes(done.stdout)
    with tarfile.open(tmp_path / "alice.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    assert b"in the archive" in done.stderr
    assert desk.as_people("source alice/env && helm ls", tmp_path).returncode == 0


def test_a_client_with_a_key_of_its_own_adds_it_to_its_bundle(desk: Desk, tmp_path: Path) -> None:
    done = desk.bundle("own", tmp_path / "own")
    assert "made its own key" in done.stderr
    assert not (tmp_path / "own" / "key.pem").exists()
    (tmp_path / "own" / "key.pem").write_text(desk.key)
    assert desk.as_people(f"source {tmp_path}/own/env; helm ls").returncode == 0


def test_it_says_until_when_it_is_good_and_how_to_renew_and_no_key(desk: Desk, tmp_path: Path) -> None:
    done = desk.bundle("alice", tmp_path / "alice")
    assert done.stdout == ""
    assert re.search(r"ends \d{4}-\d\d-\d\d \d\d:\d\d UTC \(in 89 days\)", done.stderr)
    assert "to renew: `pulumi up` from " in done.stderr
    assert "PRIVATE KEY" not in done.stderr


def test_json_for_machines(desk: Desk, tmp_path: Path) -> None:
    written = json.loads(desk.bundle("ci", tmp_path / "ci", "--format", "json").stdout)
    assert written["files"] == ["ca.pem", "cert.pem", "env", "key.pem"]
    assert (written["client"], written["folder"]) == ("ci", str(tmp_path / "ci"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("bleu", "alice"), 2, "team bleu: the stack has no team of this name; there are teams: "),
        (("{team}", "alcie"), 2, "client alcie: team {team} has no client of this name; did you mean 'alice'?"),
        (("{team}", "alice", "--format", "json", "--out", "-"), 2, "--out -: writes an archive"),
        (("{team}", "alice", "--stack", "nowhere"), 1, "stack nowhere: its state cannot be read: no stack named"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    desk: Desk, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    given = [argument.format(team=desk.team) for argument in arguments]
    done = desk.run("bundle", "--out", str(tmp_path / "new"), "--stack", desk.stack.name, *given)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1
    assert f"secure-tiller: {said.format(team=desk.team)}" in done.stderr
    assert not (tmp_path / "new").exists()


def test_another_passphrase_is_said_in_one_line(desk: Desk, tmp_path: Path) -> None:
    done = desk.bundle("alice", tmp_path / "new", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "incorrect passphrase" in done.stderr
    assert not (tmp_path / "new").exists()


def test_another_clients_folder_is_refused_in_one_line(desk: Desk, tmp_path: Path) -> None:
    desk.bundle("ci", tmp_path / "ci").check_returncode()
    before = (tmp_path / "ci" / "key.pem").read_text()
    done = desk.bundle("alice", tmp_path / "ci")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"is of client ci, team {desk.team}" in done.stderr
    assert (tmp_path / "ci" / "key.pem").read_text() == before


def test_a_program_of_somebody_elses_that_imports_the_component_is_served_too(
    desk: Desk, new_stack: Callable[..., TestStack], suffix: str, tmp_path: Path
) -> None:
    stack = new_stack({})
    (stack.project / "__main__.py").write_text(WRAPPED.read_text().replace("TEAM", f"wrapped-{suffix}"))
    with stack:
        stack.up()
        other = replace(desk, stack=stack, team=f"wrapped-{suffix}")
        other.bundle("ci", tmp_path / "ci").check_returncode()
        admin = {**desk.people, "KUBECONFIG": stack.environment["KUBECONFIG"]}
        assert replace(other, people=admin).as_people(f"source {tmp_path}/ci/env; helm ls").returncode == 0
