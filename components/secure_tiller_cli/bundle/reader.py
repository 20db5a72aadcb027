"""A bundle in a folder, as `secure-tiller bundle` writes it: all that a developer has who sees no stack."""

from pathlib import Path

from secure_tiller.problems import Problem
from secure_tiller_cli.bundle.model import ANOTHER, FILES, KEY, Bundle, BundleError, faults, of_files, problem
from secure_tiller_stack.foreign_data import UnreadableError, read_bounded

LARGEST = 2**20
"""Bytes of a file: a Secret cannot hold more."""


def read(folder: Path) -> Bundle:
    """Read `ca.pem`, `cert.pem`, `key.pem` and `env` of a folder.

    Raises:
        BundleError: a file is missing, cannot be read or holds something else, or the key is of another certificate;
            with every problem. A folder that is not there is one.
    """
    if not folder.is_dir():
        why = "is no folder" if folder.exists() else "is not there"
        raise BundleError([problem(folder, why, ANOTHER)])
    texts = {name: _read(folder / name) for name in FILES}
    problems = [text for text in texts.values() if isinstance(text, Problem)]
    files = {name: text for name, text in texts.items() if isinstance(text, str)}
    problems += [problem(folder / name, why, remedy) for name, why, remedy in faults(files)]
    if problems:
        raise BundleError(problems)
    return of_files(files)


def _read(file: Path) -> str | Problem:
    try:
        with file.open("rb") as opened:
            return read_bounded(opened, LARGEST).decode()
    except FileNotFoundError:
        own = "put your own key there, if you gave a certificate request (csr); else write the bundle again"
        return problem(file, "is not there", own if file.name == KEY else ANOTHER)
    except OSError as error:
        return problem(file, f"cannot be read: {error.strerror}", "make it readable for yourself")
    except UnicodeDecodeError:
        return problem(file, "is no text", ANOTHER)
    except UnreadableError as error:
        return problem(file, str(error), ANOTHER)
