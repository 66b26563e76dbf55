"""Writer: payloads become units of a stream, packed or with an index (chapter 3)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dombit.bitstream import header
from dombit.bitstream.container import (
    ANCILLARY,
    CRC_BYTES,
    DEFLATED,
    UnitHeader,
    build_header,
    deflated,
)
from dombit.bitstream.header import HeaderPayload
from dombit.bitstream.index import TAIL_BYTES, build_end
from dombit.bitstream.index import build as build_index
from dombit.bitstream.index_rows import IndexRows
from dombit.bitstream.packed import MAX_PACKED, ShortHeader, build_short
from dombit.bitstream.registry import END, HEADER, INDEX, PACKED, PACKED_UNITS, UNIT_TYPES
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A unit that may go into a packed one."""

    unit_type: int
    payload: bytes
    deflate: bool
    align: int
    first: int
    count: int


class PackingWriter(UnitWriter):
    """Holds units back as long as all of them fit into one; else it writes as a UnitWriter does.

    Memory: 64 KiB.
    """

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        super().__init__()
        self._header: StreamHeader | None = None
        """That of the stream, while units are held back."""
        self._waiting: list[Waiting] = []
        self._room = MAX_PACKED - ShortHeader.width() - HeaderPayload.width()

    def start(self, record: StreamHeader) -> bytes:
        """Hold the header back as well: it says whether the stream is packed."""
        self._header = record
        return b""

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
        """Return the chunks of a unit, behind those that were held back; or none yet."""
        chunks = _chunks(payload)
        self._room -= ShortHeader.width() + sum(len(chunk) for chunk in chunks)
        front = self._give_up() if self._room < 0 else []
        if self._header is None:
            same = super().unit(
                unit_type, chunks, deflate=deflate, align=align, first=first, count=count
            )
            return [*front, *same]
        self._waiting.append(
            Waiting(
                unit_type=unit_type,
                payload=b"".join(chunks),
                deflate=deflate,
                align=align,
                first=first,
                count=count,
            )
        )
        return []

    def _give_up(self) -> list[Buffer]:
        """Return the chunks of all that was held back, as units of their own."""
        record, waiting = self._header, self._waiting
        if record is None:
            return []
        self._header, self._waiting = None, []
        chunks: list[Buffer] = [super().start(record)]
        for unit in waiting:
            chunks += super().unit(
                unit.unit_type, unit.payload, deflate=unit.deflate, align=unit.align,
                first=unit.first, count=unit.count,
            )  # fmt: skip
        return chunks

    def finish(self, *, index: bool, model_digests: bytes, deflate: bool = True) -> bytes:
        """Return the packed unit, or what a UnitWriter would."""
        if self._header is None:
            return super().finish(index=index, model_digests=model_digests, deflate=deflate)
        features = self._header.required_features | PACKED_UNITS
        record = replace(self._header, required_features=features, indexed=False)
        units = [(unit.unit_type, unit.payload) for unit in self._waiting]
        payload = build_short([(HEADER, header.build(record)), *units])
        self._header = None
        self.position = len(SIGNATURE)
        return b"".join([SIGNATURE, *super().unit(PACKED, payload, deflate=deflate)])


def _chunks(payload: Buffer | Sequence[Buffer]) -> list[memoryview]:
    parts: Sequence[Buffer] = payload if isinstance(payload, (list, tuple)) else (payload,)
    return [memoryview(part).cast("B") for part in parts]
