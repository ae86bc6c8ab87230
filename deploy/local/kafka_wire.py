"""Ask a Kafka address who is in its cluster, in one small request of the public protocol.

Clients say only "Unable to bootstrap" when anything is wrong; asking by hand shows how far we came.
"""

import socket
import struct
from typing import NamedTuple

_METADATA, _VERSION = 3, 1
_REQUEST = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)  # correlation 1, no client name, no topics


class Broker(NamedTuple):
    node: int
    host: str
    port: int


class NotKafka(Exception):
    """Something answered, or hung up, in a way that plain Kafka does not."""


def brokers(host: str, port: int, timeout: float = 2.0) -> list[Broker]:
    """The brokers that serve clients, as they advertise themselves. Errors: OSError, NotKafka."""
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


def _read(answer: bytes) -> list[Broker]:
    _correlation, count = struct.unpack_from(">ii", answer)
    at, found = 8, []
    for _ in range(count):
        node, length = struct.unpack_from(">ih", answer, at)
        at += 6
        host = answer[at : at + length].decode()
        (port, rack) = struct.unpack_from(">ih", answer, at + length)
        at += length + 6 + max(rack, 0)
        found.append(Broker(node, host, port))
    return found
