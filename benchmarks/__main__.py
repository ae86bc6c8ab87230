"""`make bench`: everything in one run on one machine; prints a table and adds to build/bench.json.

`python -m benchmarks appending projecting` measures only these parts. Figures of different machines cannot be
compared; ratios of one run can.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import appending, over_http, projecting, rebuilding, region, relaying, seeing
from deploy.installation import Installation
from deploy.local.engines import LocalKafka, LocalMongo

OUT = Path("build/bench.json")
TOPICS = Path("build/bench/kafka")  # a million events take a minute to publish: they are kept between runs
words = Console(stderr=True)

Figures = dict[str, float]

INSTALLED: Mapping[str, Callable[[Installation], Coroutine[Any, Any, Figures]]] = {
    "seeing": seeing.measure,
}
ON_ENGINES: Mapping[str, Callable[[str, str], Coroutine[Any, Any, Figures]]] = {
    "appending": lambda mongo, _kafka: appending.measure(mongo),
    "posting": lambda mongo, _kafka: over_http.measure(mongo),
    "relaying": relaying.measure,
    "projecting": projecting.measure,
    "rebuilding": rebuilding.measure,
    "region": region.measure,
}
PARTS = (*INSTALLED, *ON_ENGINES)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    wanted = asked.parse_args().parts or PARTS
    if unknown := sorted(set(wanted) - set(PARTS)):
        asked.error(f"there is no part {', '.join(unknown)}")
    uvloop.install()
    if installed := [part for part in PARTS if part in wanted and part in INSTALLED]:
        on_an_installation(installed)
    if engines := [part for part in PARTS if part in wanted and part in ON_ENGINES]:
        on_engines(engines)


def on_an_installation(parts: Sequence[str]) -> None:
    """Measure these on everything that a user would start."""
    installation = Installation(say=lambda line: words.print(line, highlight=False))
    installation.start()
    try:
        for part in parts:
            words.print(f"{part} …")
            keep(asyncio.run(INSTALLED[part](installation)))
        keep({f"memory.{name}_mb": mb for name, mb in installation.memory_mb().items()})
    finally:
        installation.stop()


def on_engines(parts: Sequence[str]) -> None:
    """Measure these on engines alone, set up as they would be where speed matters."""
    with LocalKafka(TOPICS, heap="1g", jvm=("-XX:+UseG1GC",)) as kafka, LocalMongo(cache_gb=2) as mongo:
        for part in parts:
            words.print(f"{part} …")
            keep(asyncio.run(ON_ENGINES[part](mongo.url, kafka.url)))


def keep(measured: Figures) -> None:
    """Print the figures of a part, and put them among those that are there."""
    figures = {name: round(value, 2) for name, value in measured.items()}
    OUT.parent.mkdir(exist_ok=True)
    known = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps(dict(sorted({**known, **figures}.items())), indent=1) + "\n")
    table = Table("figure", "value")
    for name, value in sorted(figures.items()):
        table.add_row(name, f"{value:,.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
