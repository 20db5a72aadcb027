"""The local cluster is the first one, or the one that the environment names."""

import os
import subprocess
import sys

import pytest

from testbed.pulumi_stack import PROJECT

_SHOW = "from testbed.cluster import LOCAL; print(LOCAL.context, LOCAL.server)"


def _shown(setting: str | None) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "SECURE_TILLER_CLUSTER"}
    environment |= {"SECURE_TILLER_CLUSTER": setting} if setting is not None else {}
    command = [sys.executable, "-c", _SHOW]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, "secure-tiller-local https://10.243.0.2:6443\n"),
        ("other:7", "secure-tiller-other https://10.243.7.2:6443\n"),
        ("eightmax:255", "secure-tiller-eightmax https://10.243.255.2:6443\n"),
    ],
)
def test_it_is_the_first_one_unless_another_is_named(setting: str | None, expected: str) -> None:
    assert _shown(setting).stdout == expected


@pytest.mark.parametrize("setting", ["", "other", "other:", ":1", "other:256", "other:-1", "ninewords:1", "../other:1"])
def test_what_names_no_cluster_is_refused_with_the_remedy(setting: str) -> None:
    done = _shown(setting)
    assert done.returncode == 1
    assert f"SECURE_TILLER_CLUSTER={setting}: " in done.stderr
    assert "Leave it out" in done.stderr
    assert "Traceback" not in done.stderr
