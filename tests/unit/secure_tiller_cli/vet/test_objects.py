"""Every object of a chart is sent to the API server to be judged, and nothing is made."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.vet.asking import Asker
from secure_tiller_cli.vet.objects import Asked, objects
from secure_tiller_cli.vet.upgrade import Previous
from secure_tiller_stack.cluster.connection import calling
from tests.support.api_server import SELF_REVIEW, Answer, ApiServer, review
from tests.unit.secure_tiller_cli.charts.world import ACCOUNT, DISCOVERY, RBAC, blue, one, right_of
from tests.unit.secure_tiller_stack.cluster.asking import access
from tiller_facts.kinds import SERVICE_ACCOUNTS
from tiller_facts.rbac import Right

MAPS = "/api/v1/namespaces/blue-apps/configmaps"
AS_TILLER, AS_YOU = "asked as Tiller's account", "asked as you"

Judge = Callable[..., Asked]


@pytest.fixture
def judge(server: ApiServer, tmp_path: Path) -> Judge:
    """Return a function that has manifests judged by the cluster `server`, which takes every object by default."""
    for path in (MAPS, *(f"/api/v1/namespaces/blue-apps/{kind}" for kind in ("pods", "secrets"))):
        server.answers[path] = (201, {})
    server.answers["/apis/apps/v1/namespaces/blue-apps/deployments"] = (201, {})
    server.answers[f"/apis/{RBAC}/v1/namespaces/blue-apps/rolebindings"] = (201, {})
    server.answers[f"/apis/{RBAC}/v1/namespaces/blue-apps/roles"] = (201, {})

    def run(*manifests: Manifest, found: tuple[Concern, ...] = (), upgraded: Previous | None = None) -> Asked:
        with calling(access(tmp_path, server.url)) as client:
            asker = Asker.of(client, blue(), manifests)
            return objects(asker, manifests, DISCOVERY, "blue-apps", found, upgraded)

    return run


def sent(server: ApiServer) -> list[Mapping[str, Any]]:
    return [question.body for question in server.asked if question.query == {"dryRun": ["All"]}]


def said(status: int, message: str, *fields: str) -> Answer:
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": each} for each in fields]
    return status, {"kind": "Status", "message": message, "details": {"causes": causes}}


def test_every_object_is_sent_dry_and_as_tillers_account(server: ApiServer, judge: Judge) -> None:
    deployment, settings = one("Deployment", "apps/v1", spec={"aFieldOfTomorrow": 1}), one("ConfigMap")
    asked = judge(deployment, settings)
    assert (asked.ways, asked.concerns) == ({deployment: AS_TILLER, settings: AS_TILLER}, [])
    metadata = {"name": "web", "namespace": "blue-apps"}
    expected = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"aFieldOfTomorrow": 1}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata},
    ]
    assert sorted(sent(server), key=lambda each: each["kind"], reverse=True) == expected
    assert server.sent("Impersonate-User")[-2:] == [[ACCOUNT], [ACCOUNT]]
    assert server.sent("Impersonate-Group")[-2:] == [[], []]


def test_the_right_to_impersonate_is_asked_for(server: ApiServer, judge: Judge) -> None:
    judge(one("ConfigMap"))
    (question,) = server.asked_at(SELF_REVIEW)
    assert right_of(question) == Right.on(SERVICE_ACCOUNTS, "impersonate", "blue-tiller", "tiller")


@pytest.mark.parametrize("answer", [review(allowed=False), (403, {"message": "forbidden"})])
def test_who_may_not_impersonate_asks_as_himself(server: ApiServer, judge: Judge, answer: Answer) -> None:
    server.answers[SELF_REVIEW] = answer
    settings = one("ConfigMap")
    assert judge(settings).ways == {settings: AS_YOU}
    assert server.sent("Impersonate-User")[-1] == []


@pytest.mark.usefixtures("judge")
def test_who_impersonates_somebody_already_asks_as_that_one(server: ApiServer, tmp_path: Path) -> None:
    reached, settings = access(tmp_path, server.url), one("ConfigMap")
    content = json.loads((tmp_path / "config").read_text())
    content["users"][0]["user"] = {"as": "reader"}
    (tmp_path / "config").write_text(json.dumps(content))
    with calling(reached) as client:
        asked = objects(Asker.of(client, blue(), [settings]), [settings], DISCOVERY, "blue-apps", ())
    assert asked.ways == {settings: AS_YOU}
    assert server.sent("Impersonate-User")[-1] == ["reader"]


HOOK = {"annotations": {"helm.sh/hook": "test"}}
NOT_ASKED = {
    "Tiller leaves it out": one("ConfigMap", metadata=HOOK),
    "the cluster does not serve its kind, unless the chart adds it": one("Widget", "example/v1"),
    "it is outside the team's namespaces": one("ConfigMap", namespace="kube-system"),
    "the chart itself creates the Role that it binds": one(
        "RoleBinding", f"{RBAC}/v1", roleRef={"kind": "Role", "name": "web"}
    ),
}


@pytest.mark.parametrize("why", NOT_ASKED)
def test_what_cannot_be_asked_is_said(server: ApiServer, judge: Judge, why: str) -> None:
    role = one("Role", f"{RBAC}/v1")
    assert judge(NOT_ASKED[why], role).ways == {NOT_ASKED[why]: f"not asked: {why}", role: AS_TILLER}
    assert len(sent(server)) == 1


def test_an_object_of_the_cluster_is_not_asked_about(judge: Judge) -> None:
    role = one("ClusterRole", f"{RBAC}/v1")
    assert judge(role).ways == {role: "not asked: it is outside the team's namespaces"}


def test_a_pod_is_sent_without_the_account_that_the_chart_brings(server: ApiServer, judge: Judge) -> None:
    brought = one("Pod", spec={"serviceAccountName": "web", "containers": []})
    judge(brought, one("Pod", name="other", spec={"serviceAccountName": "there"}), one("ServiceAccount"))
    by_name = {each["metadata"]["name"]: each["spec"] for each in sent(server)}
    assert by_name == {"web": {"containers": []}, "other": {"serviceAccountName": "there"}}


def test_a_namespace_that_is_no_text_is_sent_as_that_of_the_release(server: ApiServer, judge: Judge) -> None:
    judge(one("ConfigMap", metadata={"namespace": 1}))
    assert sent(server)[0]["metadata"]["namespace"] == "blue-apps"


VIOLATION = said(403, 'pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged (container "web")')
NO_RIGHT = said(403, 'configmaps is forbidden: User "carol" cannot create resource "configmaps" in API group ""')
THERE = said(409, 'configmaps "web" already exists')

ANSWERS = {
    "pod security": (VIOLATION, Group.POD_SECURITY, Effect.STOPS, 'violates PodSecurity "baseline:latest": privileged'),
    "a quota": (said(403, "exceeded quota: compute"), Group.CANNOT_INSTALL, Effect.STOPS, "exceeded quota: compute"),
    "no right of Tiller": (NO_RIGHT, Group.CANNOT_INSTALL, Effect.STOPS, "cannot create resource"),
    "invalid": (
        said(422, 'ConfigMap "web" is invalid: data: Required value'),
        Group.CANNOT_INSTALL,
        Effect.STOPS,
        "the API server refuses it: data: Required value",
    ),
    "unreadable": (
        said(400, "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.annotations of type string"),
        Group.CANNOT_INSTALL,
        Effect.STOPS,
        "cannot unmarshal bool",
    ),
    "it is there": (THERE, Group.CANNOT_INSTALL, Effect.STOPS, "already exists, and Tiller does not take it over"),
    "a webhook that cannot be asked": (
        said(400, 'admission webhook "stamp.example" does not support dry run'),
        Group.CANNOT_INSTALL,
        Effect.NOT_CHECKED,
        "does not support dry run",
    ),
    "a webhook": (said(500, "failed calling webhook"), Group.CANNOT_INSTALL, Effect.NOT_CHECKED, "answered 500"),
    "nothing there": (said(404, "not found"), Group.CANNOT_INSTALL, Effect.NOT_CHECKED, "answered 404: not found"),
    "no JSON": ((503, "no"), Group.CANNOT_INSTALL, Effect.NOT_CHECKED, "answered 503"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_the_api_server_says_is_reported_and_never_passed(server: ApiServer, judge: Judge, answer: str) -> None:
    server.answers[MAPS], group, severity, words = ANSWERS[answer]
    (finding,) = judge(one("ConfigMap")).concerns
    assert (finding.group, finding.severity) == (group, severity)
    assert words in finding.text


def test_what_is_found_already_is_not_found_twice(server: ApiServer, judge: Judge) -> None:
    server.answers[MAPS] = NO_RIGHT
    settings = one("ConfigMap")
    for severity, findings in ((Effect.STOPS, 0), (Effect.NOTE, 1)):
        found = Concern(Group.CANNOT_INSTALL, severity, "Tiller may not create configmaps", "", (settings,))
        assert len(judge(settings, found=(found,)).concerns) == findings


def test_a_right_that_the_caller_lacks_is_reported_once_for_a_namespace(server: ApiServer, judge: Judge) -> None:
    server.answers[SELF_REVIEW] = review(allowed=False)
    server.answers[MAPS] = server.answers["/api/v1/namespaces/blue-apps/secrets"] = NO_RIGHT
    some = [one("ConfigMap"), one("ConfigMap", name="other"), one("Secret")]
    asked = judge(*some)
    assert asked.ways == dict.fromkeys(some, "not asked: your account may not create it")
    (finding,) = asked.concerns
    assert finding.severity is Effect.NOT_CHECKED
    assert finding.text == "not checked: your account may not create configmaps, secrets in blue-apps"


@pytest.mark.parametrize(
    ("hook", "policy", "found"),
    [
        ("pre-install", "", True),
        ("post-install", "hook-succeeded", True),
        ("pre-install", "before-hook-creation", False),
        ("pre-upgrade, post-delete, test-success", "", False),
    ],
)
def test_a_hook_that_is_there_already_stops_an_install_unless_it_is_deleted_first(
    server: ApiServer, judge: Judge, hook: str, policy: str, found: bool
) -> None:
    server.answers[MAPS] = THERE
    annotations = {"helm.sh/hook": hook, "helm.sh/hook-delete-policy": policy}
    assert len(judge(one("ConfigMap", metadata={"annotations": annotations})).concerns) == found


# An upgrade.

RELEASED = Previous("blue-apps", {("ConfigMap", "blue-apps", "web"): one("ConfigMap", data={"a": "1", "b": "2"})})


def test_what_a_release_has_is_asked_about_as_its_change(server: ApiServer, judge: Judge) -> None:
    server.answers[f"{MAPS}/web"] = (200, {})
    changed, new = one("ConfigMap", data={"a": "2", "c": "3"}), one("Secret")
    asked = judge(changed, new, upgraded=RELEASED)
    assert (asked.ways, asked.concerns) == ({changed: AS_TILLER, new: AS_TILLER}, [])
    (patch,) = server.asked_at(f"{MAPS}/web")
    assert (patch.query, patch.body) == ({"dryRun": ["All"]}, {"data": {"a": "2", "b": None, "c": "3"}})
    assert ["application/merge-patch+json"] in server.sent("Content-Type")


def test_a_change_that_the_api_server_refuses_stops(server: ApiServer, judge: Judge) -> None:
    server.answers[f"{MAPS}/web"] = said(422, 'ConfigMap "web" is invalid: data: Forbidden: field is immutable')
    (finding,) = judge(one("ConfigMap", data={"a": "2"}), upgraded=RELEASED).concerns
    assert (finding.severity, finding.text) == (
        Effect.STOPS,
        "the API server refuses it: data: Forbidden: field is immutable",
    )


def test_what_a_release_has_and_somebody_deleted_is_asked_about_as_new(server: ApiServer, judge: Judge) -> None:
    server.answers[f"{MAPS}/web"] = said(404, 'configmaps "web" not found')
    changed = one("ConfigMap", data={"a": "2"})
    assert judge(changed, upgraded=RELEASED).concerns == []
    assert sent(server)[-1]["data"] == {"a": "2"}


def test_a_change_that_tiller_cannot_compute_stops(server: ApiServer, judge: Judge) -> None:
    before, after = (
        one("Pod", spec={"securityContext": {"seccompProfile": {"type": each}}}) for each in ("Unconfined", "Localhost")
    )
    released = Previous("blue-apps", {("Pod", "blue-apps", "web"): before})
    asked = judge(after, upgraded=released)
    (finding,) = asked.concerns
    assert (finding.severity, asked.ways) == (
        Effect.STOPS,
        {after: "not asked: Tiller cannot compute its change"},
    )
    assert finding.text.startswith("Tiller cannot compute its change: Helm 2 does not know the field seccompProfile")
    assert sent(server) == []


def test_a_right_to_change_that_the_caller_lacks_is_reported(server: ApiServer, judge: Judge) -> None:
    server.answers[SELF_REVIEW] = review(allowed=False)
    server.answers[f"{MAPS}/web"] = said(403, 'configmaps "web" is forbidden: User "carol" cannot patch resource "a"')
    changed = one("ConfigMap", data={"a": "2"})
    asked = judge(changed, upgraded=RELEASED)
    assert asked.ways == {changed: "not asked: your account may not create or change it"}
    assert [each.text for each in asked.concerns] == [
        "not checked: your account may not create or change configmaps in blue-apps"
    ]


@pytest.mark.parametrize(
    ("upgraded", "severity"),
    [(Previous("blue-apps"), Effect.STOPS), (Previous("blue-apps", known=False), Effect.NOT_CHECKED)],
)
def test_what_is_there_and_not_of_the_release_is_not_passed(
    server: ApiServer, judge: Judge, upgraded: Previous, severity: Effect
) -> None:
    server.answers[MAPS] = THERE
    (finding,) = judge(one("ConfigMap"), upgraded=upgraded).concerns
    assert finding.severity is severity
    assert "already exists" in finding.text


@pytest.mark.parametrize(
    ("hook", "policy", "found"),
    [("pre-upgrade", "", True), ("pre-upgrade", "before-hook-creation", False), ("pre-install", "", False)],
)
def test_a_hook_that_is_there_already_stops_an_upgrade_that_makes_it(
    server: ApiServer, judge: Judge, hook: str, policy: str, found: bool
) -> None:
    server.answers[MAPS] = THERE
    annotations = {"helm.sh/hook": hook, "helm.sh/hook-delete-policy": policy}
    asked = judge(one("ConfigMap", metadata={"annotations": annotations}), upgraded=RELEASED)
    assert len(asked.concerns) == found


# Nothing of a Secret is printed.

QUOTED = [
    'ConfigMap "web" is invalid: data[a]: Invalid value: "open sesame": a key',
    r'ConfigMap "web" is invalid: data[a]: Invalid value: "open \"sesame\"": a key',
    'ConfigMap "web" is invalid: spec: Invalid value: v1.Spec{Word:"sesame", List:[]string{"a"}}: field is immutable',
    'ConfigMap "web" is invalid: spec: Invalid value: {"word":"sesame"}: field is immutable',
    'ConfigMap "web" is invalid: spec.a: Unsupported value: "sesame": supported values: "Always"',
    'ConfigMap "web" is invalid: spec.a[1]: Duplicate value: "sesame"',
    'ConfigMap "web" is invalid: spec.a: Too long: sesame: may not be more than 3 bytes',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strconv.ParseInt: parsing "sesame": invalid syntax',
    'ReadString: expects " or n, but found 1, error found in #10 byte of ...|"a":"sesame"|..., bigger context ...|',
    'ConfigMap "web" is invalid: spec.a: Not found: "sesame"',
    'ConfigMap "web" is invalid: metadata.labels: invalid label value: "sesame"',
    'parsing time "open sesame" as "2006-01-02": cannot parse',
    "admission webhook denied the request: sesame is too easy",
]


@pytest.mark.parametrize("message", QUOTED)
def test_what_the_api_server_quotes_of_an_object_is_not_shown(server: ApiServer, judge: Judge, message: str) -> None:
    server.answers[MAPS] = said(422, message)
    secret = one("Secret", stringData={"password": "sesame"})
    (finding,) = judge(one("ConfigMap"), secret).concerns
    assert "sesame" not in finding.text


@pytest.mark.parametrize(
    "data", [{"data": {"a": base64.b64encode(b"sesame").decode()}}, {"stringData": {"a": "sesame"}}]
)
@pytest.mark.parametrize("message", ["sesame", "c2VzYW1l"])
def test_what_a_secret_of_the_chart_holds_is_not_shown(
    server: ApiServer, judge: Judge, data: Mapping[str, Any], message: str
) -> None:
    held = next(iter(data.values()))["a"]
    server.answers[MAPS] = said(500, f"the word {message if held != 'sesame' else held} is bad")
    (finding,) = judge(one("ConfigMap"), one("Secret", **data)).concerns
    assert finding.text.endswith("the word (not shown) is bad")


HELD = 'one sesame\n{"auth": "tok\\"en"}\nhüte'
LINE = '{"auth": "tok\\"en"}'


@pytest.mark.parametrize(
    "quoted",
    [
        json.dumps(HELD)[1:-1],
        json.dumps(HELD, ensure_ascii=False)[1:-1],
        *("one sesame", LINE, json.dumps(LINE)[1:-1]),
        *(base64.b64encode(each.encode()).decode() for each in (HELD, LINE)),
    ],
)
@pytest.mark.parametrize("encoded", [True, False])
def test_a_value_of_a_secret_is_not_shown_in_any_form(
    server: ApiServer, judge: Judge, quoted: str, encoded: bool
) -> None:
    data: dict[str, Any] = (
        {"data": {"a": base64.b64encode(HELD.encode()).decode()}} if encoded else {"stringData": {"a": HELD}}
    )
    server.answers[MAPS] = said(500, f"the word {quoted} is bad")
    (finding,) = judge(one("ConfigMap"), one("Secret", **data)).concerns
    assert finding.text.endswith("the word (not shown) is bad")


def test_a_lacking_right_is_seen_although_a_secret_holds_its_words(server: ApiServer, judge: Judge) -> None:
    server.answers[SELF_REVIEW], server.answers[MAPS] = review(allowed=False), NO_RIGHT
    (finding,) = judge(one("ConfigMap"), one("Secret", stringData={"a": "User", "b": "resource"})).concerns
    assert finding.text == "not checked: your account may not create configmaps in blue-apps"


@pytest.mark.parametrize("account", [{}, ["x"], 7, None])
def test_an_account_that_is_no_text_is_left_to_the_api_server(server: ApiServer, judge: Judge, account: object) -> None:
    judge(one("Pod", spec={"serviceAccountName": account}))
    assert sent(server)[-1]["spec"] == {"serviceAccountName": account}


def test_of_a_secret_only_the_fields_are_shown(server: ApiServer, judge: Judge) -> None:
    path = "/api/v1/namespaces/blue-apps/secrets"
    server.answers[path] = said(422, 'Secret "web" is invalid: data[tls.crt]: sesame', "data[tls.crt]", "type")
    (finding,) = judge(one("Secret")).concerns
    assert finding.text.startswith("the API server refuses it: data[tls.crt], type (what the API server says is")
    server.answers[path] = said(400, "illegal base64 data: sesame")
    (finding,) = judge(one("Secret")).concerns
    assert "its form (what the API server says is not shown" in finding.text
    assert "sesame" not in finding.text
