"""Whatever others write, each reader returns or refuses it in lines of words, within a bound of time and memory."""

import gzip
import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from cryptography import x509
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from secure_tiller.plan import pem
from secure_tiller.problems import RefusedError
from secure_tiller_cli import bundle, output
from secure_tiller_cli.bundle import Bundle
from secure_tiller_cli.charts import read as manifests
from secure_tiller_cli.commands import deployed
from secure_tiller_cli.preview import digest, machine, markdown, renewals
from secure_tiller_cli.preview.summary import summarize
from secure_tiller_cli.releases import encoding
from secure_tiller_cli.releases.encoding import EncodingError
from secure_tiller_cli.results.document import from_json, to_json
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster import entries
from secure_tiller_stack.foreign_data import decode
from tests.support import mutations, pki, records
from tests.support.samples import BLUE, FULL, OWN_CA, OWN_SERVER, PARTNER
from tests.unit.secure_tiller_cli.preview.previews import preview, resources, text_of
from tests.unit.secure_tiller_cli.report.samples import proof
from tests.unit.secure_tiller_cli.state.test_read import state

SECONDS = 5.0
"""Of the processor, that a reader may take for a sample; each takes some milliseconds."""

LONGEST_LINE = 2_000

TIMES = int(os.environ.get("SECURE_TILLER_FUZZ", "1"))
"""How many times the usual number of samples; `make fuzz` takes many, and others in each run."""


def samples(number: int) -> settings:
    """Return the settings for some samples."""
    return settings(max_examples=number * TIMES, derandomize=TIMES == 1, suppress_health_check=list(HealthCheck))


@contextmanager
def refused(*errors: type[Exception]) -> Iterator[None]:
    """Let a refusal pass that is words on one line each, in time."""
    begin, lines = time.process_time(), list[str]()
    try:
        yield
    except RefusedError as error:
        lines += map(output.line, error.problems)
    except errors as error:
        lines.append(str(error))
    assert time.process_time() - begin < SECONDS
    assert all(line.isprintable() and len(line) < LONGEST_LINE for line in lines)


def as_bytes(text: str) -> bytes:
    """Return a text as a file holds it, halves of characters included."""
    return text.encode(errors="surrogatepass")


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "blue-apps", "annotations": {"helm.sh/hook": "pre-install"}},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
}
LIST = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [DEPLOYMENT, DEPLOYMENT]}
YAML = f"---\n# Source: a/b.yaml\n{yaml.safe_dump(LIST)}---\n{yaml.safe_dump(DEPLOYMENT)}"


@samples(50)
@given(mutations.texts(YAML) | mutations.documents(LIST))
def test_a_manifest(text: str) -> None:
    with refused():
        manifests(text)


RECORD = records.release("shop", 3, manifest=YAML, hooks=[YAML]).SerializeToString()


@samples(50)
@given(
    mutations.content(RECORD).map(gzip.compress)
    | mutations.content(RECORD)
    | mutations.content(gzip.compress(RECORD, mtime=0))
)
def test_a_record(content: bytes) -> None:
    encoded = b64encode(content).decode()
    with refused(EncodingError):
        encoding.decode(encoded)
        for text in encoding.manifests(encoded):
            manifests(text)


PREVIEW = json.loads(text_of(preview(resources("blue", BLUE), resources("blue", FULL))))
PREVIEW["diagnostics"] = [{"message": "a", "severity": severity} for severity in ("error", "warning", "info")]


@samples(20)
@given(mutations.documents(PREVIEW))
def test_a_preview(text: str) -> None:
    with refused(digest.UnreadableError):
        found = digest.read(decode(as_bytes(text)))
        due = renewals.find(found, datetime(2030, 1, 1, tzinfo=UTC), timedelta(days=3_000))
        for written in (markdown.write(summary := summarize(found)), renewals.to_markdown(due)):
            assert len(written) <= markdown.LONGEST
            assert all(line.isprintable() for line in written.split("\n"))
        assert all(line.isprintable() for line in (machine.write(summary) + renewals.to_json(due)).split("\n"))


@samples(20)
@given(mutations.documents(PREVIEW).map(as_bytes) | mutations.content(json.dumps(PREVIEW).encode("utf-16")))
def test_the_bytes_of_a_preview(content: bytes) -> None:
    with refused(digest.UnreadableError):
        digest.read(decode(content))


NAMES = ("127.0.0.1",)
PEMS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "a request": (pki.request("bob"), lambda text: list(pem.request_faults(text, "bob")) or pem.key_of_request(text)),
    "CAs": (PARTNER.pem, lambda text: list(pem.client_ca_faults(text)) or _described(text)),
    "CAs compared": (PARTNER.pem, lambda text: pem.trust_the_same(text, OWN_CA.pem)),
    "CAs named": (PARTNER.pem, lambda text: list(pem.named_twice({"a": text, "b": PARTNER.pem}))),
    "a server": (
        OWN_SERVER.pem,
        lambda text: list(pem.server_faults(text, OWN_SERVER.key_pem, OWN_CA.pem, NAMES)) or _described(text),
    ),
    "its CA": (OWN_CA.pem, lambda text: list(pem.server_faults(OWN_SERVER.pem, OWN_SERVER.key_pem, text, NAMES))),
    "its key": (
        OWN_SERVER.key_pem,
        lambda text: list(pem.server_faults(OWN_SERVER.pem, text, OWN_CA.pem, NAMES)),
    ),
}


def _described(text: str) -> tuple[object, ...]:
    """Return all that is asked of a text that was found able to serve."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    asked = (pem.ends, pem.serial, pem.fingerprint, pem.fingerprints, pem.chain_fingerprints)
    return (*(ask(text) for ask in asked), *pem.warnings_of_ends(text, now))


@pytest.mark.filterwarnings("ignore")  # of cryptography, about serial numbers and the like
@pytest.mark.parametrize("what", PEMS)
@samples(65)
@given(data=st.data())
def test_a_pem_text(what: str, data: st.DataObject) -> None:
    sample, read = PEMS[what]
    with refused():
        read(data.draw(mutations.pems(sample)))


CLIENT = pki.client(PARTNER, "ann")
FILES = Bundle("o/p/s", "blue", "ann", "blue-tiller", PARTNER.pem, CLIENT.pem, CLIENT.key_pem).files("$HERE")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
@samples(20)
@given(data=st.data())
def test_a_bundle(name: str, tmp_path: Path, data: st.DataObject) -> None:
    for each, text in FILES.items():
        (tmp_path / each).write_text(text)
    changed = mutations.content(FILES[name].encode())
    if name != "env":
        changed |= mutations.pems(FILES[name]).map(lambda text: text.encode(errors="replace"))
    (tmp_path / name).write_bytes(data.draw(changed))
    with refused():
        bundle.read(tmp_path)


@samples(50)
@given(mutations.documents(to_json(proof())))
def test_a_proof(text: str) -> None:
    with refused():
        from_json(decode(as_bytes(text)), "check.json")


KUBECONFIG = {
    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", "proxy-url": "http://127.0.0.1:2"}}],
    "users": [{"name": "u", "user": {"token": "t", "as": "reader", "as-groups": ["a"], "as-user-extra": {"a": ["b"]}}}],
    "current-context": "here",
}


@samples(50)
@given(mutations.documents(KUBECONFIG) | mutations.texts(yaml.safe_dump(KUBECONFIG)))
def test_a_kubeconfig(text: str) -> None:
    with refused(entries.EntryError, ValueError, KeyError, TypeError, AttributeError):  # which `connection` words
        access = kubeconfig.find({}, text)
        entries.read(access)


@samples(50)
@given(mutations.documents({"version": 3, "deployment": state()}))
def test_a_state(text: str) -> None:
    said = mock.Mock(return_value=mock.Mock(code=0, out=text, err=""))
    with refused(), mock.patch("secure_tiller_cli.state.export.run", said):
        deployed.read_deployed(None)


def breaks(read: Callable[[str], Any], error: type[Exception]) -> Callable[[str], bool]:
    """Return whether a reader without bounds ends with an error."""

    def broken(text: str) -> bool:
        try:
            read(text)
        except error:
            return True
        except Exception:
            return False
        return False

    return broken


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("changed", "read", "error"),
    [
        (mutations.texts(YAML), lambda text: list(yaml.safe_load_all(text)), yaml.YAMLError),
        (mutations.documents(LIST), lambda text: sum(map(len, json.loads(text)["items"])), TypeError),
        (mutations.pems(pki.request("bob")), lambda text: x509.load_pem_x509_csr(text.encode()).subject, ValueError),
    ],
    ids=["YAML", "JSON", "a request"],
)
def test_control_a_reader_that_takes_nothing_into_account_breaks(
    changed: st.SearchStrategy[str], read: Callable[[str], Any], error: type[Exception]
) -> None:
    assert find(changed, breaks(read, error), settings=settings(max_examples=5_000))
