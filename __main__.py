"""The program: one secured Tiller for each team of the stack's configuration."""

import sys
from pathlib import Path

# A checkout with only requirements.txt installed finds the packages here.
sys.path.insert(0, str(Path(__file__).parent / "components"))

from secure_tiller_stack import run

run()
