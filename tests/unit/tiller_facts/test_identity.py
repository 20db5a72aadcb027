"""Parts of the component, by the logical names of its resources."""

import pytest

from tiller_facts.identity import part


@pytest.mark.parametrize(
    ("kind", "logical_name", "expected"),
    [
        ("Namespace", "blue-namespace", "namespace"),
        ("Namespace", "blue-namespace:blue-tls", "namespace:"),
        ("Secret", "blue-tls", "tls"),
        ("Secret", "blue-secret:a-tls", "secret:"),
        ("Role", "blue-manage:apps", "manage:"),
        ("RoleBinding", "blue-people", "people"),
        ("Deployment", "blue-deployment", "deployment"),
        ("Secret", "blue-deployment", ""),
        ("ConfigMap", "blue-tls", ""),
    ],
)
def test_the_part_that_an_object_is(kind: str, logical_name: str, expected: str) -> None:
    assert part(kind, logical_name) == expected
