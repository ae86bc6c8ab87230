"""Ask a Kafka address who is in its cluster, in one small request of the public protocol.

Clients say only "Unable to bootstrap" when anything is wrong; asking by hand shows how far we came.
"""

import io
import socket
import struct
from typing import NamedTuple

_METADATA, _VERSION = 3, 2
_REQUEST = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)  # correlation 1, no client name, no topics


class Broker(NamedTuple):
    node: int
    host: str
    port: int


class Cluster(NamedTuple):
    id: str
    brokers: list[Broker]


class NotKafka(Exception):
    """Something answered, or hung up, in a way that plain Kafka does not."""


def cluster(host: str, port: int, timeout: float = 2.0) -> Cluster:
    """The cluster, with the brokers that serve clients as they advertise themselves.

    `timeout` is in seconds and for each step. Errors: OSError (TimeoutError among them), NotKafka.
    """
    with socket.create_connection((host, port), timeout) as connection:
        connection.sendall(struct.pack(">i", len(_REQUEST)) + _REQUEST)
        (size,) = struct.unpack(">i", _exactly(connection, 4))
        if not 0 < size < 1_000_000:
            raise NotKafka(f"an answer of {size} bytes")
        return _read(_exactly(connection, size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise NotKafka("the connection was closed without an answer")
        received += more
    return received


def _read(answer: bytes) -> Cluster:
    rest = io.BytesIO(answer)
    _correlation, count = _numbers(rest, ">ii")
    found = []
    for _ in range(count):
        (node,) = _numbers(rest, ">i")
        host = _text(rest)
        (port,) = _numbers(rest, ">i")
        _rack = _text(rest)
        found.append(Broker(node, host, port))
    return Cluster(_text(rest), found)


def _numbers(rest: io.BytesIO, layout: str) -> tuple[int, ...]:
    try:
        return struct.unpack(layout, rest.read(struct.calcsize(layout)))
    except struct.error as error:
        raise NotKafka("an answer cut short") from error


def _text(rest: io.BytesIO) -> str:
    (length,) = _numbers(rest, ">h")
    return rest.read(max(length, 0)).decode(errors="replace")  # a length of -1 means none
