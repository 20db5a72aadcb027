"""`secure-tiller vet`: a verdict on a chart, before anybody installs it."""

from pathlib import Path
from typing import Annotated

import typer

from secure_tiller_cli.commands import completion
from secure_tiller_cli.commands.options import ContextOption, Format, FormatOption, KubeconfigOption, StackOption
from secure_tiller_cli.exit_codes import FOUND

EXAMPLES = """
# Vet the chart in a folder, with the values of the release
secure-tiller vet ./shop --team blue --namespace blue-apps --values shop.yaml

# Vet a package, whose signature must verify
secure-tiller vet shop-1.2.0.tgz --team blue --keyring keys.gpg

# Vet the upgrade of a release
secure-tiller vet ./shop --team blue --upgrade --name shop --set replicas=3
"""


def command(
    chart: Annotated[Path, typer.Argument(metavar="CHART", help="A chart's folder, or its package (.tgz).")],
    team: Annotated[
        str,
        typer.Option(
            "--team", metavar="TEAM", autocompletion=completion.teams, help="The team, as the stack names it."
        ),
    ],
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace", metavar="NAMESPACE", help="The team's namespace for the release. Default: its only one."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="RELEASE", help="The release's name. Default: Helm's placeholder.")
    ] = "",
    upgrade: Annotated[
        bool,
        typer.Option("--upgrade", help="Vet an upgrade of the release --name. Give all of its values."),
    ] = False,
    values: Annotated[
        list[Path] | None,
        typer.Option(
            "--values", "-f", metavar="FILE", exists=True, dir_okay=False, help="A file of values, as for helm install."
        ),
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A value.")] = None,
    texts: Annotated[
        list[str] | None, typer.Option("--set-string", metavar="KEY=VALUE", help="A value that is a string.")
    ] = None,
    keyring: Annotated[
        Path | None,
        typer.Option(
            "--keyring",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The public keys of those who may sign the package (gpg --export).",
        ),
    ] = None,
    stack: StackOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Report whether a team's Tiller could install a chart, and why not.

    The Helm 2 client on PATH renders the chart for this cluster. Nothing is installed: each object, and the pod of each
    workload, is sent to the API server as a dry run. The dry run uses Tiller's account, by impersonation, if you may
    impersonate it, and otherwise yours. The output states the account for each object. Findings are rights that Tiller
    lacks, objects outside the team, objects that Tiller or the API server refuses, API versions that the cluster no
    longer serves, a release record that is too large, and a package that does not verify. What could not be checked
    counts as a finding.

    Exit code: 0 if the chart fits; 1 if it does not render or the cluster cannot be asked; 2 for a wrong use; 3 if
    something was found or could not be checked.
    """
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.output import write_json
    from secure_tiller_cli.vet import Chart, Outcome, Values, text, vet

    if upgrade and not name:
        raise typer.BadParameter("give the release with --name", param_hint="--upgrade")
    Chart(chart).require()
    tiller = deployed.read_deployed(stack).team(team)
    inside = text.namespace(tiller, namespace)
    access = deployed.access([tiller], stack, kubeconfig, context)
    given = Values(tuple(values or ()), tuple(settings or ()), tuple(texts or ()))
    with deployed.cluster(
        access, "to say which cluster it is, or what it serves", "get the namespace kube-system"
    ) as client:
        verdict = vet(client, Chart(chart), tiller, inside, name=name, values=given, keyring=keyring, upgrade=upgrade)
    if form is Format.JSON:
        write_json(text.to_json(verdict, chart, tiller, inside))
    else:
        text.write(verdict, chart, tiller, inside)
    if verdict.outcome is not Outcome.FITS:
        raise typer.Exit(FOUND)
