"""The configuration as a whole."""

import pytest

from secure_tiller.problems import ConfigurationError
from secure_tiller.stack import read_stack
from tests.unit.samples import SMALLEST

TEAMS = {"green": SMALLEST}


def keys_refused(keys: list[str], teams: object, cluster: object) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        read_stack("secure-tiller", keys, teams, cluster)
    return [problem.key for problem in refused.value.problems]


def test_teams_and_cluster_are_read() -> None:
    keys = ["secure-tiller:teams", "secure-tiller:cluster", "kubernetes:namespace", "pulumi:disable-default-providers"]
    stack = read_stack("secure-tiller", keys, TEAMS, {"context": "kind"})
    assert stack.teams == (("green", SMALLEST),)
    assert stack.cluster == {"context": "kind"}


def test_the_cluster_can_be_left_out() -> None:
    assert read_stack("secure-tiller", [], TEAMS, None).cluster == {}


def test_an_unknown_key_names_the_nearest_and_not_its_value() -> None:
    with pytest.raises(ConfigurationError, match=r"secure-tiller:team = \(not shown\)[^']*did you mean 'teams'"):
        read_stack("secure-tiller", ["secure-tiller:team"], TEAMS, None)


def test_everything_that_is_wrong_comes_at_once() -> None:
    keys = keys_refused(["secure-tiller:tems"], {}, {"contxt": "kind", "uid": 7})
    assert keys == [
        "secure-tiller:tems",
        "secure-tiller:cluster.contxt",
        "secure-tiller:cluster.uid",
        "secure-tiller:teams",
    ]
