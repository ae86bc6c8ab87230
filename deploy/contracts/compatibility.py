"""Whether events written by one version of a contract can be read by another (standards: the compatibility table).

Readers ignore fields that they do not know. A change to a type that partners read must hold both ways, against every
earlier version of the major: old readers read new events, and new readers old ones. A type that only our own services
read must hold one way: the log is read again for ever, so new readers read all old events. What a schema cannot
say, such as another meaning, unit or time zone under the same name, needs a new major: no tool sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

EXTENSIBLE = "x-extensible-enum"
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME = ("pattern", "format")


def breaks(old: Schema, new: Schema, *, shared: bool) -> list[str]:
    """What somebody could no longer read, a line each; [] when the change is compatible.

    `shared` asks both ways. Each line names the field by its JSON Pointer.
    """
    found = [f"{where}: new readers refuse old events: {why}" for where, why in unread(old, new)]
    if shared:
        found += [f"{where}: old readers refuse new events: {why}" for where, why in unread(new, old)]
    return found


def unread(written: Schema, reader: Schema) -> Iterator[tuple[str, str]]:
    """Where, and why, something that `written` allows may be refused by `reader`."""
    return _unread(_opened(written, written), _opened(reader, reader), "#")


def _unread(written: Schema, reader: Schema, where: str) -> Iterator[tuple[str, str]]:
    if any("anyOf" in schema for schema in (written, reader)):
        yield from _alternatives(written, reader, where)
        return
    if (why := _types(written, reader)) or (why := _values(written, reader)) or (why := _limits(written, reader)):
        yield where, why
        return
    yield from _properties(written, reader, where)
    yield from _items(written, reader, where)


def _alternatives(written: Schema, reader: Schema, where: str) -> Iterator[tuple[str, str]]:
    offered = reader.get("anyOf", [reader])
    for one in written.get("anyOf", [written]):
        if all(any(_unread(one, other, where)) for other in offered):
            yield where, f"{one.get('type', 'a value')} that was written fits none of the reader's alternatives"


def _types(written: Schema, reader: Schema) -> str | None:
    if "type" not in reader or reader["type"] == written.get("type"):
        return None
    if (written.get("type"), reader["type"]) == ("integer", "number"):
        return None
    return f"the type {written.get('type', 'any')} is read as {reader['type']}"


def _values(written: Schema, reader: Schema) -> str | None:
    readable = _listed(reader)
    if readable is None or reader.get(EXTENSIBLE):
        return None
    values = _listed(written)
    if values is None:
        return "any value is written where only listed ones are read"
    more = [value for value in values if value not in readable]
    return f"values that are not listed: {more}" if more else None


def _listed(schema: Schema) -> Sequence[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _limits(written: Schema, reader: Schema) -> str | None:
    for name in _SAME:
        if name in reader and reader[name] != written.get(name):
            return f"another {name}"
    for names, sign in ((_LEAST, 1), (_MOST, -1)):
        for name in names:
            if name in reader and (name not in written or sign * reader[name] > sign * written[name]):
                return f"{name} is {reader[name]}, which what is written need not keep"
    return None


def _properties(written: Schema, reader: Schema, where: str) -> Iterator[tuple[str, str]]:
    needed = set(reader.get("required", ()))
    for name in sorted(needed.difference(written.get("required", ()))):
        yield f"{where}/{name}", "it is required and need not be there"
    ours = written.get("properties", {})
    for name, schema in reader.get("properties", {}).items():
        if name in ours:
            yield from _unread(ours[name], schema, f"{where}/{name}")
    extra, read = written.get("additionalProperties"), reader.get("additionalProperties")
    if isinstance(read, Mapping):
        yield from _unread(extra if isinstance(extra, Mapping) else {}, read, f"{where}/*")


def _items(written: Schema, reader: Schema, where: str) -> Iterator[tuple[str, str]]:
    if "items" in reader:
        yield from _unread(written.get("items", {}), reader["items"], f"{where}/0")
    for n, (one, other) in enumerate(zip(written.get("prefixItems", ()), reader.get("prefixItems", ()), strict=False)):
        yield from _unread(one, other, f"{where}/{n}")


def _opened(schema: Any, root: Schema) -> Any:
    """The schema with every reference to its own definitions in its place."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            return _opened(root["$defs"][str(schema["$ref"]).rpartition("/")[2]], root)
        return {name: _opened(value, root) for name, value in schema.items() if name != "$defs"}
    if isinstance(schema, list):
        return [_opened(one, root) for one in schema]
    return schema
