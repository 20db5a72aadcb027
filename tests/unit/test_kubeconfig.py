"""Which cluster is meant: the settings, the file and its contexts."""

from pathlib import Path

import pytest

from secure_tiller import kubeconfig
from secure_tiller.kubeconfig import Access
from secure_tiller.problems import ClusterError, ConfigurationError

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
    assert kubeconfig.find({}, {"KUBECONFIG": str(file)}) == Access(file, "here")


def test_without_KUBECONFIG_it_is_the_file_in_the_home(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    (file.parent / ".kube").mkdir()
    file.rename(file.parent / ".kube" / "config")
    monkeypatch.setenv("HOME", str(file.parent))
    assert kubeconfig.find({}, {}).kubeconfig == file.parent / ".kube" / "config"


def test_the_settings_win(file: Path) -> None:
    settings = {"kubeconfig": str(file), "context": "there", "uid": "42"}
    assert kubeconfig.find(settings, {"KUBECONFIG": "/nowhere"}) == Access(file, "there", "42")


def test_a_relative_path_becomes_absolute(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert kubeconfig.find({"kubeconfig": "config"}, {}).kubeconfig == file


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
        kubeconfig.find({}, {"KUBECONFIG": str(file)})
    assert str(file) in str(refused.value)
    assert words in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_an_unknown_context_is_refused_with_those_that_the_file_has(file: Path) -> None:
    with pytest.raises(ClusterError, match="here, there"):
        kubeconfig.find({"context": "elsewhere"}, {"KUBECONFIG": str(file)})


def test_several_files_in_KUBECONFIG_are_refused(file: Path) -> None:  # noqa: N802
    with pytest.raises(ClusterError, match="names several files"):
        kubeconfig.find({}, {"KUBECONFIG": f"{file}:{file}"})


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
