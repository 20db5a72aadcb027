"""Versions of Tiller."""

import pytest

from tiller_facts.versions import LAST, OLDEST, flaws, of_image, words


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("ghcr.io/helm/tiller:v2.17.0", (2, 17, 0)),
        ("a:5000/b/tiller:v2.16.10@sha256:0", (2, 16, 10)),
        ("tiller:2.17.0-mine", (2, 17, 0)),
        ("a:5000/tiller", None),
        ("tiller@sha256:0", None),
        ("tiller:latest", None),
        ("tiller:v2.17", None),
        ("tiller:v2.17.0.1", (2, 17, 0)),
        ("tiller:v3.1.0", None),
        ("tiller:v2.17.0-rc.1", None),
        ("tiller:v2.16.11-beta1", None),
        ("tiller:2.17.0-RC1", None),
        ("tiller:2.17.0.dev1", None),
        ("tiller:2.17.0-debian-10-r3", (2, 17, 0)),
        ("", None),
    ],
)
def test_the_version_of_an_image(image: str, version: tuple[int, int, int] | None) -> None:
    assert of_image(image) == version


def test_an_older_version_has_the_flaws_of_those_after_it() -> None:
    assert len(flaws((2, 7, 1))) == 4
    assert [flaw.severity for flaw in flaws((2, 16, 10))] == ["high"]
    assert flaws(OLDEST) == flaws(LAST) == ()
    assert words(OLDEST) == "2.16.11"
