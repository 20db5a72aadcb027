"""The table of Tillers: pods good and bad, and the one verdict that every tool reaches about each.

A row differs from a Tiller that breaks no practice by the one thing that its id names. Nothing here knows a tool: each
has a `test_table.py` in its tests, whose `verdicts(row)` returns the codes of the practices that the tool finds broken
or hidden, to compare with `row.practices`.
"""

from tests.support.row import Row
from tests.support.tillers.files import CERTIFICATE
from tests.support.tillers.ours import COMPONENT
from tests.support.tillers.pods import KINDS, POD, RECOGNITION
from tests.support.tillers.reach import NETWORK
from tests.support.tillers.rights import RIGHTS
from tests.support.tillers.rows import BARE, RIGHT
from tests.support.tillers.scripts import LAUNCHERS, SCRIPTS
from tests.support.tillers.settings import ENVIRONMENT, FLAGS

__all__ = ["BARE", "RIGHT", "ROWS"]

ROWS: tuple[Row, ...] = (
    *KINDS,
    *FLAGS,
    *ENVIRONMENT,
    *SCRIPTS,
    *LAUNCHERS,
    *RECOGNITION,
    *NETWORK,
    *CERTIFICATE,
    *RIGHTS,
    *POD,
    *COMPONENT,
)
