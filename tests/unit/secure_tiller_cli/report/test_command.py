"""`secure-tiller report`: what it reads, writes and refuses. The stack is a sample; a real one is in tests/cluster."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from secure_tiller.problems import RefusedError
from secure_tiller_cli.commands import app, deployed
from secure_tiller_cli.results.document import to_json
from secure_tiller_cli.results.result import CheckReport
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, STACK, proof


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs, with a stack of two teams."""

    def whole(stack: str | None) -> deployed.StackState:
        assert stack in (None, "production")
        return deployed.StackState(DEMO, (), DIGEST)

    monkeypatch.setattr(deployed, "read_deployed", whole)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


def refused(done: Result) -> str:
    """The one line of a refusal."""
    if isinstance(done.exception, RefusedError):  # main() writes it, and exits with 1
        (problem,) = done.exception.problems
        return f"{problem.key}: {problem.why}; {problem.remedy}"
    assert done.exit_code == 1, done.output
    (line,) = done.stderr.splitlines()
    return line


def keep(file: Path, checked: CheckReport) -> str:
    file.write_text(json.dumps(to_json(checked)))
    return str(file)


def test_it_writes_the_page_and_says_what_is_on_it(here: Path) -> None:
    done = report("--out", "page.html", "--stack", "production")
    assert (done.exit_code, done.stdout) == (0, "page.html: teams 2, to fix 0, to look at 6\n")
    assert "<h1>Tillers of acme/shop/production</h1>" in (here / "page.html").read_text()
    assert [file.name for file in here.iterdir()] == ["page.html"]


def test_a_dash_writes_the_page_and_nothing_else_to_standard_output(here: Path) -> None:
    done = report("--out", "-")
    assert done.exit_code == 0
    assert done.stdout.startswith("<!doctype html>\n")
    assert done.stdout.endswith("</html>\n")
    assert list(here.iterdir()) == []


def test_json_is_one_document() -> None:
    assert json.loads(report("--out", "-", "--format", "json").stdout)["stack"] == STACK


def test_the_results_of_a_check_are_on_the_page(here: Path) -> None:
    done = report("--out", "-", "--check", keep(here / "check.json", proof()))
    assert "port refuses plaintext" in done.stdout


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_report_is_written_over_a_report(here: Path, form: str) -> None:
    for _ in range(2):
        assert report("--out", "page", "--format", form).exit_code == 0
    assert [file.name for file in here.iterdir()] == ["page"]


@pytest.mark.parametrize(
    "content", ["", "<html><h1>Somebody else's</h1></html>", "key", "secure-tiller report --out page.html\n"]
)
def test_nothing_else_is_written_over(here: Path, content: str) -> None:
    (here / "page.html").write_text(content)
    assert "page.html: is there already and is no report" in refused(report("--out", "page.html"))
    assert (here / "page.html").read_text() == content


def test_a_link_stays_one_and_what_it_leads_to_is_looked_at(here: Path) -> None:
    (here / "link.html").symlink_to("page.html")
    for name in ("page.html", "link.html", "link.html"):
        assert report("--out", name).exit_code == 0
        assert (here / "link.html").is_symlink()
    (here / "page.html").write_text("mine")
    refused(report("--out", "link.html"))
    assert (here / "page.html").read_text() == "mine"


@pytest.mark.parametrize("target", ["elsewhere/page.html", "page.html", "link.html"])
def test_a_link_that_leads_to_no_file_is_not_followed(here: Path, target: str) -> None:
    (here / "elsewhere").mkdir()
    (here / "link.html").symlink_to(target)
    assert "is a link that leads to no file" in refused(report("--out", "link.html"))
    assert sorted(file.name for file in here.rglob("*")) == ["elsewhere", "link.html"]


def test_a_link_that_somebody_put_beside_it_leads_nowhere(here: Path) -> None:
    (here / "mine").write_text("mine")
    (here / ".page.html.partial").symlink_to("mine")
    assert report("--out", "page.html").exit_code == 0
    assert (here / "mine").read_text() == "mine"
    assert not (here / "page.html").is_symlink()


@pytest.mark.parametrize("out", [".", "missing/page.html", "check.json/page.html"])
def test_a_place_where_nothing_can_be_written_is_named(here: Path, out: str) -> None:
    keep(here / "check.json", proof())
    assert out in refused(report("--out", out))
    assert [file.name for file in here.iterdir()] == ["check.json"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is no proof"),
        ("{", "is no proof"),
        ("[]", "is no proof"),
        ('{"stack": "acme/shop/production"}', "is no proof"),
        ("\udcff\udcfe", "is no proof"),
        (
            json.dumps(to_json(proof(stack="acme/shop/staging"))),
            "of the stack acme/shop/staging, not of acme/shop/prod",
        ),
        (json.dumps(to_json(proof(stack=""))), "of the stack (without a name), not of acme/shop/production"),
        (json.dumps({**to_json(proof()), "checkedAt": "yesterday"}), "checkedAt is no time"),
        (json.dumps({**to_json(proof()), "checkedAt": "2026-11-25T12:00:00"}), "checkedAt is no time with a zone"),
    ],
)
def test_a_file_that_is_no_check_of_the_stack_is_refused_and_nothing_written(
    here: Path, content: str, why: str
) -> None:
    (here / "check.json").write_bytes(content.encode(errors="surrogateescape"))
    line = refused(report("--out", "page.html", "--check", "check.json"))
    assert "check.json" in line
    assert why in line
    assert "secure-tiller check --format json" in line
    assert not (here / "page.html").exists()


def test_a_check_that_is_not_there_is_named() -> None:
    assert "check.json: cannot be used: No such file or directory" in refused(
        report("--out", "-", "--check", "check.json")
    )


@pytest.mark.parametrize("arguments", [[], ["--out"], ["--out", "-", "--format", "pdf"], ["--out", "-", "blue"]])
def test_a_wrong_use(arguments: list[str]) -> None:
    assert report(*arguments).exit_code == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_check_that_powershell_saved_is_read(here: Path, encoding: str) -> None:
    (here / "check.json").write_bytes(json.dumps(to_json(proof())).encode(encoding))
    assert report("--check", "check.json", "--out", "page.html").exit_code == 0


@pytest.mark.parametrize("text", ["[" * 100_000, '{"stack":' * 100_000, f'{{"stack": {"1" * 5_000}}}', "\x00", "é"])
def test_what_is_no_check_is_refused_in_one_line(here: Path, text: str) -> None:
    (here / "check.json").write_text(text)
    assert "is no proof" in refused(report("--check", "check.json", "--out", "page.html"))


def test_an_endless_check_is_not_read_to_its_end() -> None:
    assert "is larger than 64 MiB" in refused(report("--check", "/dev/zero", "--out", "page.html"))
