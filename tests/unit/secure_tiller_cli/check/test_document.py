"""The JSON of a proof: its form, and that it can be read again."""

import json

import pytest

from secure_tiller_cli.results.document import UnreadableProofError, from_json, to_json
from secure_tiller_cli.results.result import CheckReport, Result, Status

SEEN = Result("blue", "storage", Status.NOT_CHECKED, "the cluster refused it", "use another account")
PROOF = CheckReport("organization/secure-tiller/test", "2026-01-02T03:04:05Z", "https://10.0.0.1:6443", "5e", (SEEN,))

DOCUMENT = {
    "stack": "organization/secure-tiller/test",
    "checkedAt": "2026-01-02T03:04:05Z",
    "server": "https://10.0.0.1:6443",
    "state": "5e",
    "results": [
        {
            "team": "blue",
            "check": "storage",
            "status": "not checked",
            "text": "the cluster refused it",
            "remedy": "use another account",
        }
    ],
}


def test_the_document_is_a_proof_with_keys_in_camel_case() -> None:
    assert to_json(PROOF) == DOCUMENT


def test_what_was_written_is_read_again() -> None:
    assert from_json(json.dumps(to_json(PROOF)), "proof.json") == PROOF


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps(DOCUMENT | {"results": [{}]}), "\x00"])
def test_what_is_no_proof_is_refused_with_its_place_and_nothing_of_its_content(text: str) -> None:
    with pytest.raises(UnreadableProofError, match="is no proof") as caught:
        from_json(text, "proof.json")
    assert caught.value.problems[0].key == "proof.json"


def test_control_a_status_that_there_is_not_is_refused() -> None:
    wrong = DOCUMENT | {"results": [{"team": "b", "check": "c", "status": "fine", "text": "", "remedy": ""}]}
    with pytest.raises(UnreadableProofError, match="status"):
        from_json(json.dumps(wrong), "proof.json")
