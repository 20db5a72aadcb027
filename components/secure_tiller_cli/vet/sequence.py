"""The order in which Tiller makes the objects of a chart, and which of them it would make a second time.

Source: Helm 2.17, pkg/tiller/release_install.go (performRelease), release_update.go (performUpdate) and
release_server.go (execHook).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.charts.discovery import group
from secure_tiller_cli.charts.manifest import POLICY

RELEASE = ""
"""The stage in which Tiller makes what is no hook."""
AT_INSTALL = ("crd-install", "pre-install", RELEASE, "post-install")
AT_UPGRADE = ("pre-upgrade", RELEASE, "post-upgrade")
INSTALL, UPGRADE = frozenset(AT_INSTALL), frozenset(AT_UPGRADE)

BEFORE, DONE = "before-hook-creation", "hook-succeeded"

Place = tuple[str, str, str, str]
_Clash = tuple[str, Manifest, Manifest]
"""The stage, what is there, and what is made in its place."""


def made_twice(
    objects: Iterable[Manifest], namespace: str, released: Iterable[Manifest] | None = None
) -> Iterator[Concern]:
    """Yield a finding for each object that is there already when Tiller makes a hook, or that a hook made.

    Those that are no hooks and have one name are found elsewhere.

    Args:
        objects: all of the chart.
        namespace: the release's.
        released: what an upgrade finds; None: the chart is installed, and upgraded to itself.
    """
    kept = [each for each in objects if each.name and not each.left_out]
    has = tuple(each for each in (kept if released is None else released) if not each.hooks)
    present = {} if released is None else {place_of(each, namespace): each for each in has}
    if released is None and (at_install := _run(AT_INSTALL, kept, namespace, present)):
        yield from (_concern(clash, "") for clash in at_install)
        return
    late = _LATE if released is None else ""
    yield from (_concern(clash, late) for clash in _run(AT_UPGRADE, kept, namespace, present, has))


_LATE = ". It can be installed, but an upgrade fails"


def _run(
    stages: Sequence[str],
    objects: Sequence[Manifest],
    namespace: str,
    present: dict[Place, Manifest],
    has: Sequence[Manifest] = (),
) -> list[_Clash]:
    """Go through the stages, and keep in `present` what is there some time after the end. Return what clashes.

    Args:
        stages: in their order.
        objects: those that Tiller makes.
        namespace: the release's.
        present: what is there.
        has: what the release has, which Tiller changes instead.
    """
    clashes: list[_Clash] = []
    released = {place_of(each, namespace) for each in has}
    for stage in stages:
        made = [each for each in objects if (stage in each.hooks if stage else not each.hooks)]
        for each in sorted(made, key=lambda hook: (hook.weight, hook.name)):
            place = place_of(each, namespace)
            if each.hooks and BEFORE in each.policies:
                present.pop(place, None)
            there = present.get(place)
            # Two of one name without a hook are found elsewhere.
            if there and (stage or (there.hooks and place not in released)):
                clashes.append((stage, there, each))
            present.setdefault(place, each)
        for each in made:
            if each.hooks and DONE in each.policies:
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
    when = f"at {stage}" if stage else "after the hooks that come before"
    what = f"the hook ({', '.join(there.hooks)})" if there.hooks else "the object that is no hook"
    text = f"Tiller makes it {when}, when {what} of this name is there already, and is refused{late}"
    remedy = f"give the hook the annotation {POLICY}: {BEFORE}"
    if not (there.hooks and again.hooks):  # with the policy, the hook would delete the release's object
        remedy = "give the hook a name of its own"
    return Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, (again,))
