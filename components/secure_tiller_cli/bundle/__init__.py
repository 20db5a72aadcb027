"""A client's bundle: the folder with what Helm reads for one client of one Tiller, written and read."""

from secure_tiller_cli.bundle.model import ENVIRONMENT, KEY, Bundle, BundleError
from secure_tiller_cli.bundle.reader import read
from secure_tiller_cli.bundle.writer import archive, write

__all__ = ["ENVIRONMENT", "KEY", "Bundle", "BundleError", "archive", "read", "write"]
