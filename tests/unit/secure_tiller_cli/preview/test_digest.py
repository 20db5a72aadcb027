"""Reading a preview: anything but a whole one is refused, or known as failed."""

import json
from pathlib import Path

import pytest

from secure_tiller_cli.commands import preview_source
from secure_tiller_cli.commands.preview_source import Preview
from secure_tiller_cli.preview.digest import Digest, UnreadableError, read

WHOLE = {"steps": [], "changeSummary": {"same": 1}, "duration": 5}
TEXT = json.dumps(WHOLE, indent=4)


def test_a_whole_preview_has_no_failure() -> None:
    assert read(TEXT).failures == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("   \n", "it is empty"),
        ("Previewing update (production)\n", 'it begins with "Previewing update (production)"'),
        (TEXT[:-5], "broken or cut off"),
        ("{}", "the JSON is empty"),
        ('{"steps": 1}', "this is not what `pulumi preview --json` prints: steps"),
        ('{"steps": [{"op": "same"}]}', "steps.0.urn"),
        ('{"changeSummary": {"same": "many"}}', "changeSummary.same"),
        (f"{TEXT}\n{TEXT}", "more than one JSON document"),
        ('{"sequence": 1, "preludeEvent": {}}\n{"sequence": 2}', "more than one JSON document"),
        ("[1, 2]", "no JSON stands there"),
        ('{"steps": ' + "[" * 100_000, "the JSON is nested too deeply: more than 100 levels"),
        ('{"steps": ' + "[" * 500 + "]" * 500 + "}", "the JSON is nested too deeply: more than 100 levels"),
        (f'{{"steps": {"1" * 5_000}}}', "the JSON holds a number of more than 1000 digits"),
    ],
)
def test_what_is_no_preview_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(text)
    assert said in str(refused.value)


def test_no_value_of_what_is_refused_is_shown() -> None:
    with pytest.raises(UnreadableError) as refused:
        read('{"steps": "hunter2"}')
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"diagnostics": [{"severity": "error", "message": "error: refused\n"}]}, "error: refused"),
        ({"diagnostics": [{"severity": "error#err", "message": "so"}]}, "so"),
        ({"changeSummary": None}, "did not come to its end"),
        ({"maybeCorrupt": True}, "may be corrupt"),
    ],
)
def test_a_failed_preview_is_known_as_failed(changes: dict[str, object], said: str) -> None:
    assert said in " ".join(read(json.dumps({**WHOLE, **changes})).failures)


def test_lines_around_the_preview_are_let_pass() -> None:
    assert read(f"warning: A new version of Pulumi is available.\n{TEXT}\n    pulumi about\n").failures == ()


def test_an_error_that_a_shell_mixed_in_makes_the_preview_a_failed_one() -> None:
    assert read(f"{TEXT}\nerror: preview failed\n").failures == ("error: preview failed",)


def test_an_error_is_found_in_color_too() -> None:
    assert read(f"{TEXT}\n\x1b[31merror: preview failed\x1b[0m\n").failures == ("error: preview failed",)


def test_a_preview_that_lacks_steps_which_its_summary_counts_is_a_failed_one() -> None:
    cut = {"steps": [], "changeSummary": {"same": 5, "delete": 2, "update": 1}}
    assert read(json.dumps(cut)).failures == (
        "The preview is not whole: of what its summary counts, the steps lack 3.",
    )


def test_a_warning_is_no_failure() -> None:
    assert read(json.dumps({**WHOLE, "diagnostics": [{"severity": "warning", "message": "so"}]})).failures == ()


@pytest.mark.parametrize(("same", "hidden"), [(0, False), (1, False), (2, True)])
def test_it_is_known_whether_unchanged_resources_were_left_out(same: int, hidden: bool) -> None:
    urn = "urn:pulumi:test::project::pulumi:pulumi:Stack::project-test"
    digest = Digest.model_validate({"steps": [{"op": "same", "urn": urn}], "changeSummary": {"same": same}})
    assert digest.hides_unchanged is hidden


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_preview_that_powershell_saved_is_read(encoding: str, tmp_path: Path) -> None:
    saved = tmp_path / "preview.json"
    saved.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert preview_source.get(str(saved), None) == Preview(read(TEXT))


@pytest.mark.parametrize("file", ["/dev/zero", "/nowhere", "/"])
def test_a_file_that_holds_no_preview_is_a_failed_one(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_source, "LARGEST_OUTPUT", 2**20)
    (why,) = preview_source.get(file, None).failures
    assert why.startswith(f"{file}: ")
    assert why.isprintable()
