"""The table of a run in docs/peers.md, with the machine that it ran on."""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.peers.environments import ROOT

DOCUMENT = ROOT / "docs" / "peers.md"
_BEGIN, _END = "<!-- a run -->", "<!-- end of the run -->"


def tell(table: Table, remarks: Sequence[str], versions: str) -> None:
    """Put a run into the document, in the place of the one before."""
    table.box = box.MARKDOWN
    text = io.StringIO()
    Console(width=400, color_system=None, file=text).print(table)
    lines = (line.strip() for line in text.getvalue().splitlines())
    run = "\n".join([f"{_machine()}, {versions}.", "", *filter(None, lines), "", *(f"- {said}" for said in remarks)])
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{run}\n{_END}{rest.partition(_END)[2]}")


def _machine() -> str:
    names = [line.partition(": ")[2] for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    cores = f"{os.cpu_count()} cores ({names[0] if names else platform.machine()})"
    return f"{cores}, {memory / 2**20:.0f} GiB, everything on one machine"


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines()
