"""What the settings of one team may say, and the words in which they are refused."""

from typing import Any

import pytest

from secure_tiller import checks
from secure_tiller.problems import Problem
from tests.unit.samples import BLUE, SMALLEST, smallest

LONGEST = "a" * 63
PRIVILEGED = {"pod_security": "privileged", "pod_security_reason": "the storage driver mounts devices"}


def only_problem(name: str, args: object) -> Problem:
    (problem,) = checks.check(name, args)
    return problem


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(SMALLEST, id="the smallest"),
        pytest.param(BLUE, id="every kind of subject and namespace"),
        pytest.param(smallest(namespaces={LONGEST: {}}), id="longest namespace"),
        pytest.param(smallest(clients={LONGEST: {}}), id="longest client"),
        pytest.param(smallest(namespaces={"apps": {"pod_security": "restricted"}}), id="restricted"),
        pytest.param(smallest(namespaces={"apps": PRIVILEGED}), id="privileged with a reason"),
        pytest.param(smallest(namespaces={"defaults": {}, "kubeflow": {}}), id="names that only look reserved"),
        pytest.param(smallest(subjects={}), id="nobody"),
    ],
)
def test_good_settings_are_accepted(args: object) -> None:
    assert checks.check("green", args) == ()


@pytest.mark.parametrize(
    ("args", "key", "value", "words"),
    [
        # form
        (None, "(settings)", "null", "map of keys"),
        ([], "(settings)", "[]", "map of keys"),
        ({"clients": {"bob": {}}}, "namespaces", "(missing)", "required"),
        ({"namespaces": {"apps": {}}}, "clients", "(missing)", "required"),
        (smallest(namespaces=["apps"]), "namespaces", '["apps"]', "map of names"),
        (smallest(namespaces={"apps": None}), "namespaces.apps", "null", "{} for the defaults"),
        (smallest(namespaces={"apps": {"existing": "yes"}}), "namespaces.apps.existing", '"yes"', "true or false"),
        (smallest(namespaces={"apps": {"existing": 1}}), "namespaces.apps.existing", "1", "true or false"),
        (smallest(namespaces={"apps": {"existing": None}}), "namespaces.apps.existing", "null", "true or false"),
        (smallest(clients=None), "clients", "null", "map of names"),
        (smallest(clients={"bob": {"csr": "x"}}), "clients.bob.csr", '"x"', "none to set here"),
        (smallest(namespace=7), "namespace", "7", "must be text"),
        (smallest(namespce="x"), "namespce", '"x"', "did you mean 'namespace'?"),
        (smallest(tls=False), "tls", "false", "known keys: clients, namespace, namespaces, subjects"),
        (smallest(subjects={"group": []}), "subjects.group", "[]", "did you mean 'groups'?"),
        (smallest(subjects={"groups": "blue"}), "subjects.groups", '"blue"', "list of texts"),
        (smallest(subjects={"groups": [1]}), "subjects.groups[0]", "1", "must be text"),
        (smallest(subjects={"users": 3}), "subjects.users", "3", "must be a list"),
        (
            smallest(subjects={"service_accounts": [{"name": "ci"}]}),
            "subjects.service_accounts[0].namespace",
            "(missing)",
            "required",
        ),
        # namespaces
        (smallest(namespaces={}), "namespaces", "{}", "at least one namespace"),
        (smallest(namespaces={"Apps": {}}), "namespaces", '"Apps"', "RFC 1123 label"),
        (smallest(namespaces={"a" * 64: {}}), "namespaces", f'"{"a" * 64}"', "1 to 63"),
        (smallest(namespaces={"apps\n": {}}), "namespaces", '"apps\\n"', "RFC 1123 label"),
        (smallest(namespaces={"äpps": {}}), "namespaces", '"\\u00e4pps"', "RFC 1123 label"),
        (smallest(namespaces={"kube-system": {}}), "namespaces", '"kube-system"', "belong to the cluster"),
        (smallest(namespaces={"default": {"existing": True}}), "namespaces", '"default"', "belong to the cluster"),
        (smallest(namespaces={"green-tiller": {}}), "namespaces", '"green-tiller"', "Tiller's own namespace"),
        (smallest(namespace="green-apps"), "namespaces", '"green-apps"', "Tiller's own namespace"),
        (smallest(namespace="kube-public"), "namespace", '"kube-public"', "belong to the cluster"),
        (smallest(namespace="x_y"), "namespace", '"x_y"', "RFC 1123 label"),
        (
            smallest(namespaces={"apps": {"pod_security": "Baseline"}}),
            "namespaces.apps.pod_security",
            '"Baseline"',
            "baseline, restricted, privileged",
        ),
        (
            smallest(namespaces={"apps": {"pod_security": "privileged"}}),
            "namespaces.apps.pod_security_reason",
            "null",
            "needs a written reason",
        ),
        (
            smallest(namespaces={"apps": {**PRIVILEGED, "pod_security_reason": "  "}}),
            "namespaces.apps.pod_security_reason",
            '"  "',
            "needs a written reason",
        ),
        (
            smallest(namespaces={"apps": {"pod_security_reason": "why not"}}),
            "namespaces.apps.pod_security_reason",
            '"why not"',
            "`pod_security: privileged` only",
        ),
        (
            smallest(namespaces={"apps": {"existing": True, "pod_security": "restricted"}}),
            "namespaces.apps.pod_security",
            '"restricted"',
            "no effect with `existing: true`",
        ),
        (
            smallest(namespaces={"apps": {"existing": True, "retain_on_delete": False}}),
            "namespaces.apps.retain_on_delete",
            "false",
            "no effect with `existing: true`",
        ),
        # clients
        (smallest(clients={}), "clients", "{}", "at least one client"),
        (smallest(clients={"al:ice": {}}), "clients", '"al:ice"', "RFC 1123 label"),
        (smallest(clients={"": {}}), "clients", '""', "RFC 1123 label"),
        # subjects
        (smallest(subjects={"groups": ["system:masters"]}), "subjects.groups[0]", '"system:masters"', "everybody"),
        (
            smallest(subjects={"groups": ["ok", "system:authenticated"]}),
            "subjects.groups[1]",
            '"system:authenticated"',
            "everybody",
        ),
        (smallest(subjects={"users": ["system:anonymous"]}), "subjects.users[0]", '"system:anonymous"', "everybody"),
        (
            smallest(subjects={"users": ["system:serviceaccount:a:b"]}),
            "subjects.users[0]",
            '"system:serviceaccount:a:b"',
            "subjects.service_accounts",
        ),
        (smallest(subjects={"groups": [" "]}), "subjects.groups[0]", '" "', "must be a name"),
        (
            smallest(subjects={"service_accounts": [{"namespace": "a/b", "name": "ci"}]}),
            "subjects.service_accounts[0].namespace",
            '"a/b"',
            "RFC 1123 label",
        ),
        (
            smallest(subjects={"service_accounts": [{"namespace": "a", "name": "CI"}]}),
            "subjects.service_accounts[0].name",
            '"CI"',
            "RFC 1123 subdomain",
        ),
    ],
)
def test_bad_settings_are_refused_with_their_place_and_a_reason(args: object, key: str, value: str, words: str) -> None:
    problem = only_problem("green", args)
    assert (problem.team, problem.key, problem.value) == ("green", key, value)
    assert words in f"{problem.why}; {problem.remedy}"


@pytest.mark.parametrize("name", ["", "Blue", "blue_1", "-blue", "blue-", "b.lue", "blue\n", "blu\u0435", "b" * 64])
def test_names_of_teams_that_kubernetes_would_refuse_are_refused(name: str) -> None:
    problem = only_problem(name, smallest(namespace="tiller"))
    assert "RFC 1123 label" in problem.why


def test_a_team_whose_name_is_too_long_for_the_namespace_derived_from_it_is_told_what_to_set() -> None:
    problem = only_problem("b" * 57, SMALLEST)
    assert problem.key == "namespace"
    assert "set a shorter `namespace`" in problem.remedy


def test_the_longest_name_from_which_a_namespace_can_be_derived_is_accepted() -> None:
    assert checks.check("b" * 56, SMALLEST) == ()


def test_errors_of_form_do_not_hide_errors_of_content() -> None:
    args: Any = {
        "namespaces": {"kube-system": None, "Apps": {"exsting": True}},
        "clients": {"Bob": None},
        "subjects": {"groups": [1, "system:masters"], "service_accounts": [{"name": "ci"}]},
    }
    assert [problem.key for problem in checks.check("green", args)] == [
        "namespaces.kube-system",
        "namespaces.Apps.exsting",
        "clients.Bob",
        "subjects.groups[0]",
        "subjects.service_accounts[0].namespace",
        "namespaces",
        "namespaces",
        "clients",
        "subjects.groups[1]",
    ]
