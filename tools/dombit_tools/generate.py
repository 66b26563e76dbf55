"""Generate: tables of the specification, from the descriptions that the reference parses with.

`python -m dombit_tools.generate` writes spec/generated/*.md and the inspector's list of rules; with
--check it only compares.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from dombit.bitstream import (
    group,
    header,
    index,
    metadata,
    model_end,
    registry,
    segment,
    skeleton,
    skeleton_patch,
    structure,
)
from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import Column, Entry
from dombit.bitstream.container import DeflateHead, UnitHeader
from dombit.bitstream.group_check import COLUMNS_OF
from dombit.bitstream.packed import ShortHeader
from dombit.bitstream.source import SIZE_LIMIT
from dombit.dtypes import DTYPES, DType
from dombit_tools.rounding import rounding_rows
from dombit_tools.symbols import example_rows
from dombit_tools.worked import DIFFERENCE, STREAM, worked_rows

SPEC = Path(__file__).parents[2] / "spec"
NOTE = "<!-- made by tools/dombit_tools/generate.py; do not edit -->\n"
PAYLOADS: dict[str, tuple[Sequence[type[Bundle]], Sequence[Column]]] = {
    "unit-header": ((UnitHeader, DeflateHead), ()),
    "short-header": ((ShortHeader,), ()),
    "directory": ((Entry,), ()),
    "stream-header": ((header.HeaderPayload,), ()),
    "metadata": ((metadata.MetadataPayload,), metadata.COLUMNS),
    "structure": ((structure.StructurePayload,), structure.COLUMNS),
    "skeleton": ((skeleton.SkeletonPayload,), skeleton.COLUMNS),
    "skeleton-patch": ((skeleton_patch.SkeletonPatchPayload,), skeleton_patch.COLUMNS),
    "group": ((group.GroupPayload,), group.COLUMNS),
    "segment": ((segment.SegmentPayload, segment.MapHead), ()),
    "model-end": ((model_end.ModelEndPayload,), model_end.COLUMNS),
    "index": ((index.IndexPayload,), index.COLUMNS),
    "end": ((index.EndPayload,), ()),
}
"""Fixed parts and columns of each table of fields, by the name of its file."""

RULES = Path("tools", "dombit_tools", "inspect", "rules.tsv")
"""The list of rules, in the folder that holds that of the specification."""
ANY_SENTENCE = re.compile(
    r"^(?:- )?\*\*\[(R-[A-Z]{3}-\d{3})\]\*\* (.*)|^#+ (\d+(?:\.\d+)*) ", re.MULTILINE
)
OPENING = "It is a requirement of bitstream conformance that "
BASES: dict[type[Bundle], int] = {segment.MapHead: segment.SegmentPayload.width()}
"""Fixed parts that do not begin a payload, and where they begin."""
SHOWN_NAMES = {registry.HEADER: "stream header"}
"""Units that the text calls otherwise than the trace does."""
WORKED = ("byte", "size", "bytes", "field", "value", "meaning")
"""Columns of a table of all bytes."""
SENTENCE = re.compile(r"\*\*\[(R-[A-Z]{3}-\d{3})\]\*\* (.*\(forbidden-value\b.*)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or say with --check which of them are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if a table differs")
    parser.add_argument("--spec", type=Path, default=SPEC, help="folder of the specification")
    options = parser.parse_args(arguments)
    folder = options.spec / "generated"
    made = {folder / name: text for name, text in tables(options.spec).items()}
    made[options.spec.parent / RULES] = rules(options.spec)
    stale = [path for path, text in made.items() if read(path) != text]
    unknown = sorted(set(folder.glob("*.md")) - made.keys())
    if options.check:
        names = ", ".join(path.name for path in (*stale, *unknown))
        print(f"spec/generated: {names or 'up to date'}")
        return 1 if stale or unknown else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8", newline="\n")
    print(f"spec/generated: {len(stale)} tables written")
    return 0


def read(path: Path) -> str | None:
    """Return the text of a file, None where there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else None


def tables(spec: Path) -> dict[str, str]:
    """Return the text of every generated file by its name."""
    made = {name: payload_table(*parts) for name, parts in PAYLOADS.items()}
    made |= {
        "worked-example": worked_example(),
        "dom-example": grid(WORKED, worked_rows(DIFFERENCE, [STREAM])),
        "float-example": float_example(),
        "rounding-examples": grid(
            ("dtype", "level", "m·2^e", "p", "pattern", "what there is to see"), rounding_rows()
        ),
        "unit-types": unit_types(),
        "dtypes": dtypes(),
        "features": registry_table("bit", registry.FEATURES, {}),
        "codings": codings(),
        "segment-kinds": registry_table("kind", registry.SEGMENT_KINDS, {}),
        "piece-kinds": registry_table("kind", registry.PIECE_KINDS, registry.RESERVED_PIECE_KINDS),
        "carriers": registry_table("carrier", registry.CARRIERS, {}),
        "forbidden-values": forbidden_values(spec),
    }
    return {f"{name}.md": NOTE + "\n" + text for name, text in made.items()}


def payload_table(bundles: Sequence[type[Bundle]], columns: Sequence[Column]) -> str:
    """Return the tables of fields of one or more fixed parts, and that of the columns."""
    parts = [field_table(bundle, BASES.get(bundle, 0)) for bundle in bundles]
    reserved = registry.RESERVED_COLUMNS if columns is group.COLUMNS else {}
    return "\n".join([*parts, column_table(columns, reserved)] if columns else parts)


def field_table(bundle: type[Bundle], base: int) -> str:
    """Return offset, name, type, meaning, allowed values and rule of every field.

    `base` is the offset of the first field in the payload.
    """
    rows = [
        (
            str(base + row.offset),
            f"`{row.name}`",
            row.field.kind if row.field.kind not in {"bytes", "reserved"}
            else f"{row.field.kind} {row.field.width}",
            row.field.meaning,
            row.field.allowed,
            row.field.rule,
        )
        for row in bundle.describe()
    ]  # fmt: skip
    title = f"`{bundle.__name__}`, {bundle.width()} bytes\n\n"
    return title + grid(("offset", "field", "type", "meaning", "allowed", "rule"), rows)


def column_table(columns: Sequence[Column], reserved: dict[int, str]) -> str:
    """Return id, name, kind, row set, default, meaning, range and rule of every column."""
    rows = [
        (
            str(column.id),
            f"`{column.name}`",
            column.kind + ("" if column.broadcast else ", never broadcast"),
            column.rows,
            "required" if column.default is None else str(column.default),
            column.meaning,
            bounds(column),
            column.rule,
        )
        for column in columns
    ]
    rows += [
        (str(code), name, "", "", "", "reserved", "", "R-CON-048")
        for code, name in reserved.items()
    ]
    names = ("id", "column", "kind", "rows", "default", "meaning", "range", "rule")
    return "Columns\n\n" + grid(names, rows)


def bounds(column: Column) -> str:
    """Return the range of a column's elements, empty where only the size rule bounds them."""
    if not column.rule:
        return ""
    if column.high == SIZE_LIMIT - 1:
        return f">= {column.low}"
    return f"{column.low}..{column.high}"


def worked_example() -> str:
    """Return the table of all bytes of the worked example."""
    return grid(WORKED, worked_rows())


def float_example() -> str:
    """Return the tables of lanes, float symbols and halves of the second example."""
    lanes, floats, halves = example_rows()
    lane_names = ("tensor", "symbol", "state", "slot", "token", "f", "start", "next state")
    float_names = ("symbol", "token", "raw field", "side bits", "sign", "e", "q", "pattern")
    half_names = ("symbol", "token", "extra bits", "half", "element")
    parts = [grid(lane_names, lanes), grid(float_names, floats), grid(half_names, halves)]
    return "\n".join(parts)


def unit_types() -> str:
    """Return the registry of unit types, reserved and private ones below."""
    rows: list[tuple[str, ...]] = [
        (
            str(unit.code),
            SHOWN_NAMES.get(unit.code, unit.name.replace("_", " ")),
            "yes" if unit.ancillary else "no",
            "yes" if unit.deflatable else "no",
            unit.stage,
            unit.where,
        )
        for unit in registry.UNIT_TYPES.values()
    ]
    reserved = [(str(code), name) for code, name in registry.RESERVED_UNIT_TYPES.items()]
    rows += [(code, name, "", "", "", "reserved") for code, name in reserved]
    private = registry.PRIVATE_UNIT_TYPES
    span = f"{private.start:#x}..{private.stop - 1:#x}"
    rows.append((span, "private use", "", "", "", "never registered"))
    return grid(("type", "name", "ancillary", "may be deflated", "stage", "where"), rows)


def dtypes() -> str:
    """Return the registry of dtypes."""
    rows = [(str(d.code), d.name, str(d.bits), d.family, layout(d), coded(d)) for d in DTYPES]
    return grid(("code", "name", "bits", "family", "layout", "codings"), rows)


def layout(dtype: DType) -> str:
    """Return exponent and mantissa bits of a float, or of each part of a complex number."""
    if dtype.layout is None:
        return ""
    parts = "2 x " if dtype.family == "complex" else ""
    return f"{parts}E{dtype.layout.exponent_bits} M{dtype.layout.mantissa_bits}"


def coded(dtype: DType) -> str:
    """Return the names of the codings that take a dtype."""
    takers = [c for c, codes in registry.CODING_DTYPES.items() if dtype.code in codes]
    return ", ".join(registry.CODINGS[coding] for coding in takers)


def codings() -> str:
    """Return the registry of codings, each with the columns that it may have."""
    names = {column.name: column.id for column in group.COLUMNS}
    rows = [
        (str(code), name, ", ".join(sorted(COLUMNS_OF[code], key=names.__getitem__)))
        for code, name in registry.CODINGS.items()
    ]
    rows += [(str(code), name, "reserved") for code, name in registry.RESERVED_CODINGS.items()]
    return grid(("coding", "name", "columns of the group"), rows)


def registry_table(head: str, names: dict[int, str], reserved: dict[int, str]) -> str:
    """Return a registry of codes and names, reserved ones below."""
    rows = [(str(code), name, "") for code, name in names.items()]
    rows += [(str(code), name, "reserved") for code, name in reserved.items()]
    return grid((head, "name", ""), rows)


def forbidden_values(spec: Path) -> str:
    """Return every rule whose breach is forbidden-value: bounds of fields, then the sentences."""
    rows = []
    for place, (bundles, columns) in PAYLOADS.items():
        found = [
            (place, f"`{row.name}`", row.field.allowed, row.field.rule)
            for bundle in bundles
            for row in bundle.describe()
            if row.field.rule and row.field.failure == "forbidden-value"
        ]
        found += [
            (place, f"`{column.name}`", bounds(column), column.rule)
            for column in columns
            if column.rule and column.failure == "forbidden-value"
        ]
        rows += found
    sentences = [
        (path.stem[:2].lstrip("0"), rule, text.replace("|", "\\|"))
        for path in sorted(spec.glob("[0-9][0-9]-*.md"))
        for rule, text in SENTENCE.findall(path.read_text(encoding="utf-8"))
    ]
    fields = grid(("where", "field", "allowed", "rule"), rows)
    return fields + "\n" + grid(("chapter", "rule", "sentence"), sentences)


def rules(spec: Path) -> str:
    """Return id, section and sentence of every rule, a line each, separated by tabs."""
    lines = []
    for path in sorted(spec.glob("[0-9][0-9]-*.md")):
        section = ""
        for rule, sentence, heading in ANY_SENTENCE.findall(path.read_text(encoding="utf-8")):
            section = heading or section
            if rule:
                plain = re.sub(r"\*(?=[\w*])|(?<=[\w*])\*", "", sentence).removeprefix(OPENING)
                lines.append(f"{rule}\t{section}\t{plain[:1].upper()}{plain[1:]}\n")
    return "".join(sorted(lines))


def grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [names, ["---"] * len(names), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
