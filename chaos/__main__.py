"""`python -m chaos`: hurt a whole installation under load, then prove that nothing was lost or counted twice."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Table

from chaos import controls, world
from chaos.faults import Chaos, NotRecovered
from chaos.judging import Judgement, flat, judge, summary
from chaos.load import History, Load
from chaos.site import FAILPOINTS, Site
from deploy.local.engine import EngineFailed
from deploy.looking import Plant

BUILD = Path("build")
DOCUMENT = Path("docs/chaos.md")
TABLE = ("<!-- the last full run -->\n", "<!-- its end -->\n")
LEVEL_SECONDS = 900.0  # after an hour of load, what follows from it takes minutes

words = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def say(line: str) -> None:
    words.print(f"{datetime.now(UTC):%H:%M:%S}  {line}")


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=55.0, help="of faults; start and judgement come on top")
    parser.add_argument("--seed", type=int, help="orders the same faults again; random when not given")
    parser.add_argument("--rate", type=float, default=15.0, help="events a second when nothing is wrong")
    parser.add_argument("--members", type=int, default=3, help="brokers, and mongods")
    parser.add_argument("--control", choices=sorted(controls.CONTROLS), help="run a broken part: it must be caught")
    parser.add_argument("--document", action="store_true", help=f"write the table into {DOCUMENT} too")
    return parser.parse_args()


def main() -> int:
    options = asked()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1, 2**31)
    folder = (BUILD / "chaos" / str(seed)).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    again = f"python -m chaos --minutes {options.minutes:g} --rate {options.rate:g} --seed {seed}"
    say(f"seed {seed}: {again}; everything is in {folder}")
    told, wrong = asyncio.run(run(options, seed, folder))
    told = {"seed": seed, "minutes of faults": options.minutes, "events a second aimed at": options.rate, **told}
    (BUILD / "chaos.json").write_text(json.dumps({**told, "wrong": wrong[:50]}, indent=1) + "\n")
    show(told)
    for line in wrong[:50]:
        say(f"WRONG: {line}")
    if options.control:
        caught = told["lost"] + told["duplicated effects"] > 0
        say(f"{options.control} was {'caught' if caught else 'NOT caught'}")
        return 0 if caught else 1
    if options.document and not wrong:
        document(told)
    if wrong:
        say(f"{len(wrong)} things are wrong; logs and data of every process are in {folder}")
        return 1
    shutil.rmtree(folder / "kafka", ignore_errors=True)
    shutil.rmtree(folder / "mongo", ignore_errors=True)
    return 0


async def run(options: argparse.Namespace, seed: int, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the run showed, and what is wrong with it."""
    control = controls.CONTROLS.get(options.control)
    history = History(folder / "history.jsonl")
    modules = {control.kind: "chaos.controls"} if control else {}
    failpoints = control.failpoints if control else FAILPOINTS
    async with Site(folder, options.members, failpoints, modules) as site:
        say("everything is up")
        await world.build(site.installation)
        async with AsyncMongoClient[Any](site.mongo.url, tz_aware=True, serverSelectionTimeoutMS=20_000) as client:
            plant = Plant(site.settings(), client)
            load = Load(site.installation, history, options.rate, seed)
            chaos = Chaos(site, load, plant, seed, say, control.faults if control else ())
            load.during = lambda: ", ".join(chaos.going_on)
            broken = await hurt(chaos, load, options.minutes * 60)
            level = await settled(plant, control.level_seconds if control else LEVEL_SECONDS)
            say("level" if level else "not level; judging what there is")
            try:
                await load.last_look()
                say("looked at every total")
            except httpx2.HTTPError as failed:
                broken.append(f"the last look was not answered: {failed}")
            history.close()
            await chaos.leave()
            await stop_projectors(site)
            judged = await judge(plant, load, site.logs(), level=level)
            return summary(judged, load, chaos.tally), broken + judged.wrong + ([] if control else proof(judged, load))


async def settled(plant: Plant, seconds: float) -> bool:
    """Whether relays and read models got level in time, with all that services do of themselves after the load.

    An engine may still be choosing its leader when we ask.
    """
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            return await plant.settled(left)
        except PyMongoError:
            await asyncio.sleep(0.5)
    return False


async def hurt(chaos: Chaos, load: Load, seconds: float) -> list[str]:
    """Load and faults together; what went so wrong that it ended them early."""
    loading = asyncio.create_task(load.run())
    broken: list[str] = []
    try:
        await chaos.run(seconds)
    except (NotRecovered, EngineFailed) as failed:
        broken.append(str(failed))
    say("everybody is healed")
    load.stop()
    await loading
    return broken


def proof(judged: Judgement, load: Load) -> list[str]:
    """A run in which nothing had to be refused or dropped, or in which nobody looked, has tested nothing."""
    if not load.counts["views"]:
        return ["no view was answered while things went wrong: this proves nothing"]
    if not judged.refused and not judged.dropped:
        return ["no stale commit was refused and no repeat was dropped: this proves nothing"]
    return []


async def stop_projectors(site: Site) -> None:
    """In order, so that each tells what it counted."""
    children = [process.running() for process in site.slots.values()]
    await asyncio.gather(*(asyncio.to_thread(child.stop, 20.0) for child in children))


def show(told: Mapping[str, Any]) -> None:
    table = Table("What", "", title="Chaos")
    for name, value in flat(told):
        table.add_row(name, value)
    Console().print(table)


def document(told: Mapping[str, Any]) -> None:
    """Put the table where the document has room for it."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(TABLE[0])
    _, _, after = rest.partition(TABLE[1])
    lines = "".join(f"| {name} | {value} |\n" for name, value in flat(told))
    DOCUMENT.write_text(f"{before}{TABLE[0]}| What | |\n|---|---|\n{lines}{TABLE[1]}{after}")


if __name__ == "__main__":
    sys.exit(main())
