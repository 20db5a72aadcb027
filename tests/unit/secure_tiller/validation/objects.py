"""Labels and annotations of all objects."""

from secure_tiller.plan.validation import objects as rules
from tests.support.samples import smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused

PAIR = "Kubernetes key and value"
KEPT = "is kept for secure-tiller, Helm, Kubernetes or Pulumi"

REFUSED = [
    *(
        Refused(rules.labels_are_labels, smallest(labels={key: value}), f"labels.{key}", shown, PAIR)
        for key, value, shown in (
            ("a b", "x", '"x"'),
            ("", "x", '"x"'),
            ("/a", "x", '"x"'),
            ("a/", "x", '"x"'),
            ("A.org/a", "x", '"x"'),
            ("a/b/c", "x", '"x"'),
            ("a" * 64, "x", '"x"'),
            ("a", "-x", '"-x"'),
            ("a", "x y", '"x y"'),
            ("a", "x\n", '"x\\n"'),
            ("a", "x" * 64, f'"{"x" * 64}"'),
        )
    ),
    *(
        Refused(rules.annotations_have_keys, smallest(annotations={key: "any"}), "annotations", f'"{key}"', PAIR)
        for key in ("a b", "", "-a", "a/b/c")
    ),
    *(
        Refused(rules.nothing_reserved_is_set, smallest(labels={key: "x"}), "labels", f'"{key}"', KEPT)
        for key in (
            "app",
            "name",
            "app.kubernetes.io/managed-by",
            "secure-tiller",
            "secure-tiller/team",
            "pod-security.kubernetes.io/enforce",
            "kubernetes.io/metadata.name",
            "apps.k8s.io/x",
            "k8s.io/x",
            "kubernetes.io/name",
            "sub.app.kubernetes.io/name",
        )
    ),
    *(
        Refused(rules.nothing_reserved_is_set, smallest(annotations={key: "x"}), "annotations", f'"{key}"', KEPT)
        for key in (
            "app.kubernetes.io/managed-by",
            "secure-tiller/trusts",
            "secure-tiller/stack",
            "pulumi.com/skipAwait",
            "deployment.kubernetes.io/revision",
            "kubectl.kubernetes.io/last-applied-configuration",
        )
    ),
]

ACCEPTED = [
    Accepted(rules.labels_are_labels, smallest(labels={"example.org/a_b.c-D": "x_y.z-W", "empty": "", "a" * 63: "1"})),
    Accepted(rules.annotations_have_keys, smallest(annotations={"example.org/note": "any text: \u00e4, a b\n"})),
    Accepted(rules.nothing_reserved_is_set, smallest(labels={"apps": "x", "example.org/app": "x", "my-k8s.io/x": "x"})),
    Accepted(rules.nothing_reserved_is_set, smallest(annotations={"app": "x", "name": "x"})),
    *(
        Accepted(rules.nothing_reserved_is_set, smallest(**{kind: {f"app.kubernetes.io/{word}": "x"}}))
        for kind in ("labels", "annotations")
        for word in ("name", "instance", "version", "component", "part-of")
    ),
]
