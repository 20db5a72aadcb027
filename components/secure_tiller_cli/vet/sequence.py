"""The order in which Tiller creates the objects of a chart, and which of them would already exist then.

Source: Helm 2.17, pkg/tiller/release_install.go (performRelease), release_update.go (performUpdate) and
release_server.go (execHook).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.charts.discovery import group
from secure_tiller_cli.charts.manifest import POLICY

NO_HOOK = ""
"""The stage in which Tiller creates the objects that are no hooks."""
AT_INSTALL = ("crd-install", "pre-install", NO_HOOK, "post-install")
AT_UPGRADE = ("pre-upgrade", NO_HOOK, "post-upgrade")
INSTALL, UPGRADE = frozenset(AT_INSTALL), frozenset(AT_UPGRADE)

BEFORE_CREATION, SUCCEEDED = "before-hook-creation", "hook-succeeded"

Place = tuple[str, str, str, str]
_Clash = tuple[str, Manifest, Manifest]
"""The stage, the object that exists, and the one that Tiller would create under its name."""


def clashing_hooks(
    objects: Iterable[Manifest], namespace: str, released: Iterable[Manifest] | None = None
) -> Iterator[Concern]:
    """Yield a finding for each hook, or object, that Tiller would create while another of its name exists.

    One of the two is a hook. Two objects of one name that are no hooks are found by `vet`.

    Args:
        objects: all of the chart.
        namespace: the release's.
        released: the objects of the release to upgrade; None: the chart is installed, then upgraded to itself.
    """
    kept = [each for each in objects if each.name and not each.left_out]
    has = tuple(each for each in (kept if released is None else released) if not each.hooks)
    present = {} if released is None else {place_of(each, namespace): each for each in has}
    if released is None and (at_install := _simulate(AT_INSTALL, kept, namespace, present)):
        yield from (_concern(clash, "") for clash in at_install)
        return
    late = _LATE if released is None else ""
    yield from (_concern(clash, late) for clash in _simulate(AT_UPGRADE, kept, namespace, present, has))


_LATE = ". It can be installed, but an upgrade fails"


def _simulate(
    stages: Sequence[str],
    objects: Sequence[Manifest],
    namespace: str,
    present: dict[Place, Manifest],
    has: Sequence[Manifest] = (),
) -> list[_Clash]:
    """Simulate the stages and return the clashes. Afterwards `present` has what exists some time after the last stage.

    Args:
        stages: in their order.
        objects: those that Tiller creates.
        namespace: the release's.
        present: what exists before; it is changed.
        has: the objects of the release, which Tiller patches instead of creating them.
    """
    clashes: list[_Clash] = []
    released = {place_of(each, namespace) for each in has}
    for stage in stages:
        made = [each for each in objects if (stage in each.hooks if stage else not each.hooks)]
        for each in sorted(made, key=lambda hook: (hook.weight, hook.name)):
            place = place_of(each, namespace)
            if each.hooks and BEFORE_CREATION in each.policies:
                present.pop(place, None)
            there = present.get(place)
            # Two of one name that are no hooks are found by `vet`.
            if there and (stage or (there.hooks and place not in released)):
                clashes.append((stage, there, each))
            present.setdefault(place, each)
        for each in made:
            if each.hooks and SUCCEEDED in each.policies:
                present.pop(place_of(each, namespace), None)
    for place in [place for place, each in present.items() if each.hooks and _ends(each)]:
        del present[place]
    return clashes


def place_of(each: Manifest, namespace: str) -> Place:
    """Return API group, kind, namespace and name, by which two objects are the same one."""
    return group(each.api_version), each.kind, each.namespace or namespace, each.name


def _ends(hook: Manifest) -> bool:
    """Return whether the cluster deletes a hook some time after it is done."""
    spec = hook.content.get("spec")
    return isinstance(spec, Mapping) and isinstance(spec.get("ttlSecondsAfterFinished"), int)


def _concern(clash: _Clash, late: str) -> Concern:
    stage, there, again = clash
    when = f"at {stage}" if stage else "after the hooks that run first"
    what = f"a hook of this name ({', '.join(there.hooks)})" if there.hooks else "an object of this name (no hook)"
    text = f"Tiller creates it {when}, and is refused: {what} already exists{late}"
    remedy = f"give the hook the annotation {POLICY}: {BEFORE_CREATION}"
    if not (there.hooks and again.hooks):  # with the policy, the hook would delete the release's object
        remedy = "give the hook a name of its own"
    return Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, (again,))
