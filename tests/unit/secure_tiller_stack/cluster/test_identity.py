"""The identity of a request: every field of a kubeconfig's user, sent as kubectl sends it, or refused by its name."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from secure_tiller.problems import ClusterError, Problem
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import identity
from secure_tiller_stack.kubeconfig import Access
from tests.support import api_server
from tests.support.api_server import NONE, SELF_REVIEW, ApiServer
from tests.unit.secure_tiller_stack.cluster.asking import OURS, PREVIEW, serving
from tiller_facts.kinds import SECRETS
from tiller_facts.rbac import Right


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    """Something that answers like an API server, over TLS: credentials are sent nowhere else."""
    with api_server.running(serving(tmp_path, "127.0.0.1")) as running:
        yield running


def entry(folder: Path, url: str, user: object, **of_cluster: object) -> Access:
    return api_server.entry(folder, url, user, **OURS, **of_cluster)


def refusal(access: Access) -> Problem:
    with pytest.raises(ClusterError) as refused:
        cluster.ask(access, PREVIEW)
    (problem,) = refused.value.problems
    assert "sesame" not in str(problem)
    return problem


def unsigned(ends: float) -> str:
    parts = ({"alg": "none"}, {"exp": ends})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".s"


VALID = unsigned(2**40)
ENDED = unsigned(1)
NESTED = f"a.{base64.urlsafe_b64encode(b'[' * 60_000).decode()}.s"


def oidc(**config: object) -> dict[str, Any]:
    return {"auth-provider": {"name": "oidc", "config": config}}


@pytest.mark.parametrize(
    ("user", "header", "values"),
    [
        ({}, "Authorization", []),
        ({"token": "sesame"}, "Authorization", ["Bearer sesame"]),
        ({"username": "ann", "password": "sesame"}, "Authorization", ["Basic YW5uOnNlc2FtZQ=="]),
        ({"username": "ann"}, "Authorization", ["Basic YW5uOg=="]),
        (oidc(**{"id-token": VALID}), "Authorization", [f"Bearer {VALID}"]),
        ({"token": "t", **oidc(**{"id-token": ENDED})}, "Authorization", ["Bearer t"]),
        ({"token": "t", "exec": {"command": "/nowhere"}}, "Authorization", ["Bearer t"]),
        ({"token": "t", "as": None, "as-groups": []}, "Impersonate-User", []),
        ({"token": "t", "as": "reader"}, "Impersonate-User", ["reader"]),
        ({"token": "t", "as": "reader"}, "Authorization", ["Bearer t"]),
        ({"as": "reader", "as-groups": ["a", "b, c"]}, "Impersonate-Group", ["a", "b, c"]),
        ({"as": "reader", "as-groups": ["a", "a"]}, "Impersonate-Group", ["a", "a"]),
        ({"as": "reader", "as-user-extra": {"reason": ["x", "x"]}}, "Impersonate-Extra-reason", ["x", "x"]),
        ({"as": "reader", "as-user-extra": {"reason": []}}, "Impersonate-Extra-reason", []),
        ({"as": "reader", "as-uid": "42"}, "Impersonate-Uid", ["42"]),
        ({"as": "reader", "as-user-extra": {"reason": ["x", "y"]}}, "Impersonate-Extra-reason", ["x", "y"]),
        ({"as": "r", "as-user-extra": {"a.org/ü": ["x"]}}, "Impersonate-Extra-a.org%2F%C3%BC", ["x"]),
        ({"as": "jürgen"}, "Impersonate-User", ["jürgen".encode().decode("latin-1")]),
        ({"token": "t", "extensions": [{"name": "x", "extension": {}}], "tokn": "x"}, "Authorization", ["Bearer t"]),
    ],
)
def test_every_question_carries_who_asks(
    server: ApiServer, tmp_path: Path, user: object, header: str, values: list[str]
) -> None:
    cluster.ask(entry(tmp_path, server.url, user), PREVIEW)
    assert len(server.asked) > 3
    assert server.sent(header) == [values] * len(server.asked)


def test_reviews_of_the_own_rights_are_asked_as_the_impersonated_user(server: ApiServer, tmp_path: Path) -> None:
    asked = replace(PREVIEW, deploying=True, acts=frozenset({Right.on(SECRETS, "get", "green")}))
    access = entry(tmp_path, server.url, {"token": "t", "as": "reader", "as-groups": ["a"]})
    cluster.ask(access, asked)
    place = server.paths.index(SELF_REVIEW)
    assert (server.sent("Impersonate-User")[place], server.sent("Impersonate-Group")[place]) == (["reader"], ["a"])


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"as-groups": ["a"]}, "as-groups: needs `as`"),
        ({"as-uid": "a"}, "as-uid: needs `as`"),
        ({"as-user-extra": {"a": ["b"]}}, "as-user-extra: needs `as`"),
        ({"as": "", "as-groups": ["a"]}, "as-groups: needs `as`"),
        ({"as": "", "as-groups": [""]}, "as-groups: must be a list of texts, none of them empty"),
        ({"as": None, "as-user-extra": {"a": ["b"]}}, "as-user-extra: needs `as`"),
        ({"as": " "}, "as: must be text without white space around it"),
        ({"as": "reader\n"}, "as: must be text without white space around it"),
        ({"as": "reader", "as-uid": " "}, "as-uid: must be text without"),
        ({"as": "reader", "as-groups": ["a", ""]}, "as-groups: must be a list of texts, none of them empty"),
        ({"as": "reader", "as-groups": [" a"]}, "as-groups: must be a list of texts, none of them empty"),
        ({"as": "reader", "as-user-extra": {"": ["x"]}}, "as-user-extra: must be a map of lists of texts, none"),
        ({"as": "reader", "as-user-extra": {"a": ["x", ""]}}, "as-user-extra: must be a map of lists of texts, none"),
        (
            {"as": "reader", "as-user-extra": {"a": ["x"], "A": ["y"]}},
            "as-user-extra: has two keys that differ only in case",
        ),
        ({"as": ["sesame"]}, "as: must be text"),
        ({"as": False}, "as: must be text"),
        ({"as": "reader", "as-groups": False}, "as-groups: must be a list of texts"),
        ({"tokenFile": False}, "tokenFile: must be text"),
        ({"as": "reader", "as-groups": "sesame"}, "as-groups: must be a list of texts"),
        ({"as": "reader", "as-user-extra": {"a": "sesame"}}, "as-user-extra: must be a map of lists of texts"),
        ({"token": 7}, "token: must be text"),
        ({"token": "sesame", "username": "ann"}, "username: cannot be used with a token"),
        ({"tokenFile": "/nowhere"}, "tokenFile: the file is not there: /nowhere"),
        ({"tokenFile": "empty"}, "tokenFile: the file is empty"),
        ({"password": 7}, "password: must be text"),
        ({"auth-provider": {"name": "gcp", "config": {"access-token": "sesame"}}}, "auth-provider: only `oidc`"),
        ({"auth-provider": {"name": "azure"}}, "auth-provider: only `oidc`"),
        (oidc(**{"id-token": ENDED, "refresh-token": "sesame"}), "auth-provider: its id-token has expired"),
        (oidc(**{"id-token": "sesame"}), "auth-provider: its config has no id-token"),
        (oidc(**{"id-token": NESTED}), "auth-provider: its config has no id-token"),
        (oidc(), "auth-provider: its config has no id-token"),
        ({"auth-provider": "sesame"}, "auth-provider: must be a map"),
        ({"exec": {"command": "x"}, **oidc()}, "auth-provider: cannot be used with exec"),
        ({"client-certificate-data": "c2VzYW1l"}, "client-key: is missing"),
        ({"client-certificate": "/nowhere", "client-key": "/nowhere"}, "client-certificate: the file is not there"),
        ({"client-key": "x", "client-key-data": "sesame"}, "client-key: cannot be used with client-key-data"),
        (
            {"client-certificate-data": "c2VzYW1l", "client-key-data": "c2VzYW1l"},
            "client-certificate: cannot be read as a certificate in PEM",
        ),
        ({"client-certificate-data": "x", "client-key-data": "c2VzYW1l"}, "client-certificate-data: cannot be read"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(tmp_path: Path, user: object, words: str) -> None:
    (tmp_path / "empty").write_text("\n")
    assert words in refusal(entry(tmp_path, "https://127.0.0.1:1", user)).why


@pytest.mark.parametrize(
    "user",
    [
        {"token": "sesame"},
        {"tokenFile": "/nowhere"},
        {"username": "ann"},
        {"password": "sesame"},
        {"client-certificate": "/nowhere", "client-key": "/nowhere"},
        {"client-certificate-data": "c2VzYW1l", "client-key-data": "c2VzYW1l"},
        {"exec": {"command": "/nowhere"}},
        oidc(**{"id-token": VALID}),
        {"token": "sesame", "as": "reader"},
    ],
    ids=lambda user: next(iter(user)),
)
def test_credentials_are_refused_where_there_is_no_TLS(tmp_path: Path, user: dict[str, object]) -> None:  # noqa: N802
    with api_server.running() as plain:
        found = refusal(api_server.entry(tmp_path, plain.url, user))
    assert found.why.startswith("server: is http://, over which kubectl sends no credentials")
    assert next(iter(user)) in found.why
    assert "https://" in found.remedy
    assert plain.asked == []


@pytest.mark.parametrize("user", [{}, {"as": "reader", "as-groups": ["a"]}, {"token": ""}])
def test_without_credentials_no_TLS_is_needed(tmp_path: Path, user: dict[str, object]) -> None:  # noqa: N802
    with api_server.running() as plain:
        cluster.ask(api_server.entry(tmp_path, plain.url, user), PREVIEW)
    assert plain.sent("Authorization") == [[]] * len(plain.asked)
    assert plain.sent("Impersonate-User")[0] == ([user["as"]] if "as" in user else [])


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_user_in_the_address_of_the_server_is_refused(tmp_path: Path, scheme: str) -> None:
    found = refusal(api_server.entry(tmp_path, f"{scheme}://ann:sesame@127.0.0.1:1", {}))
    assert found.why.startswith("server: must hold no user")


def test_a_newline_at_the_end_of_a_token_file_is_no_part_of_the_token(server: ApiServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" sesame\n")
    cluster.ask(entry(tmp_path, server.url, {"tokenFile": "token", "token": "old"}), PREVIEW)
    assert server.sent("Authorization") == [["Bearer sesame"]] * len(server.asked)


def test_the_token_is_sent_if_the_token_file_is_not_there(server: ApiServer, tmp_path: Path) -> None:
    cluster.ask(entry(tmp_path, server.url, {"tokenFile": "/nowhere", "token": "other"}), PREVIEW)
    assert server.sent("Authorization")[0] == ["Bearer other"]


def test_a_renewed_token_file_is_read_again(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "TOKEN_FILE_SECONDS", 0)
    (tmp_path / "token").write_text("old")
    plain = server.answer

    def renewing(question: Any) -> Any:
        (tmp_path / "token").write_text("new")
        return plain(question)

    monkeypatch.setattr(server, "answer", renewing)
    cluster.ask(entry(tmp_path, server.url, {"tokenFile": "token"}), PREVIEW)
    assert (server.sent("Authorization")[0], server.sent("Authorization")[-1]) == (
        ["Bearer old"],
        ["Bearer new"],
    )


# The login program.

V1 = "client.authentication.k8s.io/v1"


def program(folder: Path, body: str) -> dict[str, Any]:
    """Return the entry of a login program that notes its run."""
    path = folder / "login"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\nopen({str(folder / 'runs')!r}, 'a').write('x')\n{body}")
    path.chmod(0o700)
    return {"apiVersion": V1, "command": str(path), "interactiveMode": "Never"}


def answer(**status: object) -> str:
    return f"print(json.dumps({{'apiVersion': {V1!r}, 'kind': 'ExecCredential', 'status': {status!r}}}))"


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text()) if (folder / "runs").exists() else 0


def test_the_token_of_a_login_program_is_sent_and_asked_for_once_while_it_is_valid(
    server: ApiServer, tmp_path: Path
) -> None:
    user = {"exec": program(tmp_path, answer(token="t", expirationTimestamp="2999-01-01T00:00:00Z"))}
    access = entry(tmp_path, server.url, user)
    for _ in range(3):
        cluster.ask(access, PREVIEW)
    assert server.sent("Authorization") == [["Bearer t"]] * len(server.asked)
    assert runs(tmp_path) == 1


@pytest.mark.parametrize(
    ("mode", "terminal", "interactive"),
    [("Never", True, False), ("IfAvailable", True, True), ("IfAvailable", False, False), ("Always", True, True)],
)
def test_a_login_program_learns_whether_it_has_the_terminal(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, terminal: bool, interactive: bool
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: terminal))
    info = "json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']['interactive']"
    note = f"open({str(tmp_path / 'seen')!r}, 'w').write(str({info}) + str(os.getsid(0) == os.getpid()))\n"
    login = program(tmp_path, note + answer(token="t")) | {"interactiveMode": mode}
    cluster.ask(entry(tmp_path, server.url, {"exec": login}), PREVIEW)
    assert (tmp_path / "seen").read_text() == f"{interactive}{not interactive}"


def test_looking_again_and_again_for_the_end_of_a_revocation_runs_the_login_program_once(
    server: ApiServer, tmp_path: Path
) -> None:
    teams = ("green-tiller", "blue-tiller")
    server.answers |= {f"/api/v1/namespaces/{team}/pods": NONE for team in teams}
    access = entry(tmp_path, server.url, {"exec": program(tmp_path, answer(token="t"))})
    for namespace in teams * 3:
        assert cluster.tillers(access, namespace) == ()
    assert runs(tmp_path) == 1


def test_a_login_that_has_ended_is_renewed(server: ApiServer, tmp_path: Path) -> None:
    user = {"exec": program(tmp_path, answer(token="t", expirationTimestamp="2001-01-01T00:00:00Z"))}
    cluster.ask(entry(tmp_path, server.url, user), PREVIEW)
    assert runs(tmp_path) > 1


def test_a_login_that_the_cluster_refuses_is_asked_for_again(server: ApiServer, tmp_path: Path) -> None:
    access = entry(tmp_path, server.url, {"exec": program(tmp_path, answer(token="t"))})
    version = server.answers["/version"]
    server.answers["/version"] = (401, {"message": "Unauthorized"})
    refusal(access)
    server.answers["/version"] = version
    cluster.ask(access, PREVIEW)
    assert runs(tmp_path) == 2


@pytest.mark.parametrize(
    ("body", "changes", "words"),
    [
        ("print('sesame', file=sys.stderr); sys.exit(7)", {}, "its login program login failed with exit code 7"),
        ("os.kill(os.getpid(), 9)", {}, "its login program login failed with exit code -9"),
        ("print('sesame')", {}, "its login program login gave no ExecCredential"),
        ("print('{}')", {}, "gave no ExecCredential"),
        (answer(), {}, "gave neither a token nor a certificate"),
        (answer(token=7), {}, "gave neither a token nor a certificate"),
        (answer(clientCertificateData="sesame"), {}, "gave neither a token nor a certificate"),
        (answer(token="t", expirationTimestamp="soon"), {}, "gave no ExecCredential"),
        (answer(token="t").replace("/v1", "/v2"), {}, "gave no ExecCredential"),
        (answer(token="t"), {"command": "no-such-program"}, "no-such-program cannot be run: No such file"),
        (answer(token="t"), {"command": 7}, "exec.command: must be text"),
        (answer(token="t"), {"apiVersion": V1 + "alpha1"}, "exec.apiVersion: must be"),
        (answer(token="t"), {"interactiveMode": None}, "exec.interactiveMode: must be"),
        (answer(token="t"), {"interactiveMode": "Always"}, "needs a terminal, and there is none"),
        (answer(token="t"), {"args": "sesame"}, "exec.args: must be a list"),
        (answer(token="t"), {"env": {"sesame": "x"}}, "exec.env: must be a list"),
        (answer(token="t"), {"env": [{"name": "A", "value": 7}]}, "exec.env: must hold texts"),
    ],
)
def test_a_login_program_that_fails_is_named_and_nothing_is_asked_as_a_guest(
    server: ApiServer, tmp_path: Path, body: str, changes: dict[str, Any], words: str
) -> None:
    problem = refusal(entry(tmp_path, server.url, {"exec": program(tmp_path, body) | changes}))
    assert words in problem.why
    assert "rights" not in problem.why + problem.remedy
    assert server.asked == []


def test_a_login_program_that_hangs_is_ended(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secure_tiller_stack.cluster.login.LONGEST_SECONDS", 0.5)
    body = "import time, subprocess; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    began = time.monotonic()
    assert "did not end within 0.5 s" in refusal(entry(tmp_path, server.url, {"exec": program(tmp_path, body)})).why
    assert time.monotonic() - began < 20


def test_the_hint_of_a_missing_login_program_is_the_remedy(tmp_path: Path) -> None:
    login = {"apiVersion": V1, "command": "no-such-program", "interactiveMode": "Never", "installHint": "get\x1b"}
    assert r'"get\u001b"' in refusal(entry(tmp_path, "https://127.0.0.1:1", {"exec": login})).remedy


def test_a_login_program_gets_its_arguments_environment_and_what_it_may_know_of_the_cluster(
    server: ApiServer, tmp_path: Path
) -> None:
    login = program(
        tmp_path,
        "json.dump([sys.argv[1:], os.environ['A'], json.loads(os.environ['KUBERNETES_EXEC_INFO'])], "
        f"open({str(tmp_path / 'seen')!r}, 'w'))\n{answer(token='t')}",
    )
    login |= {
        "args": ["a", "b"],
        "env": [{"name": "A", "value": "1"}],
        "provideClusterInfo": True,
        "command": "./login",
    }
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}]
    of_cluster = {"certificate-authority": "ca.pem", "extensions": extensions}
    access = api_server.entry(tmp_path, server.url, {"exec": login}, **of_cluster)
    cluster.ask(access, PREVIEW)
    arguments, variable, info = json.loads((tmp_path / "seen").read_text())
    assert (arguments, variable) == (["a", "b"], "1")
    assert info == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": server.url,
                **OURS,
                "config": {"audience": "me"},
            },
        },
    }


def test_a_guest_is_not_reported_to_lack_rights(server: ApiServer, tmp_path: Path) -> None:
    server.answers["/api/v1/pods"] = (403, {"message": 'User "system:anonymous" cannot list resource "pods"'})
    assert "credentials" in refusal(entry(tmp_path, server.url, {})).remedy
