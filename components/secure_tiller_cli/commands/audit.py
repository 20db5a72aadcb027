"""`secure-tiller audit`: every Tiller in a cluster, whoever installed it."""

from pathlib import Path
from typing import Annotated

import typer

from secure_tiller_cli.commands.options import Format, FormatOption, context_option, kubeconfig_option
from secure_tiller_cli.exit_codes import FOUND
from tiller_facts.severity import Severity

EXAMPLES = """
# List every Tiller in the cluster of the current context, the worst first
secure-tiller audit

# In a pipeline: exit with code 3 if there is a finding of severity high or critical
secure-tiller audit --context production --fail-on high

# Write JSON for machines
secure-tiller audit -o json
"""


def command(
    kubeconfig: Annotated[Path | None, kubeconfig_option("KUBECONFIG, else ~/.kube/config")] = None,
    context: Annotated[str | None, context_option("the current one")] = None,
    form: FormatOption = Format.TEXT,
    fail_on: Annotated[
        Severity | None, typer.Option(help="Exit 3 if there is a finding of this severity or a higher one.")
    ] = None,
) -> None:
    """List every Tiller in the cluster, whoever installed it: the worst first, with Helm's five practices for each.

    It needs no stack, and changes nothing. What your account may not read is also a finding. From the Secrets and
    ConfigMaps with a Tiller's certificates, only the public keys are used, to compare them.

    Exit code: 0; 1 if the cluster cannot be asked; 2 for a wrong use; 3 with --fail-on if there is such a finding.
    """
    from secure_tiller_cli import audit, output
    from secure_tiller_cli.audit import text
    from secure_tiller_cli.commands import deployed
    from secure_tiller_stack.cluster.connection import calling
    from tiller_facts.practices import evaluate

    access = deployed.access_without_stack(kubeconfig, context)
    errors = output.console(err=True)
    with (
        errors.status("Looking at the cluster ...") as status,
        calling(access, "to show Tillers", audit.RIGHT) as client,
    ):
        facts = audit.ask(client, lambda what: status.update(f"Looking at {what} ..."))
        server = client.configuration.host
    found = evaluate(facts)
    if form is Format.JSON:
        output.write_json(audit.to_json(server, found))
    else:
        text.write(server, found, output.console())
    if fail_on and found.reaches(fail_on):
        raise typer.Exit(FOUND)
