"""The policy pack on the real engine: our program passes, and what breaks a rule fails by that rule alone."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.demo.place import Place
from testbed.pulumi_stack import Stack
from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack as new_project
from tests.scanners import helm_project
from tests.support import pki
from tests.support.policy_pack import install, judge
from tests.support.projects import TestStack

PROGRAMS = Path(__file__).parent / "programs"
HELM_INIT = {
    **dict.fromkeys(
        ("account-of-its-own", "clients-verified", "endpoint-closed", "limits", "releases-in-secrets"), "mandatory"
    ),
    **dict.fromkeys(("history-limited", "no-service-advice", "not-root-advice", "probe-closed"), "advisory"),
}
UNDONE = {
    **dict.fromkeys(
        (
            *("clients-verified", "component-intact", "endpoint-closed", "limits", "port-forward-restricted"),
            *("releases-in-secrets", "rights-by-name", "rights-in-namespaces-only"),
        ),
        "mandatory",
    ),
    "probe-closed": "advisory",
}
"""The policies that programs/undoing.py violates, with their levels."""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    install()


@pytest.fixture
def advice(tmp_path: Path) -> Path:
    """Makes every rule one that is reported and blocks nothing."""
    file = tmp_path / "advice.json"
    file.write_text(json.dumps({"all": "advisory"}))
    return file


@pytest.fixture
def program(cluster: Place, tools: Toolchain, tmp_path: Path) -> Callable[[list[Any]], Stack]:
    """Make a stack of a program that deploys manifests."""

    def make(manifests: list[Any]) -> Stack:
        environment = tools.environment | {"KUBECONFIG": str(cluster.kubeconfig)}
        stack = new_project(tmp_path, environment, (PROGRAMS / "manifests.py").read_text())
        (stack.project / "manifests.json").write_text(json.dumps(manifests))
        return stack

    return make


def _team(name: str, **settings: Any) -> dict[str, Any]:
    """A team as in the demo, with further settings."""
    return {
        "namespaces": {f"{name}-apps": {"retain_on_delete": False}},
        "clients": {"alice": {}, "bob": {}},
        "subjects": {"groups": [f"{name}-developers"]},
        **settings,
    }


@pytest.fixture
def ours(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[TestStack]:
    """Our program with two such teams, and one that has a client in the cluster and all rights that can be chosen."""
    blue, green, exposed = (f"{name}-rules-{suffix}" for name in ("blue", "green", "open"))
    robot = {"robot": {"secret": {"namespace": f"{exposed}-apps", "name": "tiller-client"}}}
    rights = {"network_policies": True, "roles": True}
    opted = _team(exposed, clients=robot, expose="cluster", rights=rights)
    stack = new_stack({blue: _team(blue), green: _team(green), exposed: opted})
    yield stack
    stack.discard()


@pytest.fixture
def undone(new_stack: Callable[..., TestStack], suffix: str) -> TestStack:
    """Our program with one such team, and programs/undoing.py before it."""
    name = f"undone-{suffix}"
    stack = new_stack({name: _team(name)})
    shutil.copyfile(PROGRAMS / "undoing.py", stack.project / "undoing.py")
    program = stack.project / "__main__.py"
    program.write_text(program.read_text().replace("\nrun()\n", "\nimport undoing\n\nrun()\n"))
    return stack


EXPOSED = {"endpoint-closed-advice": "advisory", "no-service-advice": "advisory"}
"""For the team that has a client in the cluster."""


def test_our_program_breaks_no_rule_before_and_after_everything_is_known(ours: TestStack) -> None:
    """The preview knows no certificate; the update judges once more, with all of them known."""
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        verdict = judge(ours, command=command)
        assert verdict.passed, verdict.text
        assert verdict.levels == EXPOSED


def test_a_transform_that_undoes_promises_breaks_the_rules_of_those(undone: TestStack, advice: Path) -> None:
    blocked, advised = judge(undone), judge(undone, "--policy-pack-config", str(advice))

    assert not blocked.passed
    assert blocked.levels
    assert blocked.levels.items() <= UNDONE.items(), "the first resource ends it"
    assert advised.levels == dict.fromkeys(UNDONE, "advisory"), advised.text


def test_helm_init_breaks_exactly_the_rules_for_what_it_leaves_open(
    program: Callable[[list[Any]], Stack], tools: Toolchain, tmp_path: Path
) -> None:
    stack = program(helm_project.init(tools, tmp_path / "helm"))

    verdict = judge(stack)

    assert not verdict.passed
    assert verdict.levels == HELM_INIT


def test_levels_are_the_users_to_choose(
    program: Callable[[list[Any]], Stack], tools: Toolchain, tmp_path: Path, advice: Path
) -> None:
    stack = program(helm_project.init(tools, tmp_path / "helm"))
    config = json.loads(advice.read_text()) | {"limits": "disabled"}
    (tmp_path / "levels.json").write_text(json.dumps(config))

    verdict = judge(stack, "--policy-pack-config", str(tmp_path / "levels.json"))

    assert verdict.passed, verdict.text
    assert verdict.levels == dict.fromkeys(HELM_INIT.keys() - {"limits"}, "advisory")


SECURED = {
    *("endpoint-closed", "limits"),
    *("clients-verified-advice", "history-limited", "no-service-advice", "not-root-advice", "probe-closed"),
}
"""The policies that the document's own commands violate: Tiller listens on all addresses, without limits, and more."""


def test_the_documents_own_installation_breaks_exactly_what_it_does_not_speak_of(
    program: Callable[[list[Any]], Stack], tools: Toolchain, tmp_path: Path
) -> None:
    stack = program([*_secured(tools, tmp_path, "tiller-world", pki.authority()), *helm_project.DOCUMENTED_ROLE])

    # The Role of the document gives `*`.
    assert set(judge(stack).levels) == {*SECURED, "rights-by-name", "rights-that-stay"}


def test_two_such_tillers_of_one_ca_break_one_rule_more_and_no_key_is_shown(
    program: Callable[[list[Any]], Stack], tools: Toolchain, tmp_path: Path
) -> None:
    authority = pki.authority()
    both = [one for name in ("blue", "green") for one in _secured(tools, tmp_path, name, authority)]
    stack = program(both)

    verdict = judge(stack)

    assert set(verdict.levels) == {*SECURED, "client-ca-of-its-own"}
    for name in ("blue", "green"):
        assert (tmp_path / name / "key.pem").read_text().splitlines()[1] not in verdict.text


def _secured(tools: Toolchain, folder: Path, namespace: str, authority: pki.Pair) -> list[Any]:
    """Return the objects that the command at the end of "Securing your Helm Installation" installs."""
    files = folder / namespace
    files.mkdir()
    server = pki.server(authority)
    for name, pem in {"cert": server.pem, "key": server.key_pem, "ca": authority.pem}.items():
        (files / f"{name}.pem").write_text(pem)
    return helm_project.init(
        tools,
        files / "home",
        "--override=spec.template.spec.containers[0].command={/tiller,--storage=secret}",
        *("--tiller-tls", "--tiller-tls-verify", f"--tiller-tls-cert={files}/cert.pem"),
        *(f"--tiller-tls-key={files}/key.pem", f"--tls-ca-cert={files}/ca.pem"),
        *("--service-account=tiller", f"--tiller-namespace={namespace}"),
    )
