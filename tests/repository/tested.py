"""`python tests/repository/tested.py`: write the extra `tested` into pyproject.toml, from requirements.txt."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_EXTRA = re.compile(r"(?m)(?<=^tested = \[\n)(?:.*\n)*?(?=^\]$)")
_PIN = re.compile(r"^([A-Za-z0-9._-]+==[^\\\n]+?)\s*\\?$", re.MULTILINE)


def extra(locked: str) -> list[str]:
    """Return the requirements of the extra: what a requirements.txt locks, without what only building takes."""
    return ["pulumi-secure-tiller[cli]", *(pin for pin in _PIN.findall(locked) if not pin.startswith("setuptools=="))]


def main() -> None:
    """Write the extra."""
    file = PROJECT / "pyproject.toml"
    lines = "".join(f'    "{each}",\n' for each in extra((PROJECT / "requirements.txt").read_text()))
    file.write_text(_EXTRA.sub(lambda _: lines, file.read_text(), count=1))


if __name__ == "__main__":
    main()
