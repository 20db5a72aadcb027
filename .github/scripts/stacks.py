"""Writes `stacks=["...", ...]` to GITHUB_OUTPUT: every stack of the checkout whose cluster lasts."""

import json
import os
import sys
from pathlib import Path

import repository
import stack_file

if __name__ == "__main__":
    try:
        repository.require_stack_files("HEAD")
    except repository.RepositoryError as error:
        sys.exit(f"::error::{error}")
    files = repository.stack_files("HEAD")
    stacks = [stack for stack, blob in sorted(files.items()) if not stack_file.throwaway(repository.content(blob))]
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"stacks={json.dumps(stacks)}\n")
