"""The policy pack, as the engine starts it from another repository, and what it needs of the checkout."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack
from tests.support.policy_pack import PACK, PYTHON, install, judge
from tiller_policies.policies import POLICIES

FACTS = PROJECT / "components" / "tiller_facts"
SHOW = """
import json
import runpy
import sys

import pulumi_policy

pulumi_policy.PolicyPack = lambda name, policies: print(json.dumps([
    dict(name=one.name, level=one.enforcement_level.value, severity=one.severity.value, url=one.url,
         remediation_steps=one.remediation_steps)
    for one in policies
]))
runpy.run_path(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    install()


def started(pack: Path) -> subprocess.CompletedProcess[str]:
    """Start a pack that prints its policies and the packages that it loaded, and serves nobody."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(PYTHON), "-c", SHOW, str(pack)]
    return subprocess.run(command, cwd="/", env=environment, text=True, capture_output=True, check=False)


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(PACK, folder / "policies", ignore=shutil.ignore_patterns(".venv", "__pycache__")))


def test_the_engine_learns_all_about_each_policy_and_nothing_of_ours_is_loaded_but_the_facts() -> None:
    shown, modules = map(json.loads, started(PACK).stdout.splitlines())

    assert shown == [
        {
            "name": policy.name,
            "level": policy.level,
            "severity": policy.severity,
            "url": policy.practice.page,
            "remediation_steps": policy.practice.remedy,
        }
        for policy in POLICIES
    ]
    ours = {path.name for path in (PROJECT / "components").iterdir()}
    assert ours & set(modules) == {"tiller_facts"}


def test_a_pack_without_the_facts_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    failed = started(copied(tmp_path))

    assert failed.returncode == 1
    (line,) = failed.stderr.splitlines()
    assert "components/tiller_facts" in line


def test_a_pack_that_goes_alone_takes_the_facts_with_it(tmp_path: Path) -> None:
    alone = copied(tmp_path)
    shutil.copytree(FACTS, alone / "tiller_facts")

    assert started(alone).stdout.splitlines()[0] == started(PACK).stdout.splitlines()[0]


TILLER = """
kubernetes.core.v1.Pod("tiller", metadata={"name": "tiller", "namespace": "ci"}, opts=HERE,
                       spec={"containers": [{"name": "tiller", "image": "ghcr.io/helm/tiller:v2.17.0"}]})
"""


def test_a_pod_that_calls_a_client_is_no_tiller(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "helm_clients.py")
    verdict = judge(stack)
    assert (verdict.passed, verdict.levels) == (True, {}), verdict.text

    with (stack.project / "__main__.py").open("a") as program:
        program.write(TILLER)
    verdict = judge(stack)
    assert not verdict.passed
    assert verdict.levels["clients-verified"] == "mandatory", verdict.text
