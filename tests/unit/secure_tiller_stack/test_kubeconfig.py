"""The choice of the cluster: the settings, the file and its contexts."""

import base64
import json
from pathlib import Path

import pytest

from secure_tiller.problems import ClusterError, ConfigurationError
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.configuration import Stack, read_stack
from secure_tiller_stack.kubeconfig import Access
from tests.support.samples import SMALLEST

CONTENT = """
current-context: here
contexts: [{name: here, context: {}}, {name: there, context: {}}]
users: [{name: me, user: {token: sesame}}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(CONTENT)
    return path


def test_the_current_context_of_KUBECONFIG_is_the_default(file: Path) -> None:  # noqa: N802
    assert kubeconfig.find({}, environment={"KUBECONFIG": str(file)}) == Access(file, "here")


def test_without_KUBECONFIG_it_is_the_file_in_the_home(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    (file.parent / ".kube").mkdir()
    file.rename(file.parent / ".kube" / "config")
    monkeypatch.setenv("HOME", str(file.parent))
    assert kubeconfig.find({}, environment={}).kubeconfig == file.parent / ".kube" / "config"


def test_the_settings_win(file: Path) -> None:
    settings = {"kubeconfig": str(file), "context": "there", "uid": "42"}
    assert kubeconfig.find(settings, environment={"KUBECONFIG": "/nowhere"}) == Access(file, "there", "42")


def test_a_relative_path_becomes_absolute(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert kubeconfig.find({"kubeconfig": "config"}, environment={}).kubeconfig == file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "not a kubeconfig"),
        ("[]", "not a kubeconfig"),
        ("contexts: 7", "not a kubeconfig"),
        ("{token: sesame", "not a kubeconfig"),
        ("contexts: []", "it has none"),
        ("contexts: [{name: here}]", "must be a context of"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_but_not_quoted(file: Path, content: str | None, words: str) -> None:
    file.unlink()
    if content is not None:
        file.write_text(content)
    with pytest.raises(ClusterError) as refused:
        kubeconfig.find({}, environment={"KUBECONFIG": str(file)})
    assert str(file) in str(refused.value)
    assert words in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_an_unknown_context_is_refused_with_those_that_the_file_has(file: Path) -> None:
    with pytest.raises(ClusterError, match="here, there"):
        kubeconfig.find({"context": "elsewhere"}, environment={"KUBECONFIG": str(file)})


# Several files in KUBECONFIG: kubectl drops empty parts and files that are not there, and the first to name wins.

HERE = """
current-context: here
contexts: [{name: here, context: {cluster: c, user: me}}]
clusters: [{name: c, cluster: {server: https://here}}]
users: [{name: me, user: {token: sesame}}]
"""


@pytest.mark.parametrize("form", [":{}", "{}:", "::{}:", "{0}:{0}", "/nowhere:{}", "{}:/nowhere"])
def test_parts_of_KUBECONFIG_that_are_no_file_do_not_count(file: Path, form: str) -> None:  # noqa: N802
    assert kubeconfig.find({}, environment={"KUBECONFIG": form.format(file)}) == Access(file, "here")


@pytest.mark.parametrize("listed", [":", "/nowhere:/nowhere else"])
def test_a_KUBECONFIG_without_any_file_is_refused(listed: str) -> None:  # noqa: N802
    with pytest.raises(ClusterError, match="KUBECONFIG names no file that is there"):
        kubeconfig.find({}, environment={"KUBECONFIG": listed})


@pytest.fixture
def others(tmp_path: Path) -> Path:
    path = tmp_path / "others"
    path.write_text(HERE.replace("here", "there").replace("name: c,", "name: d,").replace("cluster: c", "cluster: d"))
    return path


def test_the_file_with_the_whole_context_is_taken(file: Path, others: Path) -> None:
    file.write_text(HERE.replace("name: me", "name: ann").replace("user: me", "user: ann"))
    listed = {"KUBECONFIG": f"{others}:{file}"}
    assert kubeconfig.find({"context": "here"}, environment=listed) == Access(file, "here")
    assert kubeconfig.find({}, environment=listed) == Access(others, "there"), "the first current context counts"


@pytest.mark.parametrize(("kind", "name"), [("cluster", "c"), ("user", "me")])
def test_a_context_that_is_spread_over_files_is_refused_with_its_places(
    file: Path, others: Path, kind: str, name: str
) -> None:
    file.write_text(HERE)
    others.write_text(f"{kind}s: [{{name: {name}, {kind}: {{token: sesame}}}}]")
    with pytest.raises(ClusterError, match=f"the {kind} in {others}") as refused:
        kubeconfig.find({}, environment={"KUBECONFIG": f"{others}:{file}"})
    assert f"the context in {file}" in str(refused.value)
    assert "--flatten" in refused.value.problems[0].remedy
    assert "sesame" not in str(refused.value)
    assert kubeconfig.find({}, environment={"KUBECONFIG": f"{file}:{others}"}) == Access(file, "here"), "the control"


def test_one_broken_file_of_several_is_named(file: Path, others: Path) -> None:
    others.write_text("{token: sesame")
    with pytest.raises(ClusterError, match=f"{others} is not a kubeconfig") as refused:
        kubeconfig.find({}, environment={"KUBECONFIG": f"{file}:{others}"})
    assert "sesame" not in str(refused.value)


def test_in_a_pod_without_a_kubeconfig_the_remedy_is_one_for_its_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ClusterError) as outside:
        kubeconfig.find({}, environment={})
    (tmp_path / "token").write_text("sesame")
    monkeypatch.setattr(kubeconfig, "ACCOUNT", tmp_path / "token")
    with pytest.raises(ClusterError) as inside:
        kubeconfig.find({}, environment={})
    assert "tokenFile" in inside.value.problems[0].remedy
    assert "tokenFile" not in outside.value.problems[0].remedy


def test_the_value_of_an_unknown_key_is_not_shown_because_it_could_be_a_secret() -> None:
    with pytest.raises(ConfigurationError) as refused:
        kubeconfig.read_settings({"token": "sesame", "contxt": {"token": "sesame"}, "uid": "42"})
    assert [(problem.key, problem.value) for problem in refused.value.problems] == [
        ("secure-tiller:cluster.token", "(not shown)"),
        ("secure-tiller:cluster.contxt", "(not shown)"),
    ]
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("here", "must be a map"),
        ({"contxt": "here"}, "did you mean 'context'?"),
        ({"context": 7}, "must be text"),
        ({"uid": ""}, "must be text"),
    ],
)
def test_settings_of_another_form_are_refused(value: object, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        kubeconfig.read_settings(value)
    assert words in str(refused.value)


PASTED = {
    "YAML": CONTENT,
    "JSON": json.dumps({"apiVersion": "v1", "users": [{"user": {"token": "sesame"}}]}),
    "YAML on one line": "users: [{name: p, user: {token: sesame}}]",
    "short base64": base64.b64encode(b"apiVersion: v1\nusers: [{user: {token: sesame}}]").decode(),
    "base64": "sesame" + "c2VzYW1l" * 200,
    "a NUL": "sesame\0",
}


@pytest.mark.parametrize("key", kubeconfig.SETTINGS)
@pytest.mark.parametrize("content", PASTED.values(), ids=PASTED)
def test_a_kubeconfigs_content_in_place_of_a_name_is_refused_and_not_shown(key: str, content: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        kubeconfig.read_settings({key: content})
    (problem,) = refused.value.problems
    assert problem.key == f"secure-tiller:cluster.{key}"
    assert "pulumi config set --secret secure-tiller:kubeconfig" in problem.remedy
    assert "sesame" not in str(problem)
    assert "c2VzYW1l" not in str(problem)


@pytest.mark.parametrize("content", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("from_option", [True, False])
def test_a_kubeconfigs_content_in_an_option_or_in_KUBECONFIG_is_refused_and_not_shown(  # noqa: N802
    content: str, from_option: bool
) -> None:
    settings, environment = ({"kubeconfig": content}, {}) if from_option else ({}, {"KUBECONFIG": content})
    with pytest.raises(ClusterError) as refused:
        kubeconfig.find(settings, environment=environment)
    (problem,) = refused.value.problems
    assert problem.key == "secure-tiller:cluster.kubeconfig"
    assert ("KUBECONFIG is no" in problem.why) is not from_option
    assert "sesame" not in str(problem)


USERS = {"users": [{"user": {"token": "sesame"}}]}


@pytest.mark.parametrize(
    "value",
    [
        [USERS],
        {"kubeconfig": USERS},
        {"context": [USERS]},
        {"uid": USERS},
        *PASTED.values(),
        *({text: "any"} for text in PASTED.values()),
    ],
)
def test_a_kubeconfig_in_a_place_of_another_form_is_refused_and_not_shown(value: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        kubeconfig.read_settings(value)
    assert "sesame" not in str(refused.value)
    assert "c2VzYW1l" not in str(refused.value)


@pytest.mark.parametrize("content", PASTED.values(), ids=PASTED)
def test_a_pasted_kubeconfig_is_not_shown_where_a_secret_one_is_set_too(content: str) -> None:
    (problem,) = kubeconfig.wrong_content(CONTENT, {"kubeconfig": content})
    assert problem.value == "(not shown)"


@pytest.mark.parametrize("path", ["~nobody-of-this-name/config", "/proc/1/root/" + "x" * 300, "/dev/null/config"])
@pytest.mark.parametrize("listed", ["{}", "{}:/nowhere"])
def test_a_path_that_the_system_refuses_is_refused_in_words(path: str, listed: str) -> None:
    with pytest.raises(ClusterError):
        kubeconfig.find({}, environment={"KUBECONFIG": listed.format(path)})


# The content of a kubeconfig as a secret value, for runners that have no file.


def test_the_content_takes_the_place_of_every_file() -> None:
    found = kubeconfig.find({"uid": "42"}, CONTENT, environment={"KUBECONFIG": "/nowhere:/nowhere else"})
    assert found == Access(None, "here", "42", CONTENT)


def test_the_context_of_the_settings_is_one_of_the_content() -> None:
    assert kubeconfig.find({"context": "there"}, CONTENT, environment={}).context == "there"


def content_with(of_cluster: object, user: object) -> str:
    return json.dumps(
        {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": of_cluster}],
            "users": [{"name": "u", "user": user}],
        }
    )


@pytest.mark.parametrize(
    ("of_cluster", "user", "field", "embedded"),
    [
        ({"certificate-authority": "ca.pem"}, {}, "certificate-authority", True),
        ({"certificate-authority": "~/ca.pem"}, {}, "certificate-authority", True),
        ({}, {"client-certificate": "./ann.pem", "client-key-data": "x"}, "client-certificate", True),
        ({}, {"client-certificate-data": "x", "client-key": "../ann.key"}, "client-key", True),
        ({}, {"tokenFile": "token"}, "tokenFile", False),
        ({}, {"token": "sesame", "tokenFile": "token"}, "tokenFile", False),
        ({}, {"exec": {"command": "bin/login"}}, "exec.command", False),
        ({}, {"exec": {"command": "./login"}}, "exec.command", False),
    ],
)
def test_a_content_names_no_file_by_a_relative_path(
    of_cluster: object, user: object, field: str, embedded: bool
) -> None:
    with pytest.raises(ClusterError) as refused:
        kubeconfig.find({}, content_with(of_cluster, user), environment={})
    (problem,) = refused.value.problems
    assert problem.key == f"secure-tiller:kubeconfig: {field}"
    assert "is a relative path" in problem.why
    assert problem.remedy.startswith("write the absolute path")
    assert (f"{field}-data" in problem.remedy) is embedded
    assert "sesame" not in str(problem)


@pytest.mark.parametrize(
    ("of_cluster", "user"),
    [
        ({"certificate-authority": "/ca.pem"}, {"client-certificate": "/ann.pem", "client-key": "/ann.key"}),
        ({"certificate-authority": ""}, {"tokenFile": "/token", "exec": None}),
        ({}, {"exec": {"command": "login"}}),
        ({}, {"exec": {"command": "/bin/login", "args": ["./x"]}}),
    ],
)
def test_a_content_names_files_by_absolute_paths_and_programs_on_PATH(of_cluster: object, user: object) -> None:  # noqa: N802
    assert kubeconfig.find({}, content_with(of_cluster, user), environment={}).context == "here"


@pytest.mark.parametrize("user", ["sesame", {"exec": "sesame"}, {"exec": ["sesame"]}])
def test_a_content_with_an_entry_of_another_form_is_refused(user: object) -> None:
    with pytest.raises(ClusterError, match="cannot be read") as refused:
        kubeconfig.find({}, content_with({}, user), environment={})
    assert "sesame" not in str(refused.value)


def test_it_is_named_by_its_key_and_does_not_show_when_printed() -> None:
    access = kubeconfig.find({}, CONTENT, environment={})
    assert access.place == "context here of secure-tiller:kubeconfig"
    assert "sesame" not in repr(access)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sesame", "not a kubeconfig"),
        ("[]", "not a kubeconfig"),
        ("{token: sesame", "not a kubeconfig"),
        ("token: sesame\ncontexts: 7", "not a kubeconfig"),
        ("contexts: []", "it has none"),
        (CONTENT.replace("current-context: here", ""), "must be a context of secure-tiller:kubeconfig: here, there"),
    ],
)
def test_content_that_cannot_be_used_is_named_but_not_quoted(content: str, words: str) -> None:
    with pytest.raises(ClusterError) as refused:
        kubeconfig.find({}, content, environment={})
    assert "secure-tiller:kubeconfig" in str(refused.value)
    assert words in str(refused.value)
    assert "sesame" not in str(refused.value)


def with_content(content: object, cluster: object = None, secret: bool = True) -> Stack:
    values = {"teams": {"green": SMALLEST}, "cluster": cluster, "kubeconfig": content}
    return read_stack("secure-tiller", [], values, secret={"secure-tiller:kubeconfig"} if secret else set())


def test_an_encrypted_value_is_read_and_does_not_show_when_printed() -> None:
    stack = with_content(CONTENT, {"context": "there"})
    assert stack.kubeconfig == CONTENT
    assert "sesame" not in repr(stack)


@pytest.mark.parametrize("content", [None, ""])
def test_a_value_that_is_not_set_leaves_the_file_to_be_read(content: object) -> None:
    assert with_content(content, {"kubeconfig": "config"}, secret=False).kubeconfig == ""


@pytest.mark.parametrize(
    ("content", "cluster", "secret", "key", "words"),
    [
        pytest.param(CONTENT, {}, False, "kubeconfig", "in plain sight", id="not encrypted"),
        pytest.param(CONTENT, {"kubeconfig": "config"}, True, "cluster.kubeconfig", "unclear which", id="and a file"),
        pytest.param({"users": "sesame"}, {}, True, "kubeconfig", "must be text", id="a map"),
        pytest.param(["sesame"], {}, True, "kubeconfig", "must be text", id="a list"),
        pytest.param(7, {}, True, "kubeconfig", "must be text", id="a number"),
    ],
)
def test_a_wrong_value_is_refused_and_not_shown(
    content: object, cluster: object, secret: bool, key: str, words: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        with_content(content, cluster, secret)
    (problem,) = refused.value.problems
    assert problem.key == f"secure-tiller:{key}"
    assert words in problem.why
    assert "sesame" not in str(refused.value)


def test_credentials_in_plain_sight_are_to_be_changed() -> None:
    with pytest.raises(ConfigurationError) as refused:
        with_content(CONTENT, secret=False)
    assert refused.value.problems[0].remedy.startswith("change them, and set the new ones with: pulumi config set")


def test_a_content_is_given_as_a_file_in_a_folder_of_its_own() -> None:
    with Access(None, "here", content="credentials").as_file() as file:
        assert file.read_text() == "credentials"
        assert list(file.parent.iterdir()) == [file]
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not file.parent.exists()
