"""The calls of Tiller's port, and the causes for which one is not answered."""

from secure_tiller_cli.diagnosis.call import ask
from secure_tiller_cli.diagnosis.cause import Cause, Diagnosis, Kind
from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.diagnosis import diagnose
from secure_tiller_cli.diagnosis.forward import ForwardError, forwarded
from secure_tiller_cli.diagnosis.refusal import refused
from secure_tiller_cli.diagnosis.verdict import Accepted, AnsweredError, NoVerdictError, Refused, UnverifiedError

__all__ = [
    "Accepted",
    "AnsweredError",
    "Cause",
    "Credentials",
    "Diagnosis",
    "ForwardError",
    "Kind",
    "NoVerdictError",
    "Refused",
    "UnverifiedError",
    "ask",
    "diagnose",
    "forwarded",
    "refused",
]
