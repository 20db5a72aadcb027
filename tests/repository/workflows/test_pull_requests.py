"""A pull request gets previews of the right stacks, after the right approval, of the right checkout: in real git."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.pull_requests import Repository, repository, write

Propose = Callable[[Path], object]

FREE, APPROVED = "preview", "preview-code"


def stack(uid: str = "6f2d7a3e", **teams: Any) -> dict[str, Any]:
    return {"config": {"secure-tiller:cluster": {"uid": uid}, "secure-tiller:teams": teams}}


PRODUCTION, STAGING, LOCAL = (f"stacks/Pulumi.{name}.yaml" for name in ("production", "staging", "local"))
FILES: dict[str, Any] = {
    "__main__.py": "print('the base')\n",
    "README.md": "words\n",
    PRODUCTION: stack(blue={"clients": {"alice": {}}}),
    STAGING: stack(uid="0d5f3c1a", blue={}),
    LOCAL: stack(uid="any", blue={}),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return repository(tmp_path_factory.mktemp("base"), FILES)


@pytest.fixture
def repo(base: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(base.folder, tmp_path / "repository")
    return Repository(tmp_path / "repository")


def edit(*names: str, **more: Any) -> Propose:
    """Give the team blue of some stacks another client."""
    client = stack(blue={"clients": {"bob": {}}})["config"]["secure-tiller:teams"]

    def change(folder: Path) -> None:
        for name in names:
            content = yaml.safe_load((folder / name).read_text())
            content["config"]["secure-tiller:teams"] = client
            write(folder, {name: content})
        write(folder, more)

    return change


def files(**contents: str) -> Propose:
    return lambda folder: write(folder, contents)


def link(name: str, target: str) -> Propose:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return change


ALL = {"production": APPROVED, "staging": APPROVED}
CASES: dict[str, tuple[Propose, dict[str, str]]] = {
    "nothing": (lambda _: None, {}),
    "one stack's teams": (edit(PRODUCTION), {"production": FREE}),
    "two stacks' teams": (edit(PRODUCTION, STAGING), {"production": FREE, "staging": FREE}),
    "a stack for any cluster": (edit(LOCAL), {}),
    "words": (files(**{"README.md": "other words", "docs/x.md": "words"}), {}),
    "words and a stack": (edit(PRODUCTION, **{"docs/x.html": "words"}), {"production": FREE}),
    "the workflow": (files(**{".github/workflows/preview.yml": "on: push"}), {}),
    "the workflow and a stack": (edit(STAGING, **{".github/scripts/prepare.py": "evil"}), {"staging": FREE}),
    "the program": (files(**{"__main__.py": "evil"}), ALL),
    "the program and a stack": (edit(PRODUCTION, **{"components/x.py": "evil"}), ALL),
    "the project": (files(**{"Pulumi.yaml": "name: evil"}), ALL),
    "what is installed": (files(**{"requirements.txt": "evil"}), ALL),
    "a module next to the program": (files(**{"yaml.py": "evil"}), ALL),
    "a stack's trust": (
        lambda folder: write(folder, {PRODUCTION: stack(uid="other"), STAGING: stack(uid="0d5f3c1a", green={})}),
        {"production": APPROVED, "staging": FREE},
    ),
    "a stack's trust, hidden as for any cluster": (
        lambda folder: write(folder, {PRODUCTION: stack(uid="any")}),
        {"production": APPROVED},
    ),
    "a new stack": (files(**{"stacks/Pulumi.new.yaml": yaml.safe_dump(stack())}), {"new": APPROVED}),
    "a stack that goes": (lambda folder: (folder / PRODUCTION).unlink(), {}),
    "a stack under another name": (
        lambda folder: (folder / PRODUCTION).rename(folder / "stacks/Pulumi.other.yaml"),
        {"other": APPROVED},
    ),
    "a stack for any cluster that becomes one's own": (
        lambda folder: write(folder, {LOCAL: stack(blue={})}),
        {"local": APPROVED},
    ),
    "a name that is no stack's": (files(**{"stacks/x": ""}), ALL),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES.keys())
def test_a_pull_request_gets_previews_of(repo: Repository, change: Propose, expected: dict[str, str]) -> None:
    found, _ = repo.changes(repo.propose(change))
    assert found == expected
    assert not (repo.folder / "x").exists()


def test_the_approver_reads_why(repo: Repository) -> None:
    _, summary = repo.changes(repo.propose(lambda folder: write(folder, {PRODUCTION: stack(uid="other")})))
    assert "`production`, environment `preview-code`" in summary
    assert "waits for an approval: it changes config.secure-tiller:cluster" in summary


def test_what_counts_is_what_merging_changes(repo: Repository) -> None:
    # The pull request is behind: the default branch has changed since.
    head = repo.propose(edit(PRODUCTION))
    write(repo.folder, {"__main__.py": "print('newer')\n", STAGING: stack(uid="0d5f3c1a", green={})})
    repo.git("commit", "-qam", "Newer")
    assert repo.changes(head)[0] == {"production": FREE}


NO_STACK_FILES: dict[str, Propose] = {
    "a stack that is a link": link(PRODUCTION, "/etc/passwd"),
    "a stack that is a link to another": link(PRODUCTION, "Pulumi.local.yaml"),
    "a new link": link("stacks/Pulumi.link.yaml", "../__main__.py"),
    "a stack that may be run": lambda folder: (folder / PRODUCTION).chmod(0o755),
    "a name for the shell": files(**{"stacks/Pulumi.$(touch x).yaml": ""}),
    "a name of two lines": files(**{"stacks/Pulumi.a\n::set-output name=stacks::[].yaml": ""}),
    "a name that is an option": files(**{"stacks/Pulumi.--help.yaml": ""}),
    "a name that begins with a dot": files(**{"stacks/Pulumi..x.yaml": ""}),
    "a name with a folder": files(**{"stacks/Pulumi.x/y.yaml": ""}),
    "a name of Unicode": files(**{"stacks/Pulumi.ü.yaml": ""}),
    "a name of another kind": files(**{"stacks/Pulumi.production.yml": ""}),
}


@pytest.mark.parametrize("change", NO_STACK_FILES.values(), ids=NO_STACK_FILES.keys())
def test_a_pull_request_is_refused_with(repo: Repository, change: Propose) -> None:
    done = repo.run("changes.py", HEAD_COMMIT=repo.propose(change))
    assert done.returncode == 1
    assert re.fullmatch(r"::error::'stacks/Pulumi\.[^\n]*' cannot be previewed: [^\n]*\n", done.stderr)
    assert not (repo.folder / "x").exists()


@pytest.mark.parametrize("script", ["changes.py", "stacks.py"])
def test_a_stack_file_of_the_base_that_no_preview_is_made_of_is_refused_with_every_pull_request(
    repo: Repository, script: str
) -> None:
    (repo.folder / PRODUCTION).chmod(0o755)
    repo.git("commit", "-qam", "May be run")
    done = repo.run(script, HEAD_COMMIT=repo.propose(files(**{"__main__.py": "other"})))
    assert (done.returncode, "cannot be previewed: make it a regular file" in done.stderr) == (1, True)
    if script == "changes.py":
        corrected = repo.propose(lambda folder: (folder / PRODUCTION).chmod(0o644))
        assert "production" in repo.changes(corrected)[0]


def moved(folder: Path, **more: Any) -> None:
    """Move the stacks' files where no preview looks for them."""
    shutil.move(folder / "stacks", folder / "docs")
    write(folder, more)


def through_a_link(folder: Path) -> None:
    moved(folder)
    (folder / "stacks").symlink_to("docs")


def without_production(folder: Path, **more: Any) -> None:
    (folder / PRODUCTION).unlink()
    write(folder, more)


LOSSES: dict[str, tuple[Propose, str]] = {
    "another folder": (lambda folder: moved(folder, **{"Pulumi.yaml": "stackConfigDir: docs"}), "stackConfigDir"),
    "another folder, too": (files(**{"Pulumi.yaml": "stackConfigDir: docs"}), "stackConfigDir"),
    "another folder in other letters": (
        files(**{"Pulumi.yaml": 'author: "a\\n\n  stackConfigDir: stacks\n  b"\n"stackConfig\\u0044ir": docs\n'}),
        "stackConfigDir",
    ),
    "no YAML": (files(**{"Pulumi.yaml": "stackConfigDir: ["}), "it is no valid YAML"),
    "a project file with tags": (files(**{"Pulumi.yaml": "a: !!int x"}), "it uses anchors, aliases, tags"),
    "a deep project file": (files(**{"Pulumi.yaml": f"a: {'[' * 3000}{']' * 3000}"}), "it is nested more than"),
    "a folder that is no scalar": (files(**{"Pulumi.yaml": "stackConfigDir: [docs]"}), "is no scalar"),
    "another project file": (files(**{"Pulumi.json": "{}"}), "can take the place of Pulumi.yaml"),
    "yet another project file": (files(**{"Pulumi.yml": "{}"}), "can take the place of Pulumi.yaml"),
    "a link in place of the folder": (through_a_link, "the files of production, staging go"),
    "a change with a deletion": (
        lambda folder: without_production(folder, **{"__main__.py": "evil"}),
        "the files of production go",
    ),
    "words with a deletion": (
        lambda folder: without_production(folder, **{"docs/x.md": "words"}),
        "the files of production go",
    ),
}


@pytest.mark.parametrize(("change", "why"), LOSSES.values(), ids=LOSSES.keys())
def test_a_stack_is_not_lost_from_the_previews_by(repo: Repository, change: Propose, why: str) -> None:
    done = repo.run("changes.py", HEAD_COMMIT=repo.propose(change))
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr


REFUSED = {
    "conflicts": (lambda repo: conflict(repo), "conflicts with the base branch"),
    "is not there": (lambda _: "0" * 40, "is on no branch"),
    "is a name": (lambda _: "main", "40 hexadecimal digits"),
    "is an option": (lambda _: "--output=x", "40 hexadecimal digits"),
}


def conflict(repo: Repository) -> str:
    head = repo.propose(edit(PRODUCTION))
    write(repo.folder, {PRODUCTION: stack(blue={"clients": {"carol": {}}})})
    repo.git("commit", "-qam", "Newer")
    return head


@pytest.mark.parametrize(("head", "why"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("script", ["changes.py", "prepare.py"])
def test_a_commit_is_refused_that(repo: Repository, script: str, head: Callable[[Repository], str], why: str) -> None:
    done = repo.run(script, HEAD_COMMIT=head(repo), STACK="production", ENVIRONMENT=FREE)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr


# What is in the checkout then


def checkout(repo: Repository) -> dict[str, str]:
    """The files that the checkout has, and those that git says are not the base's."""
    return {name: (repo.folder / name).read_text() for name in repo.git("ls-files").splitlines()}


def test_without_an_approval_only_the_teams_settings_are_taken(repo: Repository) -> None:
    before = checkout(repo)
    evil = {"__main__.py": "evil", "yaml.py": "evil", ".github/scripts/prepare.py": "evil", STAGING: stack(uid="any")}
    head = repo.propose(edit(PRODUCTION, **evil))
    done = repo.prepare("production", FREE, head)
    assert done.returncode == 0, done.stderr
    after = checkout(repo)
    assert {name for name in after if after[name] != before[name]} == {PRODUCTION}
    assert yaml.safe_load(after[PRODUCTION]) == stack(blue={"clients": {"bob": {}}})
    assert repo.git("status", "--porcelain").split() == ["M", PRODUCTION]


def test_with_an_approval_the_checkout_is_the_merged_one(repo: Repository) -> None:
    head = repo.propose(edit(PRODUCTION, **{"__main__.py": "theirs"}))
    write(repo.folder, {"newer.py": "newer"})
    repo.git("add", "--all")
    repo.git("commit", "-qm", "Newer")
    assert repo.prepare("production", APPROVED, head).returncode == 0
    after = checkout(repo)
    assert (after["__main__.py"], after["newer.py"]) == ("theirs", "newer")
    assert "bob" in after[PRODUCTION]


NOT_WITHOUT: dict[str, tuple[Propose, str, str]] = {
    "trust": (lambda folder: write(folder, {PRODUCTION: stack(uid="other")}), "production", FREE),
    "a link": (link(PRODUCTION, "/etc/passwd"), "production", FREE),
    "a new stack": (files(**{"stacks/Pulumi.new.yaml": yaml.safe_dump(stack())}), "new", FREE),
    "a stack that goes": (lambda folder: (folder / PRODUCTION).unlink(), "production", FREE),
    "a path": (edit(PRODUCTION), "../../etc/x", FREE),
    "another environment": (edit(PRODUCTION), "production", "production"),
    "no environment": (edit(PRODUCTION), "production", ""),
}


@pytest.mark.parametrize(("change", "name", "environment"), NOT_WITHOUT.values(), ids=NOT_WITHOUT.keys())
def test_the_job_with_the_keys_decides_again(repo: Repository, change: Propose, name: str, environment: str) -> None:
    head = repo.propose(change)
    done = repo.prepare(name, environment, head)
    assert done.returncode == 1
    assert done.stderr.startswith("::error::")
    assert repo.git("status", "--porcelain") == ""


def test_a_link_of_the_base_is_not_written_through(repo: Repository) -> None:
    victim = repo.folder.parent / "victim"
    victim.write_text(yaml.safe_dump(stack()))
    link(PRODUCTION, os.fspath(victim))(repo.folder)
    repo.git("commit", "-qam", "A link")

    def change(folder: Path) -> None:
        (folder / PRODUCTION).unlink()
        write(folder, {PRODUCTION: stack(green={})})

    head = repo.propose(change)
    assert repo.prepare("production", FREE, head).returncode == 1
    assert victim.read_text() == yaml.safe_dump(stack())


def test_a_renewal_is_looked_for_in_every_stack_of_a_cluster_that_lasts(repo: Repository) -> None:
    output = repo.folder.parent / "output"
    assert repo.run("stacks.py", GITHUB_OUTPUT=str(output)).returncode == 0
    assert output.read_text() == 'stacks=["production", "staging"]\n'
