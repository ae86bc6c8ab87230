"""An archive of commits in a folder: segments that are written once, and a manifest that names and chains them.

`<folder>/manifest.json` lists, for each part (`audit/commits/3`, `audit/access`), its segments in order: file, first
and last, count, the file's sha256, and `chain`, the sha256 of the chain before it and the file's. A segment is a gzip
file of BSON documents exactly as the database gave them, so that the log's own chain of hashes can be followed through
the archive. A segment is in the archive when the manifest says so: files are written beside it, forced to the disk and
renamed first, so that an interrupted backup leaves the archive as it was.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from shared.event_store.mongo import GENESIS, next_digest

MANIFEST = "manifest.json"
FORMAT = 1

Progress = Callable[[str, int], None]  # of which part, how many more documents


class Damaged(Exception):
    """The archive is not what was written. Each of `findings` names a file and what is wrong with it."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = list(findings)


@dataclass(frozen=True, slots=True)
class Segment:
    """`first` and `last` are positions of the log, or ids in hexadecimal. `head` and `generation` are a log's own."""

    file: str
    first: Any
    last: Any
    count: int
    sha256: str
    chain: str
    head: str = ""
    generation: int = 0


@dataclass(slots=True)
class Archive:
    """The archive in a folder; `parts` is what its manifest says."""

    folder: Path
    parts: dict[str, list[Segment]] = field(default_factory=dict)

    @staticmethod
    def at(folder: Path) -> Archive:
        """The archive there, or an empty one where there is none. Raises Damaged for a manifest nobody can read."""
        archive = Archive(folder)
        if not (folder / MANIFEST).exists():
            return archive
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            parts, told = manifest["parts"], manifest["sha256"]
            if manifest["format"] != FORMAT or told != _sha256(_canonical(parts)):
                raise ValueError("it does not have the digest it names")
            archive.parts = {part: [Segment(**one) for one in segments] for part, segments in parts.items()}
        except (ValueError, KeyError, TypeError) as failed:
            raise Damaged([f"{MANIFEST}: {failed}"]) from failed
        return archive

    def segments(self, part: str) -> list[Segment]:
        return self.parts.get(part, [])

    def count(self, part: str) -> int:
        return sum(segment.count for segment in self.segments(part))

    def add(self, part: str, documents: Sequence[RawBSONDocument], first: Any, last: Any, **more: Any) -> None:
        """Write a segment. It belongs to the archive once `save` has returned."""
        whole = gzip.compress(b"".join(document.raw for document in documents), compresslevel=5, mtime=0)
        before = self.segments(part)
        digest = _sha256(whole)
        file = f"{part}/{len(before):06}-{digest[:8]}.bson.gz"
        write_safely(self.folder / file, whole)
        chain = _sha256(((before[-1].chain if before else "") + digest).encode())
        segment = Segment(file, first, last, len(documents), digest, chain, **more)
        self.parts[part] = [*before, segment]

    def save(self) -> None:
        """Write the manifest: what was added is in the archive, and on the disk, when this returns."""
        parts = {name: [asdict(one) for one in segments] for name, segments in self.parts.items()}
        manifest = {"format": FORMAT, "sha256": _sha256(_canonical(parts)), "parts": parts}
        write_safely(self.folder / MANIFEST, json.dumps(manifest, indent=1).encode())

    def tidy(self) -> None:
        """Remove segments that the manifest does not name."""
        named = {self.folder / segment.file for segments in self.parts.values() for segment in segments}
        for file in self.folder.rglob("*.bson.gz"):
            if file not in named:
                file.unlink()

    def read(self, segment: Segment) -> list[RawBSONDocument]:
        """The segment's documents. Raises Damaged when the file is not the one that was written."""
        try:
            whole = (self.folder / segment.file).read_bytes()
        except OSError as failed:
            raise Damaged([f"{segment.file}: it cannot be read ({type(failed).__name__})"]) from failed
        if _sha256(whole) != segment.sha256:
            raise Damaged([f"{segment.file}: its content is not what was archived"])
        documents = list(bson.decode_iter(gzip.decompress(whole), RAW))
        if len(documents) != segment.count:
            raise Damaged([f"{segment.file}: {len(documents)} documents where {segment.count} were archived"])
        return documents

    def verify(self, progress: Progress = lambda _part, _n: None) -> None:
        """Read everything. Raises Damaged with every segment that is not whole and every break in a chain."""
        findings: list[str] = []
        for part in sorted(self.parts):
            chain, follow = "", Chain()
            for segment in self.segments(part):
                try:
                    documents = self.read(segment)
                    if "/commits/" in part:
                        follow.over(segment.file, documents, segment.first, segment.last)
                except Damaged as damaged:
                    findings += damaged.findings
                    follow = Chain(segment.last + 1, bytes.fromhex(segment.head)) if segment.head else follow
                chain = _sha256((chain + segment.sha256).encode())
                if chain != segment.chain:
                    findings.append(f"{segment.file}: it does not follow the segment before it")
                    chain = segment.chain
                progress(part, segment.count)
        if findings:
            raise Damaged(findings)


RAW: bson.CodecOptions[RawBSONDocument] = bson.CodecOptions(document_class=RawBSONDocument)


@dataclass(slots=True)
class Chain:
    """Where a partition's log stands: the next position, and the digest that the next commit continues."""

    next: int = 0
    digest: bytes = GENESIS

    def over(self, where: str, documents: Sequence[RawBSONDocument], first: int, last: int) -> None:
        """Follow the log through these commits. Raises Damaged when it is not dense or its hashes do not continue."""
        if documents and (documents[0]["seq"], documents[-1]["seq"] + documents[-1]["n"] - 1) != (first, last):
            raise Damaged([f"{where}: it does not hold positions {first} to {last}"])
        for document in documents:
            digest = next_digest(self.digest, bytes(document.raw))
            if document["seq"] != self.next or digest != bytes(document["hash"]):
                raise Damaged([f"{where}: the log does not continue at position {document['seq']}"])
            self.next, self.digest = self.next + document["n"], digest


def write_safely(path: Path, content: bytes) -> None:
    """All of it or nothing, on the disk when this returns; whoever reads sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _canonical(parts: Any) -> bytes:
    return json.dumps(parts, sort_keys=True).encode()
