"""The toolchain takes what serves, keeps nothing half-made, and says what is missing."""

import dataclasses
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import IO

import pytest
from rich.console import Console

from testbed.toolchain import Toolchain, ToolchainError, browser, debian, go, image, load, wheels
from testbed.toolchain.cache import key_of, publish
from testbed.toolchain.path import find_together
from testbed.toolchain.pins import GO_PROGRAMS, HELM_3_PROGRAMS, TILLER_IMAGE, YAML_PROGRAMS, Image
from testbed.toolchain.progress import Steps, clock

HELM = next(program for program in GO_PROGRAMS if program.name == "helm")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(folder: Path, name: str, answer: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{answer}'\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("answer", "serves"),
    [
        ("Client: v2.17.0+ga690bad", True),
        ("Client: v2.16.12+g47f0b88", False),
        ("v3.14.0+g3fc9f4b", False),
        ("", False),
    ],
)
def test_helm_on_path_is_taken_only_in_its_version(path: Path, tmp_path: Path, answer: str, serves: bool) -> None:
    helm = _program(path, "helm", answer)
    assert find_together(HELM.on_path, tmp_path / "cache") == ({"helm": helm} if serves else {})


@pytest.mark.parametrize("version", [None, "go1.20.14"])
def test_without_a_go_that_serves_it_says_what_to_install(path: Path, version: str | None) -> None:
    if version:
        _program(path, "go", version)
    with pytest.raises(ToolchainError, match="helm is not on PATH") as error:
        go.require_go(HELM, path / "cache")
    assert "Install Go 1.21 or newer" in str(error.value)


def test_a_go_that_serves_is_accepted(path: Path) -> None:
    _program(path, "go", "go1.26.8")
    go.require_go(HELM, path / "cache")


@pytest.mark.usefixtures("path")
def test_without_apt_it_offers_an_existing_cluster(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="make demo CLUSTER=existing"):
        debian.unpack(tmp_path / "tree", tmp_path, tmp_path / "log")


def test_a_failed_command_is_named_with_its_log(path: Path, tmp_path: Path) -> None:
    for name in ("apt-get", "dpkg-deb"):
        _program(path, name, "no network'; exit 100; '")
    with pytest.raises(ToolchainError, match="exit 100") as error:
        debian.unpack(tmp_path / "tree", tmp_path, tmp_path / "log")
    assert "apt-get" in str(error.value)
    assert str(tmp_path / "log") in str(error.value)
    assert "no network" in (tmp_path / "log").read_text()


def test_the_key_changes_with_the_pins_and_with_the_module(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module one")
    key = key_of("pins", folder=tmp_path)
    assert key == key_of("pins", folder=tmp_path)
    assert key != key_of("other pins", folder=tmp_path)
    (tmp_path / "go.mod").write_text("module two")
    assert key != key_of("pins", folder=tmp_path)


def test_helm_3_and_yaml_are_built_for_their_tests_alone_and_the_other_programs_keep_their_keys() -> None:
    assert not {*HELM_3_PROGRAMS, *YAML_PROGRAMS} & set(GO_PROGRAMS)
    assert {program.name for program in HELM_3_PROGRAMS} == {"helm3", "helm-2to3", "helm-mapkubeapis"}
    assert "files=" not in repr(HELM)


def test_every_program_has_a_module_with_pinned_sums() -> None:
    for program in (*GO_PROGRAMS, *HELM_3_PROGRAMS, *YAML_PROGRAMS):
        assert (go.MODULES / program.module / "go.mod").is_file(), program.name
        pinned = (go.MODULES / program.module / "go.sum").is_file()
        assert pinned or program.name == "pause", program.name


def test_an_interrupted_step_leaves_nothing_and_the_next_try_publishes(tmp_path: Path) -> None:
    target = tmp_path / "helm-0123"

    def interrupted(folder: Path) -> None:
        (folder / "helm").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(target, interrupted)
    assert not target.exists()
    publish(target, lambda folder: (folder / "tiller").touch())
    assert [file.name for file in target.iterdir()] == ["tiller"]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    publish(tmp_path / "helm", lambda folder: (folder / "helm").touch())
    publish(tmp_path / "helm", lambda folder: pytest.fail(f"made again: {folder}"))


def test_progress_is_plain_lines_where_there_is_no_terminal() -> None:
    output = io.StringIO()
    steps = Steps(Console(file=output), ["pulumi", "helm"])
    with steps.step("pulumi", detail="log: /var/log/x"):
        pass
    with pytest.raises(ValueError, match="broken"), steps.step("helm"):
        raise ValueError("broken")
    assert output.getvalue().splitlines() == [
        "[1/2] pulumi ... (log: /var/log/x)",
        "[1/2] pulumi: done in 0 s; left: helm",
        "[2/2] helm ...",
        "[2/2] helm: failed in 0 s",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (605, "10 min 05 s")])
def test_durations_are_written_as_a_person_reads_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_an_image_is_the_same_for_the_same_binary_and_holds_it(tmp_path: Path) -> None:
    binary = tmp_path / "web"
    binary.write_bytes(b"\x7fELF")
    wanted = Image("localhost/web:1", "/bin/web", "web", 65534)
    for name in ("one.tar", "two.tar"):
        image.write(wanted, binary, tmp_path / name, busybox=tmp_path / "none")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as archive:
        index = json.load(_member(archive, "index.json"))
        (layer,) = [member.name for member in archive if member.size >= tarfile.RECORDSIZE]
        with tarfile.open(fileobj=_member(archive, layer)) as files:
            assert files.getnames() == ["tmp", "bin/web"]
    assert index["manifests"][0]["annotations"]["io.containerd.image.name"] == "localhost/web:1"


def test_an_image_with_a_shell_holds_busybox_and_a_link_for_each_of_its_programs(tmp_path: Path) -> None:
    (tmp_path / "tiller").write_bytes(b"program")
    (tmp_path / "busybox").write_bytes(b"shell")
    image.write(TILLER_IMAGE, tmp_path / "tiller", tmp_path / "image.tar", tmp_path / "busybox")
    with tarfile.open(tmp_path / "image.tar") as archive:
        (layer,) = [member.name for member in archive if member.size >= tarfile.RECORDSIZE]
        with tarfile.open(fileobj=_member(archive, layer)) as files:
            links = {member.name for member in files if member.linkname == "busybox"}
            assert _member(files, "bin/sh").read() == b"shell"
    assert links == {f"bin/{applet}" for applet in image.APPLETS}


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file, name
    return file


def test_a_toolchain_is_remembered_for_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ToolchainError, match="make toolchain"):
        load()
    toolchain = Toolchain(Path("/bin"), Path("/node"), {"localhost/web:1": Path("/web.tar")}, Path("/pulumi"))
    (tmp_path / "secure-tiller").mkdir()
    (tmp_path / "secure-tiller" / "toolchain.json").write_text(toolchain.to_json())
    assert load() == toolchain
    assert toolchain.environment["PATH"].split(os.pathsep)[0] == "/bin"


def test_a_failed_build_names_program_command_and_log(path: Path, tmp_path: Path) -> None:
    script = 'if [ "$1" = env ]; then echo go1.26.8; else echo "cannot find module" >&2; exit 1; fi'
    (path / "go").write_text(f"#!/bin/sh\n{script}\n")
    (path / "go").chmod(0o755)
    pause = next(program for program in GO_PROGRAMS if program.name == "pause")
    with pytest.raises(ToolchainError) as error:
        go.build(pause, tmp_path / "into", tmp_path / "cache", tmp_path / "log")
    assert "pause: the build failed" in str(error.value)
    assert "go build -mod=mod" in str(error.value)
    assert str(tmp_path / "log") in str(error.value)
    assert "cannot find module" in (tmp_path / "log").read_text()


def test_all_compilers_together_fill_half_of_the_memory_before_they_collect_garbage(path: Path, tmp_path: Path) -> None:
    (path / "go").write_text('#!/bin/sh\n[ "$1" = env ] && echo go1.26.8 || echo "limit $GOGC $GOMEMLIMIT" >&2\n')
    (path / "go").chmod(0o755)
    pause = next(program for program in GO_PROGRAMS if program.name == "pause")
    with pytest.raises(ToolchainError, match="made no pause"):
        go.build(pause, tmp_path / "into", tmp_path / "cache", tmp_path / "log")
    (said,) = (line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("limit"))
    _, garbage, limit = said.split()
    assert garbage == "off"
    compilers = os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0.45 * memory <= int(limit) * compilers <= 0.5 * memory


def test_a_build_that_makes_nothing_is_an_error(path: Path, tmp_path: Path) -> None:
    _program(path, "go", "go1.26.8")
    pause = next(program for program in GO_PROGRAMS if program.name == "pause")
    with pytest.raises(ToolchainError, match="made no pause"):
        go.build(pause, tmp_path / "into", tmp_path / "cache", tmp_path / "log")


def test_the_source_of_a_required_module_is_downloaded_before_a_file_of_it_is_embedded(
    path: Path, tmp_path: Path
) -> None:
    (tmp_path / "required").mkdir()
    (tmp_path / "required" / "schema.json").write_text("{}")
    script = f"""
case "$1 $2" in
  "env GOVERSION") echo go1.26.8 ;;
  "mod download") echo '{{"Dir": "{tmp_path}/required"}}' ;;
  "build "*) cp schema-embed.json "{tmp_path}/into/pause" ;;
esac
"""
    (path / "go").write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}")
    (path / "go").chmod(0o755)
    (tmp_path / "into").mkdir()
    pause = next(program for program in GO_PROGRAMS if program.name == "pause")
    wanted = dataclasses.replace(
        pause,
        embedded=(("example.org/required", "schema.json", "schema-embed.json"),),
        files=(("example.org/required", "schema.json"),),
    )
    go.build(wanted, tmp_path / "into", tmp_path / "cache", tmp_path / "log")
    assert (tmp_path / "into" / "pause").read_text() == (tmp_path / "into" / "schema.json").read_text() == "{}"
    assert go.key(wanted) != go.key(dataclasses.replace(wanted, files=()))


@pytest.mark.parametrize(
    ("name", "answer", "serves"),
    [
        ("chromium", "Chromium 156.0.8078.108", True),
        ("google-chrome", "Google Chrome 141.0.7390.54", True),
        ("chromium-browser", "Chromium 90.0.4430.212", False),
        ("chromium", "requires the chromium snap to be installed", False),
    ],
)
def test_a_browser_on_path_is_taken_unless_it_is_too_old(
    path: Path, tmp_path: Path, name: str, answer: str, serves: bool
) -> None:
    program = _program(path, name, answer)
    assert browser.on_path(tmp_path / "cache") == (program if serves else None)


@pytest.mark.usefixtures("path")
def test_without_apt_it_says_which_browser_to_install(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="Install Chromium or Google Chrome"):
        browser.unpack(tmp_path / "tree", tmp_path, tmp_path / "log")


def _debian(path: Path, extracts: str) -> None:
    """Stand-ins for apt, which downloads one package, and for dpkg-deb, which extracts it by a shell command."""
    (path / "apt-get").write_text("#!/bin/sh\n: > chromium.deb\n")
    (path / "dpkg-deb").write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\ncd "$3" && {extracts}\n')
    for program in path.iterdir():
        program.chmod(0o755)


def test_a_browser_starts_where_it_was_unpacked_with_its_libraries_and_fonts(path: Path, tmp_path: Path) -> None:
    program = "printf '#!/bin/sh\\necho \"$LD_LIBRARY_PATH $FONTCONFIG_FILE $1\"\\n' > usr/lib/chromium/chromium"
    _debian(path, f"mkdir -p usr/lib/chromium usr/lib/s390x-linux-gnu && {program} && chmod +x usr/lib/chromium/*")
    partial, tree, log = tmp_path / "tree.partial", tmp_path / "tree", tmp_path / "log"
    partial.mkdir()
    browser.unpack(partial, tmp_path, log)
    partial.rename(tree)
    done = subprocess.run(
        [tree / "chromium", "--version"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    libraries, fonts, argument = done.stdout.split()
    assert libraries.split(":")[0] == str(tree / "usr/lib/s390x-linux-gnu")
    assert Path(fonts).is_file()
    assert argument == "--version"
    (fetched,) = [line for line in log.read_text().splitlines() if " install " in line]
    assert "--download-only" in fetched


def test_packages_without_a_browser_are_said_to_be_so(path: Path, tmp_path: Path) -> None:
    _debian(path, "mkdir -p usr/share")
    (tmp_path / "tree").mkdir()
    with pytest.raises(ToolchainError, match="brought no usr/lib/chromium/chromium"):
        browser.unpack(tmp_path / "tree", tmp_path, tmp_path / "log")


def test_another_lock_has_wheels_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    monkeypatch.setattr(wheels, "LOCK", lock)
    lock.write_text("a==1\n")
    first = wheels.key()
    lock.write_text("a==2\n")
    assert wheels.key() != first


def test_wheels_that_no_index_has_are_named_with_command_and_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock, log = tmp_path / "requirements.txt", tmp_path / "log"
    lock.write_text(f"a==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(wheels, "LOCK", lock)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ToolchainError, match=r"wheels: .* --require-hashes .* failed") as error:
        wheels.download(tmp_path, log)
    assert str(log) in str(error.value)
    assert "No matching distribution found for a==1" in log.read_text()
