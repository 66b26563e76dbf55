"""Model end: digests of a model and of its tensors (chapter 9)."""

from __future__ import annotations

from dataclasses import dataclass

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, octets
from dombit.bitstream.fields import enum, raw, reserved, u16, u32
from dombit.bitstream.registry import DIGEST_KINDS
from dombit.bitstream.source import of_unit
from dombit.bitstream.table import TableReader, build_table
from dombit.identity import DIGEST_BYTES
from dombit.records import ModelEnd, Structure, Unit
from dombit.trace import Trace, no_trace

SHA256 = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEndPayload(Bundle):
    """Fixed part of a model end unit."""

    model_digest: bytes = raw(DIGEST_BYTES, "Digest of the model.")
    tensor_count: int = u32("Tensors that are not hidden.")
    digest_kind: int = enum(1, "Algorithm of all digests.", DIGEST_KINDS, rule="R-IDX-001")
    reserved_37: int = reserved(1, rule="R-IDX-002")
    column_count: int = u16("Columns of the table.")


COLUMNS = (
    octets(
        1,
        "tensor_digests",
        "32 x tensors that are not hidden",
        "Digests of the tensors, by number.",
        default="optional",
    ),
)


def parse(unit: Unit, structure: Structure, trace: Trace = no_trace) -> ModelEnd:
    """Return the record of a model end unit."""
    source = of_unit(unit, trace)
    head = ModelEndPayload.parse(source)
    shown = len(structure.visible)
    if head.tensor_count != shown:
        message = f"{head.tensor_count} tensors, the structure has {shown}"
        source.refuse("malformed", "R-IDN-050", message, DIGEST_BYTES)

    table = TableReader(source, ModelEndPayload.width(), head.column_count, COLUMNS)
    digests = bytes(table.octets("tensor_digests", DIGEST_BYTES * head.tensor_count))
    table.finish()
    return ModelEnd(
        model_digest=head.model_digest, tensor_count=head.tensor_count, tensor_digests=digests
    )


def build(end: ModelEnd) -> bytes:
    """Return the payload of a model end unit."""
    values: ColumnValues = {"tensor_digests": end.tensor_digests}
    count, table = build_table(COLUMNS, values, ModelEndPayload.width())
    head = ModelEndPayload(
        model_digest=end.model_digest,
        tensor_count=end.tensor_count,
        digest_kind=SHA256,
        column_count=count,
    )
    return head.build() + table
