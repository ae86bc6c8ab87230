"""`make bench-peers`: every alternative and Golden Thread, in one run on the same engines, one after the other.

Prints one table and the ratios that matter, and adds the figures to build/bench.json. With `--quick` it only shows that
everything works: the figures of so few events say nothing, and none are kept.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import random
import sys
from collections.abc import Sequence
from typing import Any

from pymongo import MongoClient
from rich.console import Console

from benchmarks.peers.alternatives import alternatives
from benchmarks.peers.comparing import QUICK, Measured, Size, measure, ratios, remarks, table
from benchmarks.peers.environments import ROOT, CannotRun
from benchmarks.peers.golden_thread import GoldenThread, records_on
from benchmarks.peers.measuring import Engines, Stuck
from benchmarks.peers.peer import Peer
from benchmarks.peers.sources import Topic
from benchmarks.peers.telling import tell
from deploy.local.engines import EngineFailed, EngineMissing, LocalKafka, LocalMongo
from deploy.local.jars import KAFKA_VERSION

OUT = ROOT / "build" / "bench.json"
# For throughput: the second compiler and the collector of servers, unlike what LocalKafka starts quickest with.
JVM = ("-XX:+UseG1GC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError")
words = Console(stderr=True, highlight=False)


def main() -> None:
    asked = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # a new topic's first records wait for its leaders
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    words.print(f"the moments of the kills follow from --seed {seed}")
    size = QUICK if asked.quick else Size()
    with LocalKafka(heap="1g", jvm=JVM) as kafka, LocalMongo(cache_gb=2) as mongo:
        peers = _chosen(kafka.url, asked.only)
        with MongoClient[Any](mongo.url) as client:
            measured, failed = measure_all(peers, Engines(kafka.url, client, mongo.url), size, seed)
        versions = f"Kafka {KAFKA_VERSION}, MongoDB {_version(mongo.url)}, Python {platform.python_version()}"
    shown, said = table(measured, failed), [*remarks(measured), *ratios(measured), f"Kills by --seed {seed}"]
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    console.print(shown)
    for line in said:
        console.print(line)
    if not asked.quick:
        keep(measured)
    if asked.tell:
        tell(shown, said, versions)


def measure_all(
    peers: Sequence[Peer], engines: Engines, size: Size, seed: int
) -> tuple[list[Measured], dict[str, str]]:
    """What was measured, and of whom nothing could be, with the reason."""
    measured: list[Measured] = []
    failed: dict[str, str] = {}
    for peer in peers:
        words.print(f"{peer.name} …")
        try:
            with peer.prepared():
                measured.append(measure(peer, engines, size, random.Random(f"{seed} {peer.name}"), words.print))
        except (CannotRun, EngineMissing, EngineFailed, Stuck) as reason:
            failed[peer.name] = str(reason)
            words.print(f"  {reason}")
    return measured, failed


def keep(measured: Sequence[Measured]) -> None:
    """Add the figures to those of other benchmarks."""
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    for one in measured:
        kept |= {name: round(value, 2) for name, value in one.figures().items()}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")


def _version(mongo_url: str) -> str:
    with MongoClient[Any](mongo_url) as client:
        return str(client.server_info()["version"])


def _chosen(kafka: str, only: Sequence[str]) -> list[Peer]:
    ours = records_on(kafka)
    peers = [*alternatives(Topic(kafka)), GoldenThread(ours), GoldenThread(ours, 2)]
    names = [peer.name for peer in peers]
    if unknown := set(only) - set(names):
        raise SystemExit(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return [peer for peer in peers if not only or peer.name in only]


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="few events, to see that everything works")
    asked.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these peers only")
    asked.add_argument("--tell", action="store_true", help="put this run into docs/peers.md")
    asked.add_argument("--seed", type=int, help="of the kills; by default another one each time")
    return asked.parse_args()


if __name__ == "__main__":
    main()
