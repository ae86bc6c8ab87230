"""`python -m deploy.contracts` keeps new revisions of contracts and writes docs/asyncapi.json; `--check` only looks."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.contracts.asyncapi import document
from deploy.contracts.schemas import Incompatible, keep, stale, text_of

OUT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def main() -> None:
    try:
        if "--check" not in sys.argv:
            keep()
            OUT.write_text(text_of(document()))
        elif changed := list(stale()):
            sys.exit(f"contracts changed without a new revision: {', '.join(changed)}: run `make docs`")
        elif not OUT.exists() or OUT.read_text() != text_of(document()):
            sys.exit("docs/asyncapi.json is stale: run `make docs`")
    except Incompatible as broken:
        sys.exit(str(broken))


if __name__ == "__main__":
    main()
