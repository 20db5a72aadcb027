"""The form of the settings: keys, types, and what may be an output of another resource."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pytest
from hypothesis import given

from secure_tiller.plan import validation
from secure_tiller.problems import Problem
from tests.support import pki, strategies
from tests.support.recording import run
from tests.support.samples import BLUE, FULL, LEASES, PARTNER, SMALLEST, own_certificate, smallest


def only_problem(args: object) -> Problem:
    (problem,) = validation.check("green", args)
    return problem


GIVEN = smallest(certificates={"server_certificate": own_certificate(), "generation": 2})


@pytest.mark.parametrize("args", [SMALLEST, BLUE, FULL, GIVEN], ids=["smallest", "blue", "full", "own certificate"])
def test_right_settings_are_accepted(args: object) -> None:
    assert validation.check("green", args) == ()


@pytest.mark.parametrize("args", [None, [], "namespaces", 7, True])
def test_settings_are_a_map(args: object) -> None:
    assert only_problem(args).key == "(settings)"


@pytest.mark.parametrize(
    ("args", "key"),
    [
        ({"clients": {"bob": {}}}, "namespaces"),
        ({"namespaces": {"apps": {}}}, "clients"),
        (smallest(subjects={"service_accounts": [{"name": "ci"}]}), "subjects.service_accounts[0].namespace"),
        (smallest(clients={"bob": {"secret": {"namespace": "apps"}}}), "clients.bob.secret.name"),
        (smallest(rights={"rules": [{"api_groups": [""], "resources": ["pods"]}]}), "rights.rules[0].verbs"),
        (
            smallest(certificates={"server_certificate": own_certificate(ca=None)}),
            "certificates.server_certificate.ca",
        ),
    ],
)
def test_a_key_that_is_missing_is_named(args: object, key: str) -> None:
    problem = only_problem(args)
    assert (problem.key, problem.value, problem.why) == (key, "(missing)", "is required")


@pytest.mark.parametrize(
    ("args", "key", "words"),
    [
        (smallest(namespce=7), "namespce", "did you mean 'namespace'?"),
        (smallest(tls=7), "tls", "known keys: annotations, certificates, clients, expose, labels, namespace, "),
        (smallest(namespaces={"apps": {"exsting": 7}}), "namespaces.apps.exsting", "did you mean 'existing'?"),
        (smallest(clients={"bob": {"key": 7}}), "clients.bob.key", "known keys: csr, generation, secret"),
        (smallest(subjects={"group": 7}), "subjects.group", "did you mean 'groups'?"),
        (smallest(rights={"cluster_role": 7}), "rights.cluster_role", "known keys: network_policies, preset, roles"),
        (
            smallest(rights={"rules": [{**LEASES, "non_resource_urls": 7}]}),
            "rights.rules[0].non_resource_urls",
            "known keys: api_groups, resource_names, resources, verbs",
        ),
        (smallest(certificates={"ca": {"validty": 7}}), "certificates.ca.validty", "did you mean 'validity'?"),
        (smallest(certificates={"curve": 7}), "certificates.curve", "known keys: ca, client, generation"),
        (smallest(pod={"replicas": 7}), "pod.replicas", "known keys: history_max, image"),
        (smallest(pod={"resources": {"limit": 7}}), "pod.resources.limit", "did you mean 'limits'?"),
        (
            smallest(pod={"tolerations": [{"key": "a", "seconds": 7}]}),
            "pod.tolerations[0].seconds",
            "known keys: effect, key, operator, toleration_seconds, value",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known(args: object, key: str, words: str) -> None:
    problem = only_problem(args)
    assert (problem.key, problem.value, problem.why) == (key, "7", "is an unknown key")
    assert words in problem.remedy


@pytest.mark.parametrize(
    ("args", "key", "value", "words"),
    [
        (smallest(namespaces=["apps"]), "namespaces", '["apps"]', "map of names to settings"),
        (smallest(clients=None), "clients", "null", "map of names to settings"),
        (smallest(namespaces={"apps": None}), "namespaces.apps", "null", "{} for the defaults"),
        (smallest(labels=["a"]), "labels", '["a"]', "map of keys to values"),
        (smallest(annotations="a"), "annotations", '"a"', "map of keys to values"),
        (smallest(pod={"node_selector": 3}), "pod.node_selector", "3", "map of keys to values"),
        (
            smallest(certificates={"trusted_client_cas": 3}),
            "certificates.trusted_client_cas",
            "3",
            "map of keys to values",
        ),
        (smallest(namespaces={"apps": {"existing": "yes"}}), "namespaces.apps.existing", '"yes"', "true or false"),
        (smallest(namespaces={"apps": {"shared": 1}}), "namespaces.apps.shared", "1", "true or false"),
        (smallest(rights={"roles": None}), "rights.roles", "null", "true or false"),
        (smallest(clients={"bob": {"csr": 7}}), "clients.bob.csr", "7", "must be text"),
        (smallest(namespace=7), "namespace", "7", "must be text"),
        (smallest(expose=True), "expose", "true", "must be text"),
        (smallest(labels={"a": 1}), "labels.a", "1", "must be text"),
        (smallest(annotations={"a": True}), "annotations.a", "true", "must be text"),
        (smallest(certificates={"ca": {"validity": 10}}), "certificates.ca.validity", "10", "must be text"),
        (smallest(certificates={"ca": {"validity": True}}), "certificates.ca.validity", "true", "must be text"),
        (smallest(certificates={"ca": {"validity": float("nan")}}), "certificates.ca.validity", "NaN", "must be text"),
        (smallest(certificates={"generation": "2"}), "certificates.generation", '"2"', "whole number"),
        (smallest(certificates={"generation": True}), "certificates.generation", "true", "whole number"),
        (smallest(certificates={"generation": 1.0}), "certificates.generation", "1.0", "whole number"),
        (smallest(clients={"bob": {"generation": "2"}}), "clients.bob.generation", '"2"', "whole number"),
        (smallest(clients={"bob": {"generation": True}}), "clients.bob.generation", "true", "whole number"),
        (smallest(certificates={"server_cas": 2}), "certificates.server_cas", "2", "must be a list"),
        (smallest(certificates={"server_cas": [1, "2"]}), "certificates.server_cas[1]", '"2"', "whole number"),
        (smallest(pod={"history_max": "all"}), "pod.history_max", '"all"', "whole number"),
        (smallest(subjects={"groups": "blue"}), "subjects.groups", '"blue"', "list of texts"),
        (smallest(subjects={"groups": [1]}), "subjects.groups[0]", "1", "must be text"),
        (smallest(subjects={"users": 3}), "subjects.users", "3", "must be a list"),
        (smallest(rights={"rules": [3]}), "rights.rules[0]", "3", "map of keys to values"),
    ],
)
def test_a_value_of_another_type_is_refused(args: object, key: str, value: str, words: str) -> None:
    problem = only_problem(args)
    assert (problem.team, problem.key, problem.value) == ("green", key, value)
    assert words in f"{problem.why}; {problem.remedy}"


def test_errors_of_form_do_not_hide_errors_of_content() -> None:
    args: Any = {
        "namespaces": {"kube-system": None, "Apps": {"exsting": True}},
        "clients": {"Bob": None},
        "subjects": {"groups": [1, "system:masters"], "service_accounts": [{"name": "ci"}]},
        "certificates": {"generation": 0, "ca": {"validity": 7}},
    }
    assert [problem.key for problem in validation.check("green", args)] == [
        "namespaces.kube-system",
        "namespaces.Apps.exsting",
        "clients.Bob",
        "subjects.groups[0]",
        "subjects.service_accounts[0].namespace",
        "certificates.ca.validity",
        "namespaces",
        "namespaces",
        "clients",
        "subjects.groups[1]",
        "certificates.generation",
    ]


@pytest.mark.parametrize("key", [None, 7, True, 1.5, b"x", ("x",)])
@pytest.mark.parametrize("part", ["namespaces", "clients", "labels"])
def test_a_key_that_is_no_text_is_refused(key: object, part: str) -> None:
    item: object = "x" if part == "labels" else {}
    problem = only_problem(smallest(**{part: {"sound": item, key: item}}))
    assert re.split(r"[.\[]", problem.key)[0] == part
    assert problem.why == "must be text"


@given(args=strategies.misplaced())
def test_whatever_stands_in_a_wrong_place_the_checks_answer_in_words(args: Any) -> None:
    assert all(problem.why and problem.remedy for problem in validation.check("team", args))


def problems_in_a_program(args_of: Any) -> tuple[Problem, ...]:
    """Return what is wrong with settings that are made within a program, as those with outputs are."""
    found: list[Problem] = []
    run(lambda: found.extend(validation.check("green", args_of())))
    return tuple(found)


def with_part(part: str, value: object) -> Any:
    return smallest(certificates={"server_certificate": own_certificate(**{part: value})})


INPUTS: dict[str, Callable[[Any], Any]] = {
    "clients.bob.csr": lambda value: smallest(clients={"bob": {"csr": value}}),
    "certificates.trusted_client_cas.a": lambda value: smallest(certificates={"trusted_client_cas": {"a": value}}),
    "annotations.a": lambda value: smallest(annotations={"a": value}),
    **{f"certificates.server_certificate.{part}": partial(with_part, part) for part in ("certificate", "key", "ca")},
}
PLAIN: dict[str, Callable[[Any], Any]] = {
    "namespace": lambda value: smallest(namespace=value),
    "namespaces": lambda value: smallest(namespaces=value),
    "namespaces.apps": lambda value: smallest(namespaces={"apps": value}),
    "namespaces.apps.pod_security": lambda value: smallest(namespaces={"apps": {"pod_security": value}}),
    "clients.bob.secret.name": lambda value: smallest(clients={"bob": {"secret": {"namespace": "a", "name": value}}}),
    "subjects.groups[0]": lambda value: smallest(subjects={"groups": [value]}),
    "rights.preset": lambda value: smallest(rights={"preset": value}),
    "clients.bob.generation": lambda value: smallest(clients={"bob": {"generation": value}}),
    "certificates.generation": lambda value: smallest(certificates={"generation": value}),
    "certificates.server_cas[0]": lambda value: smallest(certificates={"server_cas": [value]}),
    "certificates.trusted_client_cas": lambda value: smallest(certificates={"trusted_client_cas": value}),
    "certificates.server_certificate": lambda value: smallest(certificates={"server_certificate": value}),
    "expose": lambda value: smallest(expose=value),
    "pod.image": lambda value: smallest(pod={"image": value}),
    "labels.a": lambda value: smallest(labels={"a": value}),
    "annotations": lambda value: smallest(annotations=value),
}


@pytest.mark.parametrize("key", INPUTS)
@pytest.mark.parametrize("wrap", [pulumi.Output.from_input, pulumi.Output.secret])
def test_certificates_and_annotations_may_be_known_later(key: str, wrap: Any) -> None:
    assert problems_in_a_program(lambda: INPUTS[key](wrap("any"))) == ()


@pytest.mark.parametrize("key", PLAIN)
def test_what_decides_which_resources_there_are_must_be_plain(key: str) -> None:
    (problem,) = problems_in_a_program(lambda: PLAIN[key](pulumi.Output.from_input("any")))
    assert (problem.key, problem.value) == (key, "(an output)")
    assert "must be plain" in problem.why


@pytest.mark.parametrize("key", INPUTS)
def test_an_input_that_is_neither_text_nor_an_output_is_refused_once(key: str) -> None:
    problems = validation.check("green", INPUTS[key](7))
    assert [problem.why for problem in problems if problem.key == key and problem.value == "7"] == ["must be text"]


def test_no_private_key_is_quoted_wherever_it_stands() -> None:
    key = pki.key_pem(pki.new_key())
    wrong = {"namespace": key, "labels": {"a": key}, "expose": key, "pod": {"image": key}, "clients": {"bob": key}}
    text = "\n".join(str(p) for args in wrong for p in validation.check("green", smallest(**{args: wrong[args]})))
    assert text.count("(not shown: it holds a private key)") == len(wrong)
    assert key.splitlines()[1][:10] not in text


def test_an_unknown_key_next_to_a_certificate_is_no_way_to_show_a_key() -> None:
    given = own_certificate(kye=own_certificate()["key"])
    problem = only_problem(smallest(certificates={"server_certificate": given}))
    assert problem.value == "(not shown: it holds a private key)"
    assert only_problem(smallest(certificates={"trusted_client_cas": PARTNER.key_pem})).value == problem.value
