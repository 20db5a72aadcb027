"""The steps and commands of a team's way from Tiller to Helm 3.

Sources: the README and code of helm-2to3 0.10 (cmd/convert.go, cmd/cleanup.go, pkg/v2/release.go, pkg/v3/release.go),
and of helm-mapkubeapis, which after 0.2.0 knows Helm 3 alone, so that it comes after the conversion.
"""

from collections.abc import Callable, Iterable, Iterator

from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.migration.exit_plan import By, ExitPlan, Step
from secure_tiller_cli.migration.helm3_rights import role, subjects
from secure_tiller_cli.migration.judge import gone
from secure_tiller_cli.migration.repair import save

TILLER_RECORDS = "--selector OWNER=TILLER"
CONVERTER = "helm-2to3"
"""The name of the Role and RoleBinding of whoever converts."""
QUOTA = "tiller-stopped"
"""The name of the ResourceQuota that keeps pods out of the namespace of a stopped Tiller."""

Quote = Callable[[str], str]


def steps(plan: ExitPlan, quote: Quote = str) -> Iterator[Step]:
    """Yield the steps, in this order.

    Args:
        plan: the team's.
        quote: how the texts write words that others chose; as they are, by default.
    """
    if plan.histories:
        yield _tools(plan)
        yield from _rights(plan, quote)
    if plan.converted:
        yield from _rights_of_the_team(plan)
    if plan.histories:
        yield _stop(plan, quote)
        yield _backup(plan, quote)
    if plan.converted:
        yield _convert(plan, quote)
        yield from _outdated(plan, quote)
        yield _verify(plan, quote)
    if plan.histories:
        yield _clean(plan)
        yield _rights_end(plan)
    yield _leave(plan, quote)


def _tools(plan: ExitPlan) -> Step:
    plugins = {"helm-2to3": "0.10.1", **({"helm-mapkubeapis": "0.4.1"} if plan.outdated else {})}
    text = (
        "helm3 is Helm 3 here, and helm is Helm 2. The last command shows what it would take over of your own Helm 2 "
        "settings (repositories, plugins); without --dry-run it does."
    )
    install = (f"helm3 plugin install https://github.com/helm/{name} --version {v}" for name, v in plugins.items())
    return Step(
        By.CONVERTER, "Install the tools", text, (*install, "helm3 2to3 move config --dry-run --skip-confirmation")
    )


def _rights(plan: ExitPlan, quote: Quote) -> Iterator[Step]:
    own, named = word(plan.tiller.namespace), quote(plan.tiller.namespace)
    rights: dict[str, tuple[str, ...]] = {own: ("list", "delete")}
    for name in plan.namespaces:
        # Who rewrites a release marks its last revision as superseded (helm-mapkubeapis, pkg/v3/release.go).
        rights[word(name)] = ("create", "get", "list", *(["update"] if name in plan.rewritten else []))
    text = (
        f"Whoever converts lists Secrets in {named}, deletes them at the end, and creates others next to the releases. "
        f"Grant it for as long as it takes, here to carol: the Secrets in {named} hold Tiller's own key and all values "
        "of the charts."
    )
    granted = (command for namespace, verbs in rights.items() for command in _granted(namespace, verbs))
    yield Step(By.ADMINISTRATOR, "Let somebody convert", text, tuple(granted))
    asked = (
        f"kubectl auth can-i {verb} secrets --namespace {namespace}"
        for namespace, verbs in rights.items()
        for verb in verbs
    )
    yield Step(By.CONVERTER, "See that you may", "You need a yes to each question.", tuple(asked))


def _granted(namespace: str, verbs: Iterable[str]) -> Iterator[str]:
    yield f"kubectl create role {CONVERTER} --namespace {namespace} --verb={','.join(verbs)} --resource=secrets"
    yield f"kubectl create rolebinding {CONVERTER} --namespace {namespace} --role={CONVERTER} --user=carol@example.org"


def _rights_of_the_team(plan: ExitPlan) -> Iterator[Step]:
    bound = subjects(plan.tiller)
    text = (
        "With Helm 3 everybody acts with rights of their own. These Roles give the team's people what Tiller may do "
        "in these namespaces, and to update Secrets, in which Helm 3 keeps its releases."
    )
    if not bound:
        text += " The stack names nobody who may reach Tiller: bind the Roles to whom you want."
    commands = []
    for name in plan.namespaces:
        commands.append(role(plan.tiller, name))
        if bound:
            inside = word(name)
            commands.append(f"kubectl create rolebinding helm3 --namespace {inside} --role=helm3 {' '.join(bound)}")
    yield Step(By.ADMINISTRATOR, "Give the team's people the rights of their Tiller", text, tuple(commands))


def _stop(plan: ExitPlan, quote: Quote) -> Step:
    own, name = word(plan.tiller.namespace), word(plan.tiller.deployment)
    scale = f"kubectl scale deployment {name} --namespace {own} --replicas="
    back = quote(f"kubectl delete quota {QUOTA} --namespace {own} && {scale}1")
    text = (
        "From here on nobody changes a release with Helm 2. What runs in the cluster goes on. The quota keeps Tiller "
        "stopped: an update of its Deployment by pulumi up would start it again, and fails as long as the quota is "
        f"there. Until the records are removed, this leads back: {back}."
    )
    quota = f"kubectl create quota {QUOTA} --namespace {own} --hard=pods=0"
    wait = f"kubectl wait pods --selector app=helm,name=tiller --namespace {own} --for=delete --timeout=120s"
    return Step(By.ADMINISTRATOR, "Stop Tiller", text, (quota, f"{scale}0", wait))


def _backup(plan: ExitPlan, quote: Quote) -> Step:
    own = word(plan.tiller.namespace)
    file = word(f"{plan.tiller.namespace}-releases.yaml")
    create = quote(f"kubectl create --filename {file}")
    text = (
        "The file holds all values of the charts, passwords too: keep it as you keep those. This puts back what is "
        f"lost, and leaves what is there: {create}. The command kubectl apply refuses large records. A file that is "
        "there is not overwritten: run again, this would replace the backup by what is left of the records. Remove an "
        "empty one, which a failure leaves."
    )
    back_up = save(
        f"{plan.tiller.namespace}-releases.yaml",
        f"kubectl get secrets --namespace {own} {TILLER_RECORDS} --output yaml",
    )
    return Step(By.CONVERTER, "Back up the records", text, (back_up,))


def _convert(plan: ExitPlan, quote: Quote) -> Step:
    text = (
        "The objects in the cluster stay as they are: each revision becomes a Secret sh.helm.release.v1.* in the "
        "namespace of the release. --tiller-out-cluster, because Tiller is stopped; --release-versions-max 0, because "
        "the default leaves out all but 10 revisions. Read first what the dry run says. After an interruption add "
        "--ignore-already-migrated."
    )
    if left := [item.name for item in plan.histories if item not in plan.converted]:
        text += f" Deleted, and so left out: {', '.join(map(quote, left))}."
    commands = (*_conversions(plan, "--dry-run "), *_conversions(plan, ""))
    return Step(By.CONVERTER, "Convert the releases", text, commands)


def _conversions(plan: ExitPlan, option: str) -> Iterator[str]:
    for item in plan.converted:
        yield f"helm3 2to3 convert {option}--release-versions-max 0 {_storage(plan)} {word(item.name)}"


def _storage(plan: ExitPlan) -> str:
    return f"--tiller-out-cluster --release-storage secrets --tiller-ns {word(plan.tiller.namespace)}"


def _outdated(plan: ExitPlan, quote: Quote) -> Iterator[Step]:
    if plan.outdated:
        found = sorted({each.text for item in plan.outdated for each in plan.findings[item.name] if gone([each])})
        text = f"Before anything else is done with them, or every upgrade fails: {'; '.join(map(quote, found))}."
        commands = (
            f"helm3 mapkubeapis {option}--namespace {word(item.latest.namespace)} {word(item.name)}"
            for option in ("--dry-run ", "")
            for item in plan.outdated
        )
        yield Step(By.CONVERTER, "Rewrite API versions that are gone", text, tuple(commands))


def _verify(plan: ExitPlan, quote: Quote) -> Step:
    counted = "; ".join(
        f"{quote(item.name)} in {quote(item.latest.namespace)}, revision {item.latest.revision}, "
        f"{item.latest.status.name.lower()}"
        for item in plan.converted
    )
    text = (
        f"Expect: {counted}. Each kubectl diff compares what a release says with what there is, and must show nothing "
        "that you cannot explain. Then upgrade the least important release with helm3, and look again."
    )
    places = [word(name) for name in plan.namespaces]
    commands = [f"helm3 ls --all --namespace {name}" for name in places]
    commands += [f"kubectl get secrets --namespace {name} --selector owner=helm" for name in places]
    for item in plan.converted:
        name, inside = word(item.name), word(item.latest.namespace)
        commands.append(f"helm3 history {name} --namespace {inside}")
        commands.append(
            f"helm3 get manifest {name} --namespace {inside} | kubectl diff --namespace {inside} --filename -"
        )
    return Step(By.PEOPLE, "Verify", text, tuple(commands))


def _clean(plan: ExitPlan) -> Step:
    own = word(plan.tiller.namespace)
    text = (
        "Only when all of that is as it should be. Always with --release-cleanup: without it helm-2to3 would delete "
        "your Helm 2 settings too, and Tiller, which is Pulumi's to delete. The second command asks: answer y. "
        "Then the Secrets must be gone."
    )
    commands = (
        f"helm3 2to3 cleanup --dry-run --release-cleanup --skip-confirmation {_storage(plan)}",
        f"helm3 2to3 cleanup --release-cleanup {_storage(plan)}",
        f"kubectl get secrets --namespace {own} {TILLER_RECORDS}",
    )
    return Step(By.CONVERTER, "Remove Tiller's records", text, commands)


def _rights_end(plan: ExitPlan) -> Step:
    commands = (
        f"kubectl delete rolebinding,role {CONVERTER} --namespace {word(name)} --ignore-not-found"
        for name in (plan.tiller.namespace, *plan.namespaces)
    )
    return Step(By.ADMINISTRATOR, "Take the rights to convert back", "Nobody needs them any more.", tuple(commands))


def _leave(plan: ExitPlan, quote: Quote) -> Step:
    team, managed = plan.tiller.name, ", ".join(map(quote, plan.tiller.managed))
    removed = quote(f"secure-tiller:removed: {{{team}: with-releases}}")
    text = (
        f"Take {quote(team)} out of secure-tiller:teams in the stack's file (in a program of your own: its component). "
        f"While Tiller's records are there, that is refused; to let them go on purpose, write {removed}. The preview "
        f"must not delete the namespaces {managed}: they hold what runs. To keep one that it would delete, first set "
        "retain_on_delete: true for it, in an update of its own."
    )
    option = f" --stack {word(plan.stack)}" if plan.stack else ""
    return Step(By.DEPLOYER, "Remove the team", text, (f"pulumi preview --diff{option}", f"pulumi up{option}"))
