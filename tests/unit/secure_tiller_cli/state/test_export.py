"""The state that Pulumi gives of a stack, and the error where it gives none."""

import json
from pathlib import Path

import pytest

from secure_tiller_cli.programs import ProgramError
from secure_tiller_cli.state import StackError, export
from tests.support.said import Program


def test_the_state_without_secrets_unless_they_are_asked_for(pulumi: Program) -> None:
    pulumi.says(json.dumps({"version": 3, "deployment": {"resources": []}}))
    assert export("production") == {"resources": []}
    assert pulumi.arguments[-2:] == ["--stack", "production"]
    assert "--show-secrets" not in pulumi.arguments
    export("production", secrets=True)
    assert "--show-secrets" in pulumi.arguments


def test_without_a_name_the_selected_stack(pulumi: Program) -> None:
    pulumi.says(json.dumps({"deployment": None}))
    assert export() == {}
    assert "--stack" not in pulumi.arguments


@pytest.mark.parametrize(
    ("stderr", "why", "remedy"),
    [
        ("error: no stack named 'productoin' found\n", "no stack named 'productoin' found", "name the stack"),
        (
            "error: incorrect passphrase, please set\nPULUMI_CONFIG_PASSPHRASE\n",
            "incorrect passphrase",
            "the stack's own",
        ),
    ],
)
def test_the_error_of_pulumi_is_reported_on_one_line(pulumi: Program, stderr: str, why: str, remedy: str) -> None:
    pulumi.says(stderr=stderr, code=255)
    with pytest.raises(StackError) as caught:
        export("productoin")
    (problem,) = caught.value.problems
    assert why in problem.why
    assert "\n" not in problem.why
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    "text",
    ["", "[]", "no JSON", '{"version": 3}', '{"deployment": 7}', "[" * 50_000, f'{{"deployment": {"1" * 5_000}}}'],
)
def test_what_is_no_state_is_refused(pulumi: Program, text: str) -> None:
    pulumi.says(text)
    with pytest.raises(StackError, match="has no form that is known"):
        export()


def test_without_pulumi_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match="install the Pulumi CLI"):
        export()
