"""`make bench`: everything in one run on one machine; prints a table and writes build/bench.json.

Figures of different machines cannot be compared; ratios of one run can.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import appending, projecting, seeing
from deploy.installation import Installation

OUT = Path("build/bench.json")
words = Console(stderr=True)


def main() -> None:
    installation = Installation(say=lambda line: words.print(line, highlight=False))
    installation.start()
    try:
        uvloop.install()
        figures = asyncio.run(measure(installation))
        figures |= {f"memory.{name}_mb": mb for name, mb in installation.memory_mb().items()}
    finally:
        installation.stop()
    figures = {name: round(value, 2) for name, value in sorted(figures.items())}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1) + "\n")
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}")
    Console().print(table)


async def measure(installation: Installation) -> dict[str, float]:
    figures: dict[str, float] = {}
    for what, work in (
        ("posting at 200 events a second", partial(seeing.measure, installation)),
        ("appending", partial(appending.measure, str(installation.mongo_url))),
        ("projecting", partial(projecting.measure, str(installation.mongo_url), str(installation.kafka_url))),
    ):
        words.print(f"{what} …")
        figures |= await work()
    return figures


if __name__ == "__main__":
    main()
