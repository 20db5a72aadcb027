"""Settings as hypothesis makes them up."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
names = labels.filter(lambda name: name != "default" and not name.startswith("kube-"))
texts = st.text(alphabet="abcxyz:@.-", min_size=1).filter(lambda text: not text.startswith("system:"))

created = st.fixed_dictionaries(
    {}, optional={"pod_security": st.sampled_from(["baseline", "restricted"]), "retain_on_delete": st.booleans()}
)
existing = st.just({"existing": True})
privileged = st.fixed_dictionaries(
    {"pod_security": st.just("privileged"), "pod_security_reason": st.text("abc ", min_size=1).filter(str.strip)}
)
managed: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(
    names, st.one_of(created, existing, privileged), min_size=1, max_size=4
)
accounts = st.lists(st.fixed_dictionaries({"namespace": names, "name": labels}), max_size=2)
subjects = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(texts, max_size=2),
        "users": st.lists(texts, max_size=2),
        "service_accounts": accounts,
    },
)
settings = st.fixed_dictionaries(
    {"namespaces": managed, "clients": st.dictionaries(labels, st.just({}), min_size=1, max_size=4)},
    optional={"subjects": subjects},
)
"""Settings that are right, for a team that has not the name of one of its namespaces."""

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "namespaces",
                    "clients",
                    "namespace",
                    "subjects",
                    "groups",
                    "service_accounts",
                    "existing",
                    "name",
                    "x",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
"""Anything that a stack's file can hold, with the words of the settings in the wrong places."""
