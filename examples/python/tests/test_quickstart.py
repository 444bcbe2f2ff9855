"""The quickstart, run as its readers would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import connection_string


def test_the_quickstart_reads_what_it_wrote(keyspace: str) -> None:
    program = Path(__file__).parents[1] / "quickstart.py"
    command = [sys.executable, str(program), connection_string(keyspace, "quickstart")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "version 1 of account-42 has a balance of 4200 cents" in ended.stdout
    assert "version 2 of account-42 has a balance of 5100 cents" in ended.stdout
    assert "there is no state of account-43" in ended.stdout
    assert ended.stdout.endswith("Disconnected.\n")
