"""The toolchain takes from PATH the programs that serve, however they stand there, and links each of them once."""

import dataclasses
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import Console

from testbed.toolchain import Toolchain, ToolchainError, debian, go, image, load, path, plugins, prepare
from testbed.toolchain.pins import (
    CLUSTER_PARTS,
    DEBIAN,
    DEMO_PARTS,
    GO_PROGRAMS,
    HELM,
    IMAGES,
    KUBERNETES,
    NODE_PARTS,
    PARTS,
    PAUSE_IMAGE,
    PROVIDERS,
    PULUMI,
    TILLER_IMAGE,
    GoProgram,
)

PROGRAMS = {program.name: program for program in GO_PROGRAMS}
FROM_PATH = [program.name for program in GO_PROGRAMS if program.on_path]
CLI = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
ANSWERS = {
    "pulumi": PULUMI,
    "pulumi-language-python": "Usage of pulumi-language-python",
    "pulumi-language-python-exec": "",
    "helm": f"Client: {HELM}+ga690bad",
    "kubectl": "Client Version: v1.34.1",
    "kube-router": "Running kube-router version v2.2.1",
    "coredns": "CoreDNS-1.11.3",
    "kube-score": "kube-score version: 1.20.0, commit: x",
    "actionlint": "1.7.12",
    **dict.fromkeys(PROGRAMS["kubernetes"].binaries, f"Kubernetes {KUBERNETES}"),
}
OLDER = {"pulumi": "v3.100.0", "helm": "Client: v2.16.12+g47f0b88", "kubectl": "Client Version: v1.18.0"}
NEWER = {"pulumi": "v3.999.0", "kubectl": "Client Version: v1.99.0"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toolchain's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "the cache"))
    folder = tmp_path / "the cache" / "secure-tiller"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def put_on_path(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make PATH of folders; the stand-ins name their interpreter in full."""
    return lambda *folders: monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))


@pytest.fixture
def builds(cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Builds, downloads and Debian's packages by stand-ins; the list says which programs were built."""
    assert cache.is_dir()
    built: list[str] = []

    def build(program: GoProgram, into: Path, *_: object) -> None:
        built.append(program.name)
        scripts = ["pulumi-language-python-exec"] if program.beside else []
        for name in (*program.binaries, *scripts):
            _program(into, name, "built")

    def unpack(into: Path, *_: object) -> None:
        _program(into / "usr" / "bin", "busybox", "busybox")

    def download(_: Path, program: str, into: Path, *__: object) -> None:
        _program(into, program, "downloaded")

    monkeypatch.setattr(plugins, "download", download)
    monkeypatch.setattr(go, "build", build)
    monkeypatch.setattr(debian, "unpack", unpack)
    return built


def _program(folder: Path, name: str, answer: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{answer or ANSWERS[name]}'\n")
    file.chmod(0o755)
    return file


def _programs(folder: Path, names: Iterable[str], answers: dict[str, str] | None = None) -> dict[str, Path]:
    return {name: _program(folder, name, (answers or {}).get(name, "")) for name in names}


def _files(program: GoProgram) -> tuple[str, ...]:
    return CLI if program.name.startswith("pulumi") else program.binaries


def _taken(name: str, cache: Path) -> dict[str, Path]:
    return path.find_together(PROGRAMS[name].on_path, cache)


def _call(program: Path) -> str:
    return subprocess.run([program], env={}, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", FROM_PATH)
def test_each_program_is_taken_when_it_stands_alone(
    name: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    there = _programs(tmp_path / "with a space", _files(PROGRAMS[name]))
    put_on_path(tmp_path / "with a space")
    for other in FROM_PATH:
        expected = there if _files(PROGRAMS[other]) == _files(PROGRAMS[name]) else {}
        assert _taken(other, cache) == expected, other


@pytest.mark.parametrize("name", CLI)
def test_pulumi_is_taken_only_with_its_language_host_and_the_script_of_that(
    name: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    there = _programs(tmp_path, CLI)
    put_on_path(tmp_path)
    assert _taken("pulumi", cache) == there
    (tmp_path / name).unlink()
    assert _taken("pulumi", cache) == {}
    assert _taken("pulumi-language-python", cache) == {}


@pytest.mark.parametrize("name", PROGRAMS["kubernetes"].binaries)
def test_kubernetes_is_taken_only_as_a_whole(
    name: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path, PROGRAMS["kubernetes"].binaries)
    (tmp_path / name).unlink()
    put_on_path(tmp_path)
    assert _taken("kubernetes", cache) == {}


@pytest.mark.parametrize("name", OLDER)
def test_one_that_serves_is_taken_after_one_that_does_not(
    name: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "older", _files(PROGRAMS[name]), OLDER)
    there = _programs(tmp_path / "newer", _files(PROGRAMS[name]), NEWER)
    put_on_path(tmp_path / "older", tmp_path / "newer")
    assert _taken(name, cache) == there
    put_on_path(tmp_path / "older")
    assert _taken(name, cache) == {}


def test_a_pulumi_is_not_taken_with_the_language_host_of_another(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "whole", CLI, OLDER)
    _program(tmp_path / "alone", "pulumi")
    put_on_path(tmp_path / "alone", tmp_path / "whole")
    assert _taken("pulumi", cache) == {}


def test_the_first_of_two_that_serve_is_taken(cache: Path, tmp_path: Path, put_on_path: Callable[..., None]) -> None:
    first = _programs(tmp_path / "first", CLI, NEWER)
    _programs(tmp_path / "second", CLI)
    put_on_path(tmp_path / "first", tmp_path / "second")
    assert _taken("pulumi", cache) == first


def test_a_folder_that_is_twice_on_path_is_asked_once(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    asked = tmp_path / "asked"
    _program(tmp_path, "helm", f"v3.14.0'; echo >> '{asked}")
    put_on_path(tmp_path, tmp_path, f"{tmp_path}/")
    assert _taken("helm", cache) == {}
    assert asked.read_text().count("\n") == 1


def test_a_link_is_taken_as_it_stands_so_that_it_can_be_updated(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "opt" / "helm 2", ["helm"])
    alternatives, farm = tmp_path / "alternatives", tmp_path / "farm"
    alternatives.mkdir()
    farm.mkdir()
    (alternatives / "helm").symlink_to(Path("..", "opt", "helm 2", "helm"))
    (farm / "helm").symlink_to(alternatives / "helm")
    put_on_path(farm)
    assert _taken("helm", cache) == {"helm": farm / "helm"}


def test_the_language_host_is_found_where_a_link_to_pulumi_leads(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    there = _programs(tmp_path / "opt" / "pulumi", CLI)
    farm = tmp_path / "farm"
    farm.mkdir()
    (farm / "pulumi").symlink_to(Path("..", "opt", "pulumi", "pulumi"))
    put_on_path(farm)
    assert _taken("pulumi", cache) == there | {"pulumi": farm / "pulumi"}


def test_a_farm_of_links_into_several_folders_serves(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    farm = tmp_path / "farm"
    farm.mkdir()
    for name in CLI:
        (farm / name).symlink_to(_program(tmp_path / "store" / name, name))
    put_on_path(farm)
    assert _taken("pulumi", cache) == {name: farm / name for name in CLI}


def test_the_script_of_the_language_host_is_found_where_a_link_to_the_host_leads(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    there = _programs(tmp_path / "store", CLI[1:])
    farm = tmp_path / "farm"
    _program(farm, "pulumi")
    (farm / "pulumi-language-python").symlink_to(there["pulumi-language-python"])
    put_on_path(farm)
    found = _taken("pulumi", cache)
    assert found == {name: farm / name for name in CLI[:2]} | {CLI[2]: there[CLI[2]]}


def test_a_folder_that_cannot_be_searched_is_passed_over(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "named like a program" / "helm").mkdir(parents=True)
    there = _programs(tmp_path / "whole", ["helm"])
    put_on_path("/too-long" * 1000, tmp_path / "file", tmp_path / "named like a program", tmp_path / "whole")
    assert _taken("helm", cache) == there


def test_a_link_that_leads_nowhere_is_passed_over(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "helm").symlink_to("no-such-helm")
    there = _programs(tmp_path / "whole", ["helm"])
    put_on_path(tmp_path / "broken", tmp_path / "no-such-folder", tmp_path / "whole")
    assert _taken("helm", cache) == there


@pytest.mark.parametrize("entry", ["relative", ""])
def test_a_folder_relative_to_the_current_one_gives_a_full_path(
    entry: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = _programs(tmp_path / entry, ["helm"])
    monkeypatch.chdir(tmp_path)
    put_on_path(entry, "/nowhere")
    assert _taken("helm", cache) == there


def test_what_the_cache_put_on_path_is_passed_over_also_behind_links(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    bins = cache / "toolchain-0123" / "bin"
    built = _programs(bins, ["helm"])["helm"]
    there = _programs(tmp_path / "theirs", ["helm", "kubectl"])
    (bins / "kubectl").symlink_to(there["kubectl"])  # our own earlier link
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "helm").symlink_to(built)
    (mine / "kubectl").symlink_to(os.path.relpath(bins / "kubectl", mine))
    (tmp_path / "linked").symlink_to(bins)
    for ours in (bins, tmp_path / "linked", mine):
        put_on_path(ours)
        assert _taken("helm", cache) == {}, ours
        assert _taken("kubectl", cache) == {}, ours
        put_on_path(ours, tmp_path / "theirs")
        assert _taken("helm", cache) == {"helm": there["helm"]}, ours
        assert _taken("kubectl", cache) == {"kubectl": there["kubectl"]}, ours


@pytest.mark.parametrize(
    "script",
    [
        "#!/no/such/interpreter\n",
        "not a script at all\n",
        "#!/bin/sh\nprintf '\\377\\376'\n",
        "#!/bin/sh\nread line && echo 'Client: v2.17.0'\n",
        "#!/bin/sh\nkill -9 $$\n",
    ],
    ids=["no interpreter", "no program", "no text", "waits for input", "killed"],
)
def test_a_program_that_gives_no_answer_is_passed_over(
    script: str, cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    broken = _program(tmp_path / "broken", "helm")
    broken.write_text(script)
    there = _programs(tmp_path / "whole", ["helm"])
    put_on_path(tmp_path / "broken", tmp_path / "whole")
    assert _taken("helm", cache) == there


def test_pulumi_is_asked_for_its_version_without_looking_for_a_newer_one(
    cache: Path, tmp_path: Path, put_on_path: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_SKIP_UPDATE_CHECK", raising=False)
    there = _programs(tmp_path, CLI)
    there["pulumi"].write_text(f'#!/bin/sh\n[ "$PULUMI_SKIP_UPDATE_CHECK" = true ] && echo {PULUMI}\n')
    put_on_path(tmp_path)
    assert _taken("pulumi", cache) == there


def test_go_too_may_be_there_in_two_versions(cache: Path, tmp_path: Path, put_on_path: Callable[..., None]) -> None:
    _program(tmp_path / "older", "go", "go1.19.8")
    newer = _program(tmp_path / "newer", "go", "go1.26.8")
    put_on_path(tmp_path / "older", tmp_path / "newer")
    assert go.require_go(PROGRAMS["pause"], cache) == newer
    put_on_path(tmp_path / "older")
    with pytest.raises(ToolchainError, match=r"Install Go 1\.21 or newer"):
        go.require_go(PROGRAMS["pause"], cache)


def _prepared(*parts: str) -> Path:
    return prepare(Console(quiet=True), parts or DEMO_PARTS).bin


WITHOUT_NODE = {"pulumi", "pulumi-language-python", "helm", "kubectl"}


@pytest.mark.parametrize("alone", [*sorted(WITHOUT_NODE - {"pulumi-language-python"}), "all", "none"])
def test_what_path_has_is_linked_and_only_the_rest_is_built(
    alone: str, builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    taken = WITHOUT_NODE if alone == "all" else {alone} & WITHOUT_NODE
    there: dict[str, Path] = {}
    for name in taken:
        there |= _programs(tmp_path / "with a space", _files(PROGRAMS[name]))
    put_on_path(tmp_path / "with a space")
    bins = _prepared()
    assert {file.name for file in bins.iterdir()} == {*CLI, "helm", "kubectl"}
    expected = {file.name: ANSWERS[file.name] if file.name in there else "built" for file in bins.iterdir()}
    assert {file.name: _call(file).strip() for file in bins.iterdir()} == expected
    assert WITHOUT_NODE - set(builds) == {name for name in WITHOUT_NODE if set(_files(PROGRAMS[name])) <= set(there)}


def test_where_pulumi_and_kubectl_are_on_path_helm_is_all_that_an_existing_cluster_needs_built(
    builds: list[str], cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "path", [*CLI, "kubectl"])
    put_on_path(tmp_path / "path")
    _prepared()
    assert builds == ["helm"]
    assert {_call(next(cache.glob(f"{name}-*")) / name).strip() for name in PROVIDERS} == {"downloaded"}


def test_a_provider_that_was_built_is_not_downloaded(
    builds: list[str], cache: Path, tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    put_on_path("/nowhere")
    _prepared()
    built = set(cache.glob("pulumi-resource-*"))
    _programs(tmp_path / "path", CLI)
    put_on_path(tmp_path / "path")
    _prepared()
    assert set(cache.glob("pulumi-resource-*")) == built
    assert set(PROVIDERS) <= set(builds)


@pytest.mark.parametrize(
    ("parts", "left_out"),
    [
        ((*NODE_PARTS, *DEMO_PARTS), {"coredns", "kube-score", "actionlint"}),
        (CLUSTER_PARTS, {*DEMO_PARTS, "kube-score", "actionlint"} - set(CLUSTER_PARTS)),
        (DEMO_PARTS, {*CLUSTER_PARTS, "kube-score", "actionlint"} - set(DEMO_PARTS)),
        (PARTS, set()),
    ],
    ids=["demo", "cluster", "demo on an existing cluster", "test"],
)
def test_only_what_a_target_needs_is_built(
    parts: tuple[str, ...], left_out: set[str], builds: list[str], put_on_path: Callable[..., None]
) -> None:
    put_on_path("/nowhere")
    _prepared(*parts)
    assert set(builds) == set(PARTS) - left_out - {DEBIAN}


def test_what_another_target_had_built_stays_in_the_toolchain(
    builds: list[str], put_on_path: Callable[..., None]
) -> None:
    put_on_path("/nowhere")
    _prepared()
    assert _call(_prepared(*CLUSTER_PARTS) / "pulumi").strip() == "built"
    assert builds.count("pulumi") == 1


def test_the_parts_of_the_node_are_built_first_and_handed_over_before_the_others(
    builds: list[str], put_on_path: Callable[..., None]
) -> None:
    put_on_path("/nowhere")
    early: list[str] = []

    def hand_over(toolchain: Toolchain) -> None:
        early.extend(builds)
        assert (toolchain.bin / "kubelet").is_file()
        assert {PAUSE_IMAGE.reference, TILLER_IMAGE.reference} <= set(toolchain.images)

    wanted = (*DEMO_PARTS, *NODE_PARTS)
    prepare(Console(quiet=True), wanted, early=NODE_PARTS, when_early=hand_over)
    assert set(early) == set(NODE_PARTS) - {DEBIAN}
    assert set(builds) == set(wanted) - {DEBIAN}


def test_every_program_of_the_node_can_come_from_path_together(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "is_static", lambda _: True)
    _programs(tmp_path / "path", ANSWERS)
    put_on_path(tmp_path / "path")
    bins = _prepared(*PARTS)
    assert {file.name for file in bins.iterdir()} == {*ANSWERS, "tiller", "pause"}
    assert set(builds) == {program.name for program in GO_PROGRAMS if not program.on_path} - set(PROVIDERS)


def test_a_program_from_path_that_becomes_an_image_is_static(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "path", ANSWERS)
    put_on_path(tmp_path / "path")
    _prepared(*PARTS)
    imaged = {program.name for program in GO_PROGRAMS if set(program.binaries) & {image.program for image in IMAGES}}
    assert {"helm", "coredns"} < imaged
    always_built = {program.name for program in GO_PROGRAMS if not program.on_path} - set(PROVIDERS)
    assert set(builds) == imaged | always_built


def _elf(*kinds: int) -> bytes:
    """A 64-bit ELF file with segments of these kinds: elf(5)."""
    header = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<QQIHHH", 64, 0, 0, 64, 56, len(kinds))
    return header.ljust(64, b"\0") + b"".join(struct.pack("<I", kind).ljust(56, b"\0") for kind in kinds)


@pytest.mark.parametrize(
    ("content", "static"),
    [
        (_elf(1, 1, 6), True),
        (_elf(6, 3, 1), False),
        (_elf(1, 3), False),
        (b"#!/bin/sh\n", False),
        (b"", False),
        (b"\xcf\xfa\xed\xfe" + _elf(1), False),
    ],
    ids=["static", "interpreter", "interpreter last", "script", "empty", "another system"],
)
def test_a_program_is_static_that_names_no_interpreter(tmp_path: Path, content: bytes, static: bool) -> None:
    (tmp_path / "program").write_bytes(content)
    assert image.is_static(tmp_path / "program") is static


def test_the_interpreter_of_these_tests_shows_a_dynamic_binary() -> None:
    """Control on a real file, where the system is Linux: Python loads libraries."""
    dynamic = subprocess.run(["ldd", sys.executable], capture_output=True, text=True).stdout
    assert image.is_static(Path(sys.executable)) is ("=>" not in dynamic)


@pytest.mark.parametrize("through_link", [False, True])
def test_a_wrapper_that_looks_in_its_own_folder_works_from_the_toolchain(
    through_link: bool, builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    wrapper = _program(tmp_path / "it's a wrapper", "helm")
    wrapper.write_text('#!/bin/sh\nexec "${0%/*}/helm-2" "$@"\n')
    _program(wrapper.parent, "helm-2", ANSWERS["helm"])
    folder = wrapper.parent
    if through_link:
        folder = tmp_path / "linked"
        folder.symlink_to(wrapper.parent)
    put_on_path(folder)
    assert _call(_prepared() / "helm").strip() == ANSWERS["helm"]
    assert "helm" not in builds


def test_a_program_keeps_the_name_by_which_it_knows_what_to_be(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    shim = _program(tmp_path / "manager", "shim", " ")
    shim.write_text('#!/bin/sh\n[ "${0##*/}" = helm ] && echo "' + ANSWERS["helm"] + '"\n')
    (shims / "helm").symlink_to(shim)
    put_on_path(shims)
    assert _call(_prepared() / "helm").strip() == ANSWERS["helm"]
    assert "helm" not in builds


def test_the_toolchain_of_an_earlier_run_on_path_changes_nothing(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "theirs", CLI)
    put_on_path(tmp_path / "theirs")
    bins = _prepared()
    built = list(builds)
    put_on_path(bins, tmp_path / "theirs")
    assert _prepared() == bins
    mine = tmp_path / "mine"
    mine.mkdir()
    for file in bins.iterdir():
        (mine / file.name).symlink_to(file)
    put_on_path(mine, bins, tmp_path / "theirs")
    assert _prepared() == bins
    assert builds == built


def test_a_cli_that_is_gone_is_noticed_before_a_shell_gets_it(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    there = _programs(tmp_path / "theirs", CLI)
    put_on_path(tmp_path / "theirs")
    bins = _prepared()
    assert load().bin == bins
    there["pulumi"].unlink()
    with pytest.raises(ToolchainError, match=r"pulumi .* is gone.*make toolchain"):
        load()
    put_on_path("/nowhere")
    assert _call(_prepared() / "pulumi").strip() == "built"
    assert "pulumi" in builds


def test_another_path_to_the_same_programs_gives_another_toolchain(
    builds: list[str], tmp_path: Path, put_on_path: Callable[..., None]
) -> None:
    _programs(tmp_path / "one", CLI)
    _programs(tmp_path / "two", CLI, NEWER)
    put_on_path(tmp_path / "one")
    first = _prepared()
    put_on_path(tmp_path / "two")
    second = _prepared()
    assert first != second
    assert _call(first / "pulumi").strip() == ANSWERS["pulumi"]
    assert _call(second / "pulumi").strip() == NEWER["pulumi"]
    assert "pulumi" not in builds


def test_the_neighbours_of_a_program_of_path_changes_no_build() -> None:
    host = PROGRAMS["pulumi-language-python"]
    changed = tuple(dataclasses.replace(wanted, beside=("anything",)) for wanted in host.on_path)
    assert go.key(dataclasses.replace(host, on_path=changed)) == go.key(host)
