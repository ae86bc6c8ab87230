"""Which partition a stream belongs to: the same number in the event store and on Kafka."""

from __future__ import annotations

from struct import Struct

_WORD = Struct("<I")


def partition_of(stream: str, partitions: int) -> int:
    """Kafka's default partitioner (murmur2, as in the Java client), so that any client agrees with ours."""
    return (_murmur2(stream.encode()) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    length = len(data)
    m = 0x5BD1E995
    h = 0x9747B28C ^ length
    for (word,) in _WORD.iter_unpack(data[: length & ~3]):
        k = word * m & 0xFFFFFFFF
        k = (k ^ k >> 24) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if tail := length & 3:
        h ^= int.from_bytes(data[length - tail :], "little")
        h = h * m & 0xFFFFFFFF
    h ^= h >> 13
    h = h * m & 0xFFFFFFFF
    return h ^ h >> 15
