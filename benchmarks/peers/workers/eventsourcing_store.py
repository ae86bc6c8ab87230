"""Appends what comes in, one event a line, to the eventsourcing library's store: `... DATABASE`."""

import json
import sys

from benchmarks.peers.workers.cases import Cases, store

if __name__ == "__main__":
    cases = Cases(store(sys.argv[1]))
    for line in sys.stdin.buffer:
        cases.record(json.loads(line))
    cases.close()
