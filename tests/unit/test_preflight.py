"""What is decided about a cluster from what it told; the facts are given, no cluster is asked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.cluster import Facts, FoundNamespace, FoundTiller
from secure_tiller.kubeconfig import Access
from secure_tiller.plan import TillerPlan, plan
from secure_tiller.preflight import TILLERS_REFUSED, Cluster, in_words, look
from secure_tiller.problems import ClusterError, Problem
from tests import pki
from tests.unit.samples import BLUE, OWN_CA, PARTNER, SMALLEST, STACK, smallest

ACCESS = Access(Path("/home/me/.kube/config"), "kind", uid="42")
SHARED_TOOLS = FoundNamespace(labels={"pod-security.kubernetes.io/enforce": "baseline"})
FACTS = Facts(
    server="https://10.0.0.1:6443",
    uid="42",
    version=(1, 36),
    namespaces={"default": FoundNamespace(), "kube-system": FoundNamespace(), "shared-tools": SHARED_TOOLS},
    strangers_allowed=False,
)
PLANS = [plan("blue", BLUE, STACK), plan("green", SMALLEST, STACK)]
GREENS = {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "green"}
OURS = FoundNamespace(GREENS, {"secure-tiller/stack": STACK})


def found(**namespaces: FoundNamespace) -> Facts:
    """Facts with further namespaces; `_` stands for `-` in their names."""
    return replace(FACTS, namespaces={**FACTS.namespaces, **{k.replace("_", "-"): v for k, v in namespaces.items()}})


def fit(facts: Facts, access: Access = ACCESS, deploying: bool = True, plans: Sequence[TillerPlan] = PLANS) -> Cluster:
    return look(access, plans, deploying=deploying, ask=lambda _access, _deploying: facts)


def refused(facts: Facts, access: Access = ACCESS, plans: Sequence[TillerPlan] = PLANS) -> tuple[Problem, ...]:
    with pytest.raises(ClusterError) as error:
        fit(facts, access, plans=plans)
    return error.value.problems


def test_a_fit_cluster_is_returned_with_what_the_provider_needs() -> None:
    assert fit(FACTS) == Cluster(ACCESS.kubeconfig, "kind", "42", warnings=())


def test_whether_strangers_are_let_in_is_asked_on_an_update_only() -> None:
    asked: list[bool] = []

    def ask(_access: Access, deploying: bool) -> Facts:
        asked.append(deploying)
        return FACTS

    for deploying in (True, False):
        look(ACCESS, PLANS, deploying=deploying, ask=ask)
    assert asked == [True, False]


@pytest.mark.parametrize("uid", ["42", "any"])
def test_the_cluster_named_by_the_stack_is_accepted(uid: str) -> None:
    assert fit(FACTS, replace(ACCESS, uid=uid)).uid == "42"


def test_a_stack_that_names_no_cluster_is_refused_and_told_what_to_write() -> None:
    (problem,) = refused(FACTS, replace(ACCESS, uid=""))
    assert problem.key == "secure-tiller:cluster.uid"
    assert "write uid: 42" in problem.remedy


def test_another_cluster_is_refused_and_not_looked_at_any_further() -> None:
    (problem,) = refused(replace(FACTS, version=(1, 1)), replace(ACCESS, uid="41"))
    assert problem.key == "secure-tiller:cluster.uid"
    assert "https://10.0.0.1:6443 has the UID 42" in problem.why
    assert "new stack" in problem.remedy


@pytest.mark.parametrize("version", [(1, 16), (1, 24), (0, 0)])
def test_a_kubernetes_that_would_drop_what_we_rely_on_is_refused(version: tuple[int, int]) -> None:
    (problem,) = refused(replace(FACTS, version=version))
    assert "1.25" in problem.remedy


@pytest.mark.parametrize("version", [(1, 25), (1, 36), (2, 0)])
def test_a_newer_kubernetes_is_accepted(version: tuple[int, int]) -> None:
    assert fit(replace(FACTS, version=version))


def test_a_cluster_that_lets_strangers_read_secrets_is_refused() -> None:
    (problem,) = refused(replace(FACTS, strangers_allowed=True))
    assert "RBAC is not enforced" in problem.why


def test_a_review_that_the_cluster_refuses_is_reported_as_not_checked() -> None:
    (sentence,) = fit(replace(FACTS, strangers_allowed=None)).warnings
    assert "Not checked" in sentence


def test_a_preview_does_not_report_the_review_that_it_never_makes() -> None:
    assert fit(replace(FACTS, strangers_allowed=None), deploying=False).warnings == ()


@pytest.mark.parametrize(
    "namespace",
    [
        pytest.param(FoundNamespace(), id="nobody's"),
        pytest.param(FoundNamespace({"secure-tiller/team": "green"}), id="not managed by us"),
        pytest.param(FoundNamespace(GREENS), id="of no stack"),
        pytest.param(FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"}), id="of another stack"),
        pytest.param(replace(OURS, labels={**GREENS, "secure-tiller/team": "blue"}), id="of another team"),
        pytest.param(replace(OURS, labels={**GREENS, "app.kubernetes.io/managed-by": "Helm"}), id="of another tool"),
    ],
)
@pytest.mark.parametrize("name", ["green_apps", "green_tiller"])
def test_a_namespace_in_the_way_is_refused_unless_this_stack_made_it_for_this_team(
    name: str, namespace: FoundNamespace
) -> None:
    (problem,) = refused(found(**{name: namespace}))
    assert problem.team == "green"
    assert name.replace("_", "-") in problem.value


def test_a_namespace_of_nobody_may_be_declared_existing_or_handed_over() -> None:
    (problem,) = refused(found(green_apps=FoundNamespace()))
    assert problem.key == "namespaces.green-apps"
    assert "existing: true" in problem.remedy
    assert f"kubectl annotate --overwrite namespace green-apps secure-tiller/stack={STACK}" in problem.remedy


def test_a_namespace_of_another_team_may_not_be_declared_existing_and_is_handed_over_only_if_the_team_is_gone() -> None:
    (problem,) = refused(found(green_apps=FoundNamespace({**GREENS, "secure-tiller/team": "blue"})))
    assert "existing" not in problem.remedy
    assert "only if no stack and no team has it any more" in problem.remedy


@pytest.mark.parametrize("labels", [{}, {**GREENS, "secure-tiller/team": "blue"}], ids=["nobody's", "another team's"])
def test_tillers_namespace_in_the_way_is_neither_declared_existing_nor_handed_over(labels: dict[str, str]) -> None:
    (problem,) = refused(found(green_tiller=FoundNamespace(labels)))
    assert (problem.key, problem.remedy) == ("namespace", "set another `namespace`")


def test_tillers_namespace_of_the_same_team_can_be_handed_over_to_a_stack_that_was_renamed() -> None:
    renamed = FoundNamespace(GREENS, {"secure-tiller/stack": "organization/secure-tiller/old-name"})
    (problem,) = refused(found(green_tiller=renamed))
    assert "this stack was renamed" in problem.remedy
    assert f"kubectl annotate --overwrite namespace green-tiller secure-tiller/stack={STACK}" in problem.remedy


def test_a_namespace_that_stayed_behind_is_taken_back() -> None:
    assert fit(found(green_apps=OURS, green_tiller=OURS)).warnings == ()


@pytest.mark.parametrize("name", ["green_apps", "shared_tools"])
def test_a_namespace_that_is_being_deleted_is_refused(name: str) -> None:
    (problem,) = refused(found(**{name: replace(OURS, terminating=True)}))
    assert "is being deleted" in problem.why


def test_a_namespace_declared_existing_must_exist() -> None:
    missing = {name: one for name, one in FACTS.namespaces.items() if name != "shared-tools"}
    (problem,) = refused(replace(FACTS, namespaces=missing))
    assert (problem.team, problem.key) == ("blue", "namespaces.shared-tools.existing")
    assert "does not exist" in problem.why


@pytest.mark.parametrize("team", ["green", "of-another-stack"])
def test_a_namespace_of_another_team_is_not_to_be_shared(team: str) -> None:
    theirs = FoundNamespace({**GREENS, "secure-tiller/team": team}, {"secure-tiller/stack": STACK})
    (problem,) = refused(found(shared_tools=theirs))
    assert (problem.team, problem.key) == ("blue", "namespaces.shared-tools.existing")
    assert f'"{team}"' in problem.why


def test_a_namespace_that_we_made_is_not_declared_existing_because_pulumi_would_delete_it() -> None:
    ours = FoundNamespace({**GREENS, "secure-tiller/team": "blue"}, {"secure-tiller/stack": STACK})
    (problem,) = refused(found(shared_tools=ours))
    assert "would delete it" in problem.why
    assert "retain_on_delete: true" in problem.remedy


@pytest.mark.parametrize(
    ("labels", "warned"),
    [
        ({}, True),
        ({"pod-security.kubernetes.io/enforce": "privileged"}, True),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, False),
        ({"pod-security.kubernetes.io/enforce": "restricted"}, False),
    ],
)
def test_an_existing_namespace_open_to_privileged_pods_is_warned_of(labels: dict[str, str], warned: bool) -> None:
    warnings = fit(found(shared_tools=FoundNamespace(labels))).warnings
    assert [("team blue" in one, "shared-tools" in one) for one in warnings] == [(True, True)] * warned


def test_every_namespace_in_the_way_is_named_at_once() -> None:
    names = [one.name for tiller in PLANS for one in (tiller.namespace, *tiller.managed)]
    assert len(refused(found(**{name: FoundNamespace() for name in names}))) == len(names) == 5


# Who is still answered although the settings no longer say so.


def answering(**trusts: str) -> Facts:
    """Facts about what the pods of Tillers say whom they answer; `_` stands for `-` in the names of namespaces."""
    pods = (FoundTiller(name.replace("_", "-"), frozenset(words.split()), False) for name, words in trusts.items())
    return replace(FACTS, tillers=tuple(pods))


def test_a_client_that_has_left_the_settings_is_said_to_be_not_yet_revoked() -> None:
    found = fit(answering(blue_tiller="alice ci mallory", green_tiller="bob"))
    assert found.leaving == {"blue-tiller": {"mallory"}}
    (sentence,) = found.warnings
    assert sentence.startswith("team blue: NOT YET REVOKED: client mallory. The Tiller that runs answers")
    assert "if the update fails, it goes on answering" in sentence


def test_it_is_said_of_every_pod_of_the_tiller_and_of_one_that_is_being_stopped_too() -> None:
    pods = [
        FoundTiller("blue-tiller", frozenset(words.split()), stopping)
        for words, stopping in (("alice ci", False), ("alice mallory", True), ("eve", False))
    ]
    assert fit(replace(FACTS, tillers=tuple(pods))).leaving == {"blue-tiller": {"eve", "mallory"}}


@pytest.mark.parametrize("deploying", [True, False])
def test_it_is_said_in_a_preview_too(deploying: bool) -> None:
    (sentence,) = fit(answering(green_tiller="bob eve"), deploying=deploying).warnings
    assert "NOT YET REVOKED: client eve" in sentence


@pytest.mark.parametrize(
    "trusts",
    [{}, {"blue_tiller": "alice ci", "green_tiller": "bob"}, {"blue_tiller": ""}, {"of_another": "mallory"}],
    ids=["no pods", "as in the settings", "pods that do not say", "a Tiller of somebody else"],
)
def test_nobody_is_said_to_be_leaving_who_is_not(trusts: dict[str, str]) -> None:
    found = fit(answering(**trusts))
    assert (found.leaving, found.warnings) == ({}, ())


def test_a_new_client_is_not_leaving() -> None:
    assert fit(answering(blue_tiller="alice")).leaving == {}


def test_an_older_generation_is_revoked_client_by_client() -> None:
    plans = [plan("green", smallest(certificates={"generation": 2}), STACK)]
    found = fit(answering(green_tiller="bob"), plans=plans)
    assert found.leaving == {"green-tiller": {"bob"}}
    assert "NOT YET REVOKED: client bob with the bundle from before." in found.warnings[0]


@pytest.mark.parametrize(
    "settings", [{"generation": 2}, {"csr": pki.request("bob")}], ids=["another generation", "a key of its own"]
)
def test_a_client_whose_key_is_made_anew_is_revoked_with_the_bundle_from_before(settings: dict[str, object]) -> None:
    plans = [plan("green", smallest(clients={"bob": settings}), STACK)]
    found = fit(answering(green_tiller="bob mallory"), plans=plans)
    assert found.leaving == {"green-tiller": {"bob", "mallory"}}
    assert "client bob with the bundle from before, client mallory." in found.warnings[0]
    assert fit(answering(green_tiller=" ".join(plans[0].trusts)), plans=plans).leaving == {}


def test_a_ca_that_is_no_longer_trusted_or_is_another_under_the_old_name_is_leaving() -> None:
    plans = [
        plan("green", smallest(certificates={"trusted_client_cas": {"partner": ca.pem}}), STACK)
        for ca in (PARTNER, OWN_CA)
    ]
    facts = answering(green_tiller=" ".join(plans[0].trusts))
    assert fit(facts, plans=plans[:1]).leaving == {}
    for after in (plans[1], PLANS[1]):
        found = fit(facts, plans=[after])
        assert found.leaving == {"green-tiller": set(plans[0].trusts) - {"bob"}}
        assert "whom the CA partner signs for" in found.warnings[0]


def test_a_cluster_that_does_not_let_pods_be_listed_says_what_was_not_checked() -> None:
    found = fit(replace(FACTS, tillers=None))
    assert (found.leaving, found.warnings) == ({}, (TILLERS_REFUSED,))


@pytest.mark.parametrize(
    ("trusts", "words"),
    [
        (["alice"], "client alice"),
        (["ci@2", "alice"], "client alice, client ci"),
        (["bob@1.2", "bob#0a1b2c3d4e5f"], "client bob with the bundle from before, client bob with the bundle from be"),
        (["bob@2#0a1b2c3d4e5f", "carol@1.2"], "client bob with the bundle from before, client carol"),
        (["ca:partner#0a1b2c3d4e5f"], "whom the CA partner signs for"),
        (["ca:partner"], "whom the CA partner signs for"),
    ],
)
def test_who_is_answered_is_said_as_people_say_it(trusts: list[str], words: str) -> None:
    assert in_words(trusts, clients=["bob"]).startswith(words)


def test_nobody_is_said_to_have_another_bundle_unless_it_is_known() -> None:
    assert in_words(["bob@2", "bob#0a1b2c3d4e5f"]) == "client bob, client bob"


# Where the Secrets of clients are to lie.

AT = "clients.ci.secret.namespace"


def with_secret(namespace: str, **namespaces: object) -> list[TillerPlan]:
    clients = {"ci": {"secret": {"namespace": namespace, "name": "tiller"}}}
    return [plan("green", smallest(clients=clients, namespaces=namespaces or {"green-apps": {}}), STACK)]


@pytest.mark.parametrize(
    "namespace",
    [FoundNamespace(), FoundNamespace({"team": "data"}), OURS],
    ids=["nobody's", "labelled otherwise", "the team's"],
)
def test_a_clients_secret_lies_in_a_namespace_that_is_there_and_is_no_other_teams(namespace: FoundNamespace) -> None:
    assert fit(found(pipelines=namespace), plans=with_secret("pipelines")).warnings == ()


def test_a_clients_secret_may_lie_in_a_namespace_that_the_team_creates() -> None:
    assert fit(FACTS, plans=with_secret("green-apps")).warnings == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (FACTS, "does not exist in the cluster"),
        (found(pipelines=FoundNamespace(terminating=True)), "is being deleted"),
        (
            found(pipelines=FoundNamespace({**GREENS, "secure-tiller/team": "blue"})),
            'belongs to the team "blue", which could read the client\'s key',
        ),
        (
            found(pipelines=FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"})),
            'belongs to the team "green", which could read the client\'s key',
        ),
        (found(pipelines=FoundNamespace(GREENS)), 'belongs to the team "green"'),
    ],
    ids=["absent", "being deleted", "another team's", "of the team's namesake in another stack", "of no stack"],
)
def test_a_namespace_that_cannot_hold_a_clients_secret_is_refused(facts: Facts, words: str) -> None:
    (problem,) = refused(facts, plans=with_secret("pipelines"))
    assert (problem.team, problem.key, problem.value) == ("green", AT, '"pipelines"')
    assert words in problem.why


def test_an_existing_namespace_that_is_being_deleted_holds_no_secret_either() -> None:
    facts = found(pipelines=FoundNamespace(terminating=True))
    problems = refused(facts, plans=with_secret("pipelines", pipelines={"existing": True}))
    assert [problem.key for problem in problems] == ["namespaces.pipelines.existing", AT]
