"""Writer: payloads become units of a stream, and the index of them (chapter 3)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from dombit.bitstream import header
from dombit.bitstream.container import (
    ANCILLARY,
    CRC_BYTES,
    DEFLATED,
    UnitHeader,
    build_header,
    deflated,
)
from dombit.bitstream.index import TAIL_BYTES, build_end
from dombit.bitstream.index import build as build_index
from dombit.bitstream.index_rows import IndexRows
from dombit.bitstream.registry import END, HEADER, INDEX, UNIT_TYPES
from dombit.records import Buffer, End, StreamHeader
from dombit.signature import SIGNATURE


class UnitWriter:
    """Gives the bytes of a stream in file order; it writes nothing itself."""

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self.position = 0
        """Bytes given so far: the offset of the next unit."""
        self._rows = IndexRows()

    def start(self, record: StreamHeader) -> bytes:
        """Return the signature and the stream header unit."""
        self.position = len(SIGNATURE)
        return b"".join([SIGNATURE, *self.unit(HEADER, header.build(record))])

    def unit(
        self,
        unit_type: int,
        payload: Buffer | Sequence[Buffer],
        *,
        deflate: bool = False,
        align: int = 8,
        first: int = 0,
        count: int = 0,
    ) -> list[Buffer]:
        """Return the chunks of a unit; `payload` is one buffer or several in a row.

        A payload is deflated only where that is asked for and makes it smaller. `first` and
        `count` of a group or segment go into the index.
        """
        chunks, flag_bits = _chunks(payload), ANCILLARY if UNIT_TYPES[unit_type].ancillary else 0
        packed = deflated(b"".join(chunks)) if deflate else None
        if packed is not None:
            chunks, flag_bits = [memoryview(packed)], flag_bits | DEFLATED

        pad = -(self.position + UnitHeader.width()) % align
        size, crc = sum(len(chunk) for chunk in chunks), 0
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
        front = build_header(unit_type, flag_bits, pad, size) + bytes(pad)
        total = len(front) + size + CRC_BYTES
        self._rows.add(unit_type, self.position, total, first, count)
        self.position += total
        return [front, *chunks, crc.to_bytes(CRC_BYTES, "little")]

    def finish(self, *, index: bool, model_digests: bytes, deflate: bool = True) -> bytes:
        """Return the index unit, where the header announced one, and the end unit.

        `model_digests`: 32 bytes for each model of the stream. Without `deflate` the bytes do not
        depend on the version of zlib.
        """
        chunks: list[Buffer] = []
        if index:
            self._rows.add_model(model_digests)
            chunks += self.unit(INDEX, build_index(self._rows.record()), deflate=deflate)
        pad = -(self.position + UnitHeader.width()) % 8
        size = self.position + UnitHeader.width() + pad + TAIL_BYTES
        end = End(index_offset=self._rows.index_offset, file_size=size)
        chunks += self.unit(END, build_end(end))
        return b"".join(chunks)


def _chunks(payload: Buffer | Sequence[Buffer]) -> list[memoryview]:
    parts: Sequence[Buffer] = payload if isinstance(payload, (list, tuple)) else (payload,)
    return [memoryview(part).cast("B") for part in parts]
