"""Tiller's port: who is answered there, and why somebody is not."""

from secure_tiller.endpoint.ask import ask
from secure_tiller.endpoint.bundle import Bundle, read_bundle
from secure_tiller.endpoint.cause import Cause, Diagnosis, Kind
from secure_tiller.endpoint.credentials import Credentials
from secure_tiller.endpoint.diagnosis import diagnose
from secure_tiller.endpoint.forward import ForwardError, forwarded
from secure_tiller.endpoint.refusal import refusal, require_tls
from secure_tiller.endpoint.verdict import Accepted, KubectlError, NoVerdictError, Refused

__all__ = [
    "Accepted",
    "Bundle",
    "Cause",
    "Credentials",
    "Diagnosis",
    "ForwardError",
    "Kind",
    "KubectlError",
    "NoVerdictError",
    "Refused",
    "ask",
    "diagnose",
    "forwarded",
    "read_bundle",
    "refusal",
    "require_tls",
]
