"""Odd values at every place of a good stack file: the answer is in words, and quotes no secret."""

from collections.abc import Mapping
from typing import Any

import pytest

from secure_tiller.problems import ConfigurationError
from secure_tiller_stack import defaults, teams
from secure_tiller_stack.args import ClusterArgs, DefaultsArgs
from secure_tiller_stack.configuration import KEYS, SECRET_KEYS, read_stack
from tests.support.places import places, replaced
from tests.support.samples import FULL, LEASES, OWN_SERVER, own_certificate, smallest
from tests.unit.secure_tiller.test_odd_values import ODD

SECRET_PART = OWN_SERVER.key_pem.splitlines()[1][:16]
NOT_IN_A_FILE = {"bytes", "keys that are no texts", "an output", "outputs in a map", "outputs in a list"}
"""Values that the engine never hands over as configuration, which is JSON."""

GOOD: Mapping[str, Any] = {
    "teams": {
        "blue": FULL,
        "green": smallest(
            certificates={"server_certificate": own_certificate(key=None)},
            protect=True,
            formerly="olive",
            namespace="olive-tiller",
        ),
    },
    "defaults": {
        "pod_security": "restricted",
        "rights": {"rules": [LEASES]},
        "certificates": {"server": {"validity": "60d"}, "client": {"validity": "36h"}, "ca": {"validity": "300d"}},
        "pod": {"history_max": 5},
        "labels": {"example.org/cost-centre": "42"},
        "annotations": {"example.org/owner": "platform"},
        "protect": True,
    },
    "cluster": {"uid": "any", "context": "kind"},
    "removed": {"red": "with-releases"},
    "kubeconfig": "users: [sesame]",
    "serverKeys": {"green": OWN_SERVER.key_pem},
}
ENCRYPTED = frozenset(f"secure-tiller:{key}" for key in SECRET_KEYS)


def answer(values: Any) -> str:
    """Return what is said about the values of a stack's file."""
    try:
        read_stack("secure-tiller", [f"secure-tiller:{key}" for key in values], values, ENCRYPTED)
    except ConfigurationError as error:
        return str(error)
    return ""


def test_the_good_stack_is_accepted_and_holds_every_key_of_a_stack() -> None:
    assert answer(GOOD) == ""
    assert GOOD.keys() == set(KEYS)
    assert GOOD["defaults"].keys() == DefaultsArgs.__annotations__.keys()
    assert GOOD["cluster"].keys() | {"kubeconfig"} == ClusterArgs.__annotations__.keys()


@pytest.mark.parametrize("odd", sorted(ODD.keys() - NOT_IN_A_FILE))
def test_wherever_an_odd_value_stands_the_answer_is_in_words_and_quotes_no_secret(odd: str) -> None:
    answered = {at: answer(replaced(GOOD, at, ODD[odd]())) for at in places(GOOD) if at}
    assert len([words for words in answered.values() if words]) > 50
    assert [at for at, words in answered.items() if not all(line.isprintable() for line in words.splitlines())] == []
    assert [at for at, words in answered.items() if "sesame" in words or SECRET_PART in words] == []


@pytest.mark.parametrize("form", [defaults.FORM, teams.TEAM], ids=["defaults", "teams"])
def test_control_without_the_check_of_the_form_the_rules_would_raise(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "read", lambda _team, value: (value, ()))
    with pytest.raises((TypeError, AttributeError, KeyError, ValueError)):
        [answer(replaced(GOOD, at, [[["x"]]])) for at in places(GOOD) if at]


def test_a_secret_that_stands_elsewhere_is_not_quoted_either() -> None:
    answered = {at: answer(replaced(GOOD, at, OWN_SERVER.key_pem)) for at in places(GOOD) if at}
    assert [at for at, words in answered.items() if SECRET_PART in words] == []
