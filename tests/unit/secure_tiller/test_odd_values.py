"""Odd values at every place of good settings: whatever a program or a file holds there, the answer is in words."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

import pulumi
import pytest
from typing_extensions import get_annotations, is_typeddict

from secure_tiller import args
from secure_tiller.plan import schema, validation
from secure_tiller.plan.build import plan
from secure_tiller.plan.conflicts import conflicts
from secure_tiller.plan.validation import Settings
from tests.support.places import Place, places, replaced
from tests.support.recording import run
from tests.support.samples import FULL, LEASES, PARTNER, STACK, own_certificate, smallest

OWN = {"server_certificate": own_certificate(), "generation": 2, "trusted_client_cas": {"partner": PARTNER.pem}}
GIVEN = smallest(
    certificates=OWN,
    clients={"bob": {"generation": 2}},
    rights={"preset": "none", "rules": [{**LEASES, "resource_names": ["leader"]}]},
    pod={"tolerations": [{"operator": "Exists"}]},
)
GOOD: Mapping[str, Any] = {"everything": FULL, "a certificate of one's own": GIVEN}
"""Together they hold every field that there is."""

ODD: Mapping[str, Callable[[], object]] = {
    "None": lambda: None,
    "no text": lambda: "",
    "zero": lambda: 0,
    "below zero": lambda: -1,
    "true": lambda: True,
    "a huge number": lambda: 10**400,
    "not a number": lambda: float("nan"),
    "no list": list,
    "no map": dict,
    "control characters": lambda: "x\u0000\u001b[2J",
    "half a character": lambda: "\ud800",
    "bytes": lambda: b"x",
    "lists in lists": lambda: [[["x"]], {"x": [None]}],
    "maps in maps": lambda: {"x": {"": {"x": [0]}}},
    "keys that are no texts": lambda: {None: 1, 7: {}, ("x",): [], b"x": ""},
    "an output": lambda: pulumi.Output.from_input("x"),
    "outputs in a map": lambda: {"x": pulumi.Output.secret({"x": 1})},
    "outputs in a list": lambda: [pulumi.Output.from_input("x")],
}


def under_odd_keys(settings: Any, at: Place) -> Iterator[Any]:
    """Yield settings in which a map at a place has another key for one of its parts, if there is a map."""
    found = reduce(lambda part, key: part[key], at, settings)
    for odd in ("", "x\u0000", None, 0, ("x",), b"x") if isinstance(found, dict) and found else ():
        first, *rest = found.items()
        yield replaced(settings, at, {odd: first[1], **dict(rest)})


def answer(settings: Any) -> str:
    """Return the problems of settings, alone and with those of another team; where there are none, make a plan."""
    problems = validation.check("blue", settings)
    if not problems:
        assert plan("blue", settings, STACK)
    between = conflicts([Settings("other", FULL), Settings("blue", schema.SETTINGS.read("blue", settings)[0])])
    reported = (*problems, *between)
    assert all(problem.why and problem.remedy for problem in reported)
    return "\n".join(map(str, reported))


def answers(settings: Any, odd: Callable[[], object]) -> dict[Place, str]:
    """Return what is said about an odd value at each place; asked in a program, because outputs are in one alone."""
    answered: dict[Place, str] = {}
    run(lambda: answered.update({at: answer(replaced(settings, at, odd())) for at in places(settings)}))
    return answered


def test_the_good_settings_hold_every_field_that_there_is() -> None:
    fields = {field for _, part in inspect.getmembers(args, is_typeddict) for field in get_annotations(part)}
    assert len(fields) > 50
    assert fields <= {at[-1] for settings in GOOD.values() for at in places(settings) if at}


@pytest.mark.parametrize("settings", GOOD)
@pytest.mark.parametrize("odd", ODD)
def test_wherever_an_odd_value_stands_the_answer_is_in_words_of_printable_characters(settings: str, odd: str) -> None:
    answered = answers(GOOD[settings], ODD[odd])
    assert len(answered) > 20
    assert [at for at, words in answered.items() if not all(line.isprintable() for line in words.splitlines())] == []


@pytest.mark.parametrize("odd", ["None", "bytes", "an output", "lists in lists"])
def test_control_without_the_check_of_the_form_the_rules_would_raise(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema.SETTINGS, "read", lambda _team, value: (value, ()))
    with pytest.raises((TypeError, AttributeError, KeyError, ValueError)):
        answers(FULL, ODD[odd])


@pytest.mark.parametrize("settings", GOOD)
def test_it_is_too_under_odd_keys(settings: str) -> None:
    for at in places(GOOD[settings]):
        for changed in under_odd_keys(GOOD[settings], at):
            assert all(line.isprintable() for line in answer(changed).splitlines())
