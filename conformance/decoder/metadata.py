"""Metadata: pairs of text (4.7)."""

from __future__ import annotations

from conformance.decoder.container import Reader, Table
from conformance.decoder.structure import JUDGE, read_text


def read_metadata(payload: bytes, entry_limit: int) -> dict[str, str]:
    """Return a metadata unit: keys and values."""
    reader = Reader(payload, JUDGE)
    reader.holds(8)
    count, columns = reader.u(4), reader.u(2)
    reader.reserved(2)
    JUDGE.limit(count <= entry_limit, "too many entries of metadata")
    table = Table(reader, columns, {1: "int", 2: "int", 3: "bytes"})
    keys, values = table.ints(1, count), table.ints(2, count)
    text = table.data(3, sum(keys) + sum(values))
    out: dict[str, str] = {}
    at = 0
    for key, value in zip(keys, values, strict=True):
        name = read_text(text[at : at + key])
        JUDGE.fits(name not in out, "a metadata key appears twice")
        out[name] = read_text(text[at + key : at + key + value])
        at += key + value
    return out
