"""Registry: codes and names: unit types, features, codings, kinds (chapter 18)."""

from __future__ import annotations

from dataclasses import dataclass

from dombit.errors import Stage

HEADER, METADATA, STRUCTURE, SKELETON, SKELETON_DATA = 1, 2, 3, 4, 5
GROUP, SEGMENT, STORED_DATA, MODEL_END, INDEX, END = 6, 7, 8, 9, 32, 33
PACKED, SKELETON_PATCH = 12, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitType:
    """One row of the registry of unit types."""

    code: int
    name: str
    ancillary: bool
    """What the ancillary flag of such a unit must be."""
    deflatable: bool
    """Whether the deflated flag may be set."""
    stage: Stage
    """Stage of the errors that its payload gives."""
    where: str
    """Place among the units of a stream."""


def _unit(
    code: int,
    name: str,
    stage: Stage,
    where: str,
    *,
    deflate: bool = False,
    ancillary: bool = False,
) -> UnitType:
    return UnitType(
        code=code, name=name, ancillary=ancillary, deflatable=deflate, stage=stage, where=where
    )


UNIT_TYPES: dict[int, UnitType] = {
    row.code: row
    for row in (
        _unit(HEADER, "header", "container", "first, exactly once"),
        _unit(
            METADATA,
            "metadata",
            "structure",
            "right after a structure unit, at most one a model",
            deflate=True,
            ancillary=True,
        ),
        _unit(STRUCTURE, "structure", "structure", "begins a model", deflate=True),
        _unit(SKELETON, "skeleton", "structure", "after structure and metadata", deflate=True),
        _unit(
            SKELETON_DATA,
            "skeleton_data",
            "structure",
            "after the skeleton, until all literal bytes are there",
            deflate=True,
        ),
        _unit(GROUP, "group", "parameters", "before its segments", deflate=True),
        _unit(SEGMENT, "segment", "segment", "after its group"),
        _unit(STORED_DATA, "stored", "segment", "after its group (coding stored)"),
        _unit(MODEL_END, "model_end", "identity", "ends a model", deflate=True),
        _unit(PACKED, "packed", "container", "behind the signature, the only unit", deflate=True),
        _unit(
            SKELETON_PATCH,
            "skeleton_patch",
            "structure",
            "after structure and metadata of a model that inherits its skeleton",
            deflate=True,
        ),
        _unit(INDEX, "index", "container", "after the last model, at most once", deflate=True),
        _unit(END, "end", "container", "last, exactly once"),
    )
}

RESERVED_UNIT_TYPES: dict[int, str] = {
    10: "sparse segment",
    11: "global tables",
}
PRIVATE_UNIT_TYPES = range(0xF000, 0x10000)

FEATURES: dict[int, str] = {
    0: "roots (DoM)",
    1: "sparse segments",
    2: "trellis",
    3: "codebook",
    4: "grid rows",
    5: "low rank",
    6: "two-model predictor",
    7: "several models",
    8: "packed units",
    9: "global tables",
    10: "zero classes",
}
"""Bits of required_features."""
ROOTS, SPARSE_SEGMENTS, PACKED_UNITS = 1 << 0, 1 << 1, 1 << 8
KNOWN_FEATURES = ROOTS | SPARSE_SEGMENTS | PACKED_UNITS
"""Those that this version defines."""

PROFILES: dict[int, str] = {0: "Base", 1: "Main"}
CARRIERS: dict[int, str] = {0: "whole", 1: "onnx", 2: "safetensors", 3: "pytorch"}
CODINGS: dict[int, str] = {0: "stored", 1: "float", 2: "int", 3: "uniform", 4: "constant"}
RESERVED_CODINGS: dict[int, str] = {5: "codebook", 6: "grid rows"}
RESERVED_COLUMNS: dict[int, str] = {
    14: "prediction",
    15: "codebook",
    16: "grid scales",
    17: "zero classes",
    18: "rank",
}
"""Columns of a group that a later version will give a meaning."""
SEGMENT_KINDS: dict[int, str] = {0: "dense", 1: "map", 2: "sparse"}
PIECE_KINDS: dict[int, str] = {0: "literal", 1: "hole", 2: "crc32"}
RESERVED_PIECE_KINDS: dict[int, str] = {3: "no name yet"}
DIGEST_KINDS: dict[int, str] = {1: "SHA-256"}

CODING_DTYPES: dict[int, frozenset[int]] = {
    0: frozenset({*range(1, 10), *range(16, 20), *range(24, 29), 32, 33, 34, *range(40, 47), 64}),
    1: frozenset({*range(16, 20), *range(24, 28), 32, 33, 34}),
    2: frozenset({*range(1, 10), 28, *range(40, 47), 64}),
    3: frozenset({*range(1, 10), *range(16, 20), *range(24, 28)}),
    4: frozenset({*range(1, 10), *range(16, 20), *range(24, 29), 32, 33, 34, *range(40, 47), 64}),
}
"""Codes of the dtypes that each coding takes."""
PREDICTED_DTYPES: dict[int, frozenset[int]] = {
    2: frozenset({*range(1, 10), *range(16, 20), *range(24, 29), *range(40, 47), 64}),
    3: frozenset({*range(16, 20), *range(24, 28)}),
}
"""Codes of the dtypes that each coding takes in predicted groups (13.4)."""
