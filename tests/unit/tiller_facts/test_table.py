"""The table of Tillers, as tiller_facts judges a cluster of each row's objects."""

import hashlib
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.cluster_objects import Object, files
from tests.support.row import HIDDEN, Recognition, Row, Setting
from tests.support.tillers import ROWS
from tests.unit.tiller_facts.samples import facts
from tiller_facts.facts import Facts
from tiller_facts.values import Hidden
from tiller_facts.workloads import Tiller, find

TILLERS = [row for row in ROWS if row.settings]
SOURCES = ("Secret", "ConfigMap")
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def named(row: Row) -> str:
    return row.id


def cluster(row: Row) -> Facts:
    """Return the facts of a cluster that holds a row's objects, and nothing else."""
    return facts(*row.objects, files={_place(one): _keys(one) for one in row.objects if one["kind"] in SOURCES})


def _place(one: Object) -> tuple[str, str, str, str]:
    return "", one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]


def _keys(one: Object) -> dict[str, tuple[str, ...]]:
    return {name: tuple(map(_digest, CERTIFICATE.findall(text))) for name, text in files(one).items()}


def _digest(pem: str) -> str:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def found(row: Row) -> list[Tiller]:
    """Return the Tillers of the object that a row is about."""
    return [one for one in find(cluster(row)) if one.object.data is row.workload]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_pod_is_recognised(row: Row) -> None:
    recognised = {one.suspected for one in found(row)}
    assert (
        recognised
        == {
            Recognition.YES: {False},
            Recognition.SUSPECTED: {True},
            Recognition.NO: set(),
        }[row.tiller]
    )


@pytest.mark.parametrize("row", TILLERS, ids=named)
def test_the_settings_of_a_tiller(row: Row) -> None:
    (tiller,) = found(row)
    read: dict[str, Setting] = {
        name: HIDDEN if isinstance(value := getattr(tiller.flags, name), Hidden) else value for name in row.settings
    }
    assert read == row.settings


def test_the_table_has_every_kind_of_case() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS) > 40
    assert {row.tiller for row in ROWS} == set(Recognition)
