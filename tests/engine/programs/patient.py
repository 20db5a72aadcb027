"""A program that waits for longer than a test lasts.

It tells by a file which processes must not outlive it: its language host, itself and its child.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

if os.environ.get("IGNORES_INTERRUPTS"):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child inherits it
child = subprocess.Popen(["sleep", "600"])
partial = Path("processes.partial")
partial.write_text(f"{os.getppid()} {os.getpid()} {child.pid}")
partial.rename("processes")
time.sleep(600)
