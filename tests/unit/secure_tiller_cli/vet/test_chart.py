"""The Helm 2 client renders and verifies; its error is one line."""

import json
import os
from pathlib import Path

import pytest

from secure_tiller_cli.charts import Effect
from secure_tiller_cli.programs import ProgramError
from secure_tiller_cli.vet import Chart, ChartError, Values
from tests.unit.secure_tiller_cli.charts.world import DISCOVERY


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Helm on PATH: prints the files of its folder, and keeps its arguments."""
    program = tmp_path / "bin" / "helm"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" >"$0.arguments"\ncat "$0.out"\ncat "$0.err" >&2\nexit $(cat "$0.exit")\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    says(program)
    return program


def says(helm: Path, out: str = "", err: str = "", code: int = 0) -> None:
    for name, text in (("out", out), ("err", err), ("exit", str(code))):
        Path(f"{helm}.{name}").write_text(text)


def why(error: ChartError) -> str:
    (problem,) = error.problems
    return problem.why


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "web"
    made.mkdir()
    return made


@pytest.fixture
def package(tmp_path: Path) -> Path:
    made = tmp_path / "web-1.0.0.tgz"
    made.touch()
    return made


def test_helm_is_given_the_users_values_and_the_clusters_kinds(helm: Path, folder: Path) -> None:
    says(helm, "rendered")
    values = Values((Path("a.yaml"), Path("b.yaml")), ("c=1", "d=2"), ("e=3",))
    assert Chart(folder).render("blue-apps", "shop", values, DISCOVERY) == "rendered"
    arguments = Path(f"{helm}.arguments").read_text().splitlines()
    assert arguments[:3] == ["template", "--namespace=blue-apps", "--name=shop"]
    assert arguments[3:8] == ["--values=a.yaml", "--values=b.yaml", "--set=c=1", "--set=d=2", "--set-string=e=3"]
    assert "--kube-version=v1.36.3" in arguments
    assert {"--api-versions=apps/v1", "--api-versions=apps/v1/Deployment"} <= {*arguments}
    assert arguments[-2:] == ["--", str(folder)]


def test_a_chart_that_does_not_render_is_refused_with_what_helm_said_on_one_line(helm: Path, folder: Path) -> None:
    said = 'Error: render error in "web/templates/a.yaml":\n  template: no template "b"\n'
    says(helm, err=said, code=1)
    with pytest.raises(ChartError) as refused:
        Chart(folder).render("blue-apps", "", Values(), DISCOVERY)
    assert why(refused.value) == 'does not render: render error in "web/templates/a.yaml": template: no template "b"'


def test_a_value_that_helm_quotes_is_not_shown(helm: Path, folder: Path) -> None:
    says(helm, err='Error: failed parsing --set data: key "sesame" has no value\n', code=1)
    with pytest.raises(ChartError) as refused:
        Chart(folder).render("blue-apps", "", Values(settings=("password=open,sesame",)), DISCOVERY)
    assert why(refused.value) == "does not render: failed parsing --set (not shown: a value can be a secret)"
    says(helm, err="Error: failed to parse a.yaml: yaml: cannot decode !!str `sesame` as a !!int\n", code=1)
    with pytest.raises(ChartError) as refused:
        Chart(folder).render("blue-apps", "", Values(), DISCOVERY)
    assert why(refused.value).endswith("cannot decode !!str (a value, not shown) as a !!int")


def test_missing_dependencies_are_reported_with_the_command_that_fetches_them(helm: Path, folder: Path) -> None:
    says(helm, err="Error: found in requirements.yaml, but missing in charts/ directory: db\n", code=1)
    with pytest.raises(ChartError) as refused:
        Chart(folder).render("blue-apps", "", Values(), DISCOVERY)
    assert f"helm dependency build {folder}" in refused.value.problems[0].remedy


@pytest.mark.parametrize("said", ["Client: v2.17.0+ga690bad\n", "Client: v2.16.1\n"])
def test_helm_2_is_taken(helm: Path, folder: Path, said: str) -> None:
    says(helm, said)
    Chart(folder).require()


@pytest.mark.parametrize(("said", "code"), [("v3.12.0+gc9f554d\n", 0), ("", 1)])
def test_another_helm_is_refused(helm: Path, folder: Path, said: str, code: int) -> None:
    says(helm, said, "Error: unknown flag: --client\n" if code else "", code)
    with pytest.raises(ChartError, match="is not Helm 2"):
        Chart(folder).require()


def test_no_helm_at_all_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ProgramError, match=r"(?s)helm = .*cannot be run: No such file.*install Helm 2"):
        Chart(folder).require()


def test_a_chart_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="no such folder or file"):
        Chart(tmp_path / "nothing").require()


@pytest.mark.parametrize("scalar", ["2021-02-30", "=", '"<<"', "0x_", "0b_"])
def test_the_metadata_of_a_chart_are_read_as_helm_reads_them(helm: Path, folder: Path, scalar: str) -> None:
    says(helm, f"apiVersion: v1\nname: web\nversion: 1.0.0\nappVersion: {scalar}\n")
    assert list(Chart(folder).demands(DISCOVERY, "v2.17.0")) == []


def test_a_chart_that_wants_no_version_is_asked_no_more(helm: Path, folder: Path) -> None:
    says(helm, "apiVersion: v1\nname: web\nversion: 1.0.0\n")
    assert list(Chart(folder).demands(DISCOVERY, "v2.17.0")) == []
    assert Path(f"{helm}.arguments").read_text().splitlines() == ["inspect", "chart", "--", str(folder)]


@pytest.mark.parametrize(
    ("key", "tiller", "severity", "words"),
    [
        (
            "kubeVersion",
            "v2.17.0",
            Effect.STOPS,
            "requires Kubernetes <1.20, and the cluster is v1.36.3: Tiller does not install it",
        ),
        ("kubeVersion", "", Effect.STOPS, "requires Kubernetes <1.20"),
        (
            "tillerVersion",
            "v2.17.0",
            Effect.STOPS,
            "requires Tiller <1.20, and the team's is v2.17.0: Tiller does not install it",
        ),
        (
            "tillerVersion",
            "",
            Effect.NOT_CHECKED,
            "not checked: requires Tiller <1.20, and the image of",
        ),
    ],
)
def test_a_range_that_helm_cannot_compare_does_not_fit(
    helm: Path, folder: Path, key: str, tiller: str, severity: Effect, words: str
) -> None:
    says(helm, f"{key}: '<1.20'\n")  # the stand-in says the same to every question
    (finding,) = Chart(folder).demands(DISCOVERY, tiller)
    assert finding.severity is severity
    assert finding.text.startswith(words)


def test_a_package_that_verifies_has_nothing_said_of_it(helm: Path, package: Path) -> None:
    assert Chart(package).provenance(Path("ring.gpg")) is None
    assert Path(f"{helm}.arguments").read_text().splitlines() == ["verify", "--keyring=ring.gpg", "--", str(package)]


def test_a_package_that_does_not_verify_stops(helm: Path, package: Path) -> None:
    says(helm, err="Error: sha256 sum does not match\n", code=1)
    finding = Chart(package).provenance(Path("ring.gpg"))
    assert finding
    assert (finding.severity, finding.text) == (Effect.STOPS, "does not verify: sha256 sum does not match")


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize(
    ("kind", "keyring", "severity", "words"),
    [
        ("package", None, Effect.NOTE, "no keyring was given"),
        ("folder", None, Effect.NOTE, "a folder carries no provenance"),
        ("folder", Path("ring.gpg"), Effect.NOT_CHECKED, "a folder carries no provenance"),
    ],
)
def test_what_was_not_verified_is_said_and_is_found_where_it_was_asked_for(
    request: pytest.FixtureRequest, kind: str, keyring: Path | None, severity: Effect, words: str
) -> None:
    finding = Chart(request.getfixturevalue(kind)).provenance(keyring)
    assert finding
    assert finding.severity is severity
    assert words in finding.text


def test_a_folder_is_packaged_under_the_name_of_its_chart(helm: Path, folder: Path, tmp_path: Path) -> None:
    says(helm, "name: other\n")
    destination = tmp_path / "made"
    destination.mkdir()
    (destination / "other-1.0.0.tgz").touch()
    assert Chart(folder).package(destination) == destination / "other-1.0.0.tgz"
    assert (destination / "other").resolve() == folder
    arguments = Path(f"{helm}.arguments").read_text().splitlines()
    assert arguments == ["package", "--save=false", f"--destination={destination}", "--", f"{destination}/other"]


@pytest.mark.parametrize("name", ["../other", "", ".", "a/b", "7\nb: c"])
def test_a_name_that_is_no_file_name_is_not_packaged(helm: Path, folder: Path, tmp_path: Path, name: str) -> None:
    says(helm, f"name: {json.dumps(name)}\n")
    with pytest.raises(ChartError, match="no file name"):
        Chart(folder).package(tmp_path)


def test_a_chart_that_helm_does_not_package_is_refused(helm: Path, folder: Path, tmp_path: Path) -> None:
    says(helm, "name: web\n", "Error: no version", code=0)
    program = helm.read_text().replace("exit $(cat", '[ "$1" = inspect ] || exit 1; exit $(cat')
    helm.write_text(program)
    with pytest.raises(ChartError) as error:
        Chart(folder).package(tmp_path / "bin")
    assert why(error.value) == "cannot be packaged: no version"
