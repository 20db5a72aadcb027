"""The catalogue, and how tools judge by it."""

import re
from typing import Any

import pytest

from tests.unit.tiller_facts.samples import (
    HOME,
    LABELS,
    Object,
    bound,
    container,
    deployment,
    facts,
    found,
    item,
    policy,
    rule,
    subject,
    template,
)
from tiller_facts.facts import Facts
from tiller_facts.practices import BY_CODE, GUIDE, PRACTICES, Practice, Severity, Status, evaluate
from tiller_facts.values import UNKNOWN

PRIVATE = re.compile("geheim")


def test_every_practice_is_described() -> None:
    codes = [code for practice in PRACTICES for code in practice.findings]
    assert len(set(codes)) == len(codes)
    assert len(BY_CODE) == len(PRACTICES)
    for practice in PRACTICES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", practice.code)
        assert all((practice.title, practice.why, practice.remedy, practice.findings))
        assert practice.of_tiller or practice.of_cluster
        assert practice.guide in (None, *GUIDE)
        assert practice.remedy[0].islower()


def test_a_practice_that_compares_nothing_finds_the_same_in_one_object_alone() -> None:
    mount = {"name": "certificates", "mountPath": "/etc/certs"}
    flags = [
        "--tls",
        "--storage=configmap",
        "--tls-cert=/etc/certs/tls.crt",
        "--tls-verify",
        "--tls-ca-cert=/etc/certs/ca.crt",
    ]
    bad = deployment(template(container(flags, resources={}, volumeMounts=[mount])))
    old = deployment(template(container(image="tiller:v2.1.0"), serviceAccountName="default"), name="second")
    everybody = bound(rule("secrets pods/portforward", "create get"), to="Group system:authenticated", name="all")
    rights = bound(rule("*", "*", "*"), name="own")
    wide = bound(rule("nodes", "get"), inside="", name="wide")
    others = bound(rule("pods", "get"), inside="kube-system", name="others")
    service = item("Service", "s", spec={"selector": LABELS})
    among = [bad, old, *everybody, *rights, *wide, *others, service, policy()]

    def codes(practice: Practice, *objects: Object) -> set[tuple[str, str]]:
        known = Facts(tuple(map(found, objects)), records={HOME: ("a.v1",)}, everybody=frozenset())
        return {
            (one.code, one.severity)
            for one in evaluate(known, [practice]).every
            if one.tiller is None or one.tiller.object.data is bad
        }

    differing = {practice.code for practice in PRACTICES if codes(practice, *among) != codes(practice, bad)}
    comparing = {practice.code for practice in PRACTICES if practice.compares}
    assert differing <= comparing
    # The rest compares with what stands outside of these objects.
    assert comparing - differing == {"cluster-decides-by-rbac", "no-release-in-configmaps", "pods-as-described"}


def test_a_finding_quotes_no_value() -> None:
    """In a preview any value can be a secret, so a text names what the tool shows and nothing else."""
    word = "geheim"
    lax = deployment(
        template(
            container(
                ["--listen=10.9.8.7:1", f"--tls-ca-cert=/{word}"],
                image=f"{word}/tiller:v2.1.0-{word}",
                ports=[{"containerPort": 44134, "hostPort": 4711, "name": word}],
                securityContext={"privileged": True},
            ),
            serviceAccountName=word,
        ),
        name=word,
        inside=word,
    )
    second = deployment(template(serviceAccountName=word), name=f"{word}-2", inside=word)
    roles = bound(rule("*", "*", "*"), to="Group system:authenticated", inside=word, name=word)
    everybody = item(
        "ClusterRoleBinding",
        word,
        "",
        roleRef={"kind": "ClusterRole", "name": "cluster-admin"},
        subjects=[subject("Group system:serviceaccounts")],
    )
    service = item("Service", word, word, spec={"type": "NodePort", "selector": LABELS})
    objects = [lax, second, *roles, everybody, service, {**policy({}), "metadata": {"name": word, "namespace": word}}]
    seen = tuple(found(one, shown=f"{one['kind']} logical") for one in objects)
    every = evaluate(Facts(seen, records={word: (word,)}, everybody=frozenset())).every
    assert len({finding.code for finding in every}) > 12
    for finding in every:
        assert not PRIVATE.search(finding.text + finding.remedy), finding
        assert not re.search(r"10\.9|4711|v?2\.1\.0", finding.text), finding
    assert PRIVATE.search("".join(finding.quoting for finding in every))


@pytest.mark.parametrize(
    "content",
    [
        {"args": UNKNOWN},
        {"image": UNKNOWN},
        {"resources": UNKNOWN},
        {"securityContext": UNKNOWN},
        {"ports": UNKNOWN},
        {"volumeMounts": UNKNOWN},
        {"env": UNKNOWN},
    ],
)
def test_what_only_the_update_decides_is_no_violation(content: dict[str, Any]) -> None:
    made = deployment(template(container(**content)))
    people = bound(rule("pods/portforward", "create"), to="Group blue-developers", name="people")
    seen = facts(made, policy(), *bound(rule("secrets", "get")), *people, of_program=True)
    judged = evaluate(seen)
    assert {finding.status for finding in judged.every} <= {Status.UNKNOWN}
    assert not judged.reaches(Severity.LOW)


def test_an_unknown_part_hides_nothing_that_is_known() -> None:
    (judged,) = evaluate(facts(deployment(template(container(resources={}), serviceAccountName=UNKNOWN)))).tillers
    assert {finding.code for finding in judged.findings} >= {"no-limits", "not-known-yet"}


def test_a_suspected_tiller_has_one_finding_and_shares_nothing() -> None:
    suspect = deployment(
        template({"name": "a", "image": "a:1", "ports": [{"containerPort": 44134}]}, labels={}), name="other"
    )
    judged = evaluate(facts(deployment(), suspect, policy())).tillers
    by_name = {one.tiller.name: [finding.code for finding in one.findings] for one in judged}
    assert by_name == {"other": ["suspected"], "tiller-deploy": []}


def test_the_worst_comes_first() -> None:
    bad = deployment(template(container(["--storage=configmap"])), inside="green")
    judged = evaluate(facts(deployment(), bad, policy())).tillers
    assert [one.tiller.namespace for one in judged] == ["green", HOME]
    severities = [finding.severity.rank for finding in judged[0].findings]
    assert severities == sorted(severities)


EVERYBODY = subject("Group system:serviceaccounts")


def given(role: str, who: Any = EVERYBODY, kind: str = "ClusterRoleBinding") -> Object:
    return item(kind, "all", "", roleRef={"kind": "ClusterRole", "name": role}, subjects=[who])


@pytest.mark.parametrize(
    ("further", "undone"),
    [
        ([given("cluster-admin")], True),
        ([given("cluster-admin", subject("User system:anonymous"))], True),
        ([given("cluster-admin", subject("Group system:unauthenticated"))], True),
        ([given("own"), item("ClusterRole", "own", "", rules=[{"resources": ["*"], "verbs": ["*"]}])], True),
        ([given("own"), item("ClusterRole", "own", "", rules=[{"resources": ["*"], "verbs": ["get"]}])], False),
        ([given("view")], False),
        ([given("cluster-admin", subject("Group admins"))], False),
        ([given(UNKNOWN)], False),  # type: ignore[arg-type]
    ],
)
def test_a_binding_that_gives_everybody_everything_undoes_rbac(further: list[Object], undone: bool) -> None:
    def codes(*objects: Object) -> set[str]:
        return {finding.code for finding in evaluate(facts(*objects, of_program=True)).findings}

    assert ("rbac-not-enforced" in codes(deployment(), *further)) is undone
    assert codes(*further) == set(), "a program without a Tiller"


def test_a_cluster_that_turns_rbac_off_is_found() -> None:
    switch = found(item("Cluster", "main"))
    (finding,) = evaluate(facts(deployment(), rbac_off=(switch,))).findings
    assert (finding.code, finding.about) == ("rbac-not-enforced", switch)


@pytest.mark.parametrize(
    ("bindings", "reads"),
    [
        (bound(rule("secrets", "get"), to="User system:anonymous"), True),
        (bound(rule("secrets", "list"), to="Group system:authenticated", inside=""), True),
        (bound(rule("*", "*"), to="Group system:unauthenticated"), True),
        (bound(rule("secrets", "get"), to="User system:anonymous", inside="green"), False),
        (bound(rule("secrets", "create"), to="User system:anonymous"), False),
        (bound(rule("secrets", "get"), to="Group blue-developers"), False),
    ],
)
def test_secrets_that_everybody_reads_are_found(bindings: tuple[Object, ...], reads: bool) -> None:
    (judged,) = evaluate(facts(deployment(), policy(), *bindings)).tillers
    assert ("secrets-for-everybody" in {finding.code for finding in judged.findings}) is reads


def test_a_role_that_a_program_binds_and_does_not_make_counts() -> None:
    binding = given("made-elsewhere", subject(f"ServiceAccount {HOME}/tiller"))
    (judged,) = evaluate(facts(deployment(), policy(), binding, of_program=True)).tillers
    assert "cluster-wide-rights" in {finding.code for finding in judged.findings}
