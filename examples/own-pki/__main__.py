"""A Tiller whose certificates come from a PKI of one's own."""

import pulumi

from secure_tiller_stack import deploy

config = pulumi.Config()

deploy(
    {
        "wallet": {
            "namespaces": {"wallet-apps": {"retain_on_delete": False}},
            # One client whose key the stack makes. The PKI's own clients need no entry.
            "clients": {"ci": {}},
            "certificates": {
                "server_certificate": {
                    "certificate": config.require("serverCertificate"),
                    "key": config.require_secret("serverKey"),
                    "ca": config.require("serverCa"),
                },
                # A CA for the clients of this Tiller alone: whoever it signs for gets in.
                "trusted_client_cas": {"pki": config.require("clientCa")},
            },
        }
    },
    cluster={"context": config.require("context"), "uid": config.require("uid")},
)
