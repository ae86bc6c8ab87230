"""Say what on this machine, or at the given addresses, would stop Golden Thread, and how to mend it."""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.errors import (
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from deploy.local.engine import HOST, INSTALL, EngineMissing, free_ports, home
from deploy.local.jars import KAFKA_VERSION, jar_folder, read_pins, unverified
from deploy.local.java import java
from deploy.local.kafka_wire import NotKafka, cluster
from deploy.local.mongo import mongod

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_OLDEST_MONGO = (4, 4)  # what our driver and our transactions ask for
_NOT_ALLOWED, _BAD_PASSWORD = 13, 18  # MongoDB's error codes
_GIB = 1024**3
_DISK_GIB = 2.0
_MEMORY_GIB = 2.0
_SKEW_SECONDS = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` is one line to act on, empty when all is well; `needed` is False for an extra."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    needed: bool = True


def diagnose(*, kafka_url: str | None = None, mongo_url: str | None = None) -> list[Finding]:
    """Look at this machine, and at the engines when their addresses are given. Blocks for at most some 20 seconds.

    `kafka_url` is `host:port[,host:port]`, `mongo_url` a MongoDB URI. Never raises for what it finds.
    """
    findings = [_python(), _java(), _jars(), _mongod(), _chromium(), _disk(), _memory(), _loopback()]
    if kafka_url:
        findings += [_kafka(address.strip()) for address in kafka_url.split(",")]
    if mongo_url:
        findings += _mongo(mongo_url)
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return _finding("Python", (3, 11) <= sys.version_info[:2] < (3, 15), version, "Use Python 3.11 to 3.14")


def _java() -> Finding:
    try:
        binary, source = java()
    except EngineMissing as missing:
        return Finding("Java", False, str(missing), INSTALL)
    return Finding("Java", True, f"{binary}, from {source}")


def _jars() -> Finding:
    folder, count = jar_folder(), len(read_pins())
    wrong = unverified(folder)
    name = f"Kafka {KAFKA_VERSION} jars"
    if not wrong:
        return Finding(name, True, f"{count} in {folder}, checksums good")
    if all(not (folder / path).exists() for path in wrong):
        detail = f"{len(wrong)} of {count} not fetched yet; the first start fetches them"
        return Finding(name, False, detail, "goldenthread up", needed=False)
    return Finding(name, False, f"{wrong[0]} is not the jar we pinned", f"rm -r '{folder}', then start again")


def _mongod() -> Finding:
    try:
        binary = mongod()
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except EngineMissing as missing:
        return Finding("mongod", False, str(missing), INSTALL)
    except (OSError, subprocess.SubprocessError) as error:
        fix = "Use a Linux of Ubuntu 22.04's or Debian 12's age or newer, or docker compose up"
        return Finding("mongod", False, f"it is installed but does not run here: {error}", fix)
    return Finding("mongod", True, f"{said.splitlines()[0]}, {binary}")


def _chromium() -> Finding:
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    fix = "" if found else "apt-get install chromium, or: playwright install chromium"
    return Finding("Chromium", bool(found), found or "not on PATH; only the browser tests need it", fix, needed=False)


def _disk() -> Finding:
    place = next(each for each in (home(), *home().parents) if each.exists())
    free = shutil.disk_usage(place).free / _GIB
    return _enough("Disk", free, _DISK_GIB, f"free at {place}", "Free some space, or point GOLDENTHREAD_HOME elsewhere")


def _memory() -> Finding:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():  # MemAvailable counts what the file cache would give back
        lines = dict(line.split(":") for line in meminfo.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    else:
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _enough("Memory", free / _GIB, _MEMORY_GIB, "available", "Close something, or use a larger machine")


def _enough(name: str, has: float, needs: float, what: str, fix: str) -> Finding:
    return _finding(name, has >= needs, f"{has:.1f} GiB {what}, {needs:.0f} needed", fix)


def _loopback() -> Finding:
    try:
        (port,) = free_ports(1)
    except OSError as error:
        return Finding("Loopback", False, str(error), f"Allow programs to listen on {HOST}")
    return Finding("Loopback", True, f"can listen on {HOST}, for instance on port {port}")


def _kafka(address: str) -> Finding:
    name = f"Kafka at {address}"
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return Finding(name, False, "not an address", "Write host:port, several separated by commas")
    if trouble := _reaching(host, int(port)):
        return Finding(name, False, *trouble)
    try:
        members = cluster(host, int(port)).brokers
    except TimeoutError:
        return Finding(
            name, False, "it takes the connection but does not answer", "Wait a moment; then restart that broker"
        )
    except (NotKafka, OSError) as error:
        detail = f"something listens but does not speak plain Kafka: {error}"
        return Finding(
            name, False, detail, "If this listener wants TLS or a password, give its settings; else check the port"
        )
    if not members:
        return Finding(
            name, False, "it answers but no broker is in service", "Wait a moment; then read the broker's log"
        )
    for member in members:
        if _reaching(member.host, member.port):
            detail = f"it sends clients on to {member.host}:{member.port}, which cannot be reached from here"
            return Finding(name, False, detail, "Correct advertised.listeners on that broker")
    return Finding(name, True, f"{len(members)} broker(s) in service, all reachable")


def _reaching(host: str, port: int) -> tuple[str, str] | None:
    """Why there is no connection, and the remedy; None when there is one."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except socket.gaierror:
        return f"the name {host} is unknown here", "Correct the host name, or the resolver"
    except ConnectionRefusedError:
        return f"nothing listens on port {port} of {host}", "Start it (goldenthread up), or correct the port"
    except TimeoutError:
        return f"{host} does not answer on port {port}", "Check the firewall and the address"
    except OSError as error:
        return str(error), "Check the network and the address"
    return None


def _mongo(url: str) -> list[Finding]:
    try:
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=4000, connectTimeoutMS=4000) as client:
            hello = client.admin.command("hello")
            asked = datetime.now(UTC)
            skew = abs((client.admin.command("hello")["localTime"].replace(tzinfo=UTC) - asked).total_seconds())
            version = client.server_info()["versionArray"][:3]
            majority = _majority(client, hello)
    except PyMongoError as error:
        return [_mongo_trouble(error)]
    number = ".".join(map(str, version))
    old = f"Upgrade to MongoDB {_OLDEST_MONGO[0]}.{_OLDEST_MONGO[1]} or newer; 8.x in production"
    return [
        Finding("MongoDB", True, "reachable"),
        _finding("MongoDB version", tuple(version[:2]) >= _OLDEST_MONGO, number, old),
        majority,
        _finding(
            "Clocks", skew < _SKEW_SECONDS, f"{skew:.3f} s apart from MongoDB's", "Run a time service on both machines"
        ),
    ]


def _finding(name: str, ok: bool, detail: str, fix: str) -> Finding:
    return Finding(name, ok, detail, "" if ok else fix)


def _majority(client: MongoClient[dict[str, Any]], hello: dict[str, Any]) -> Finding:
    """Whether a write can be made safe, tried by a write that leaves nothing behind."""
    name = "MongoDB replica set"
    if "setName" not in hello:
        fix = "Start mongod with --replSet rs0 and run rs.initiate() once"
        return Finding(name, False, "a lone server: it has no transactions", fix)
    concern = WriteConcern(w="majority", wtimeout=4000)
    try:
        client.get_database("goldenthread_doctor", write_concern=concern).nothing.delete_one({"_id": 0})
    except WriteConcernError:
        return Finding(
            name, False, "a write did not reach a majority in 4 s", "Bring more members up: rs.status() lists them"
        )
    except OperationFailure as error:
        if error.code != _NOT_ALLOWED:
            raise
        return Finding(name, True, f"{hello['setName']}; this user may not try a write")
    return Finding(name, True, f"{hello['setName']}, writes reach a majority")


def _mongo_trouble(error: PyMongoError) -> Finding:
    said = str(error).split(", Timeout:")[0]
    if isinstance(error, InvalidURI | ConfigurationError):
        return Finding(
            "MongoDB", False, f"the address does not make sense: {said}", "Write mongodb://host:port/?replicaSet=rs0"
        )
    if isinstance(error, OperationFailure) and error.code == _BAD_PASSWORD:
        return Finding("MongoDB", False, "the user name or the password is wrong", "Correct them; mind authSource")
    if "primary" in said.lower() or "No replica set members" in said:
        fix = "Check the set's name in the address, and rs.status() for a primary"
        return Finding("MongoDB", False, f"no member of the replica set takes writes: {said}", fix)
    if isinstance(error, ServerSelectionTimeoutError):
        return Finding(
            "MongoDB", False, f"nobody answers there: {said}", "Start it (goldenthread up), or correct the address"
        )
    return Finding("MongoDB", False, said, "Read the server's log")
