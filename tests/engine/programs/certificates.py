"""Issues the certificates of a team, without its Tiller."""

import pulumi

from secure_tiller.plan.build import plan
from secure_tiller.plan.model import CertificatePlan
from secure_tiller.resources.certificates import issue

team = plan("blue", {"clients": {"ann": {}}, "namespaces": {"blue-apps": {}}}, "organization/probe/test")
assert isinstance(team.server, CertificatePlan)
for certificate in (team.server, team.clients["ann"]):
    issued = issue(team.name, certificate, pulumi.ComponentResource("probe:index:Team", certificate.part))
    pulumi.export(certificate.part, {"ca": issued.ca_pem, "certificate": issued.certificate_pem})
