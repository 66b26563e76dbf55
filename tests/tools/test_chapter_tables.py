"""Tables in the chapters: they say nothing else than the generated ones, which are normative."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

import pytest

from dombit.bitstream import registry
from dombit.bitstream.columns import Column
from dombit.dtypes import DTYPES
from dombit_tools.generate import BASES, PAYLOADS, SPEC

Table = tuple[list[str], list[dict[str, str]]]
KINDS = {"integer": "int", "signed": "int, signed", "bytes": "bytes"}
RESERVED = {"group": registry.RESERVED_COLUMNS}
ALL = {path.stem for path in (SPEC / "generated").glob("*.md")}


def chapter_tables() -> Iterator[Table]:
    """Yield each table of a chapter with the names of the tables included before it."""
    for path in sorted(SPEC.glob("[0-9][0-9]-*.md")):
        included: list[str] = []
        block = ""
        for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
            found = re.match(r"<!-- include generated/(.*)\.md -->", line)
            included += [found[1]] if found else []
            if line.startswith("|"):
                block += line + "\n"
            elif block:
                yield list(included), rows_of(block)
                block = ""


def rows_of(block: str) -> list[dict[str, str]]:
    """Return the rows of a Markdown table by the names of its columns."""
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()
    ]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def tables_with(*names: str, among: Container[str] = ALL) -> dict[str, list[dict[str, str]]]:
    """Return the rows of all tables with these columns, by the last included name before them."""
    out: dict[str, list[dict[str, str]]] = {}
    for included, rows in chapter_tables():
        here = [name for name in included if name in among]
        if here and set(names) <= set(rows[0]):
            out.setdefault(here[-1], []).extend(rows)
    return out


def width(kind: str) -> int:
    """Return the bytes of a field whose type is written so: u16, 32 bytes, 4 x u8."""
    number = int("".join(re.findall(r"\d+", kind.partition("\N{MULTIPLICATION SIGN}")[0])))
    return number // 8 if kind.startswith("u") else number


FIELDS = tables_with("offset", "field", "type", among=PAYLOADS)
COLUMNS = tables_with("id", "column", "kind", among=PAYLOADS)


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name: str) -> None:
    """Offset, name and width of every field; a field without a name is reserved."""
    bundles, _ = PAYLOADS[name]
    generated = [
        (
            BASES.get(bundle, 0) + row.offset,
            "" if row.name.startswith("reserved") else f"`{row.name}`",
            row.field.width,
        )
        for bundle in bundles
        for row in bundle.describe()
    ]
    said = [
        (int(row["offset"]), row["field"], width(row["type"]))
        for row in FIELDS[name]
        if not row["type"].startswith("`")
    ]
    # what only deflated payloads have stands in prose
    assert said == generated[: len(said)]
    assert len(said) == len(generated) or name == "unit-header"


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(name: str) -> None:
    """Id, name, kind and default of every column, and the reserved ones."""
    _, columns = PAYLOADS[name]
    generated = [
        (column.id, f"`{column.name}`", KINDS[column.kind], default(column)) for column in columns
    ]
    generated += [(number, text, "", "") for number, text in RESERVED.get(name, {}).items()]
    said = [(int(row["id"]), row["column"], row["kind"], row["default"]) for row in COLUMNS[name]]
    assert said == generated


def default(column: Column) -> str:
    """Return the default of a column as the text writes it."""
    return "required" if column.default is None else str(column.default)


def test_dtypes() -> None:
    """Code, name, bits and family of every dtype."""
    said = tables_with("code", "name", "bits", "family")["dtypes"]
    assert [(row["code"], row["name"], row["bits"], row["family"]) for row in said] == [
        (str(dtype.code), dtype.name, str(dtype.bits), dtype.family) for dtype in DTYPES
    ]


def test_codings_and_their_dtypes() -> None:
    """Each coding takes the dtypes that the text names, `u8 to u64` being a row of widths."""
    for row in tables_with("code", "coding", "dtypes")["codings"]:
        code = int(row["code"])
        if code in registry.RESERVED_CODINGS:
            assert row["coding"] == registry.RESERVED_CODINGS[code]
            continue
        assert row["coding"] == registry.CODINGS[code]
        taken = {dtype.name for dtype in DTYPES if dtype.code in registry.CODING_DTYPES[code]}
        if row["dtypes"] == "all":
            assert len(taken) == len(DTYPES)
            continue
        named: set[str] = set()
        for word in row["dtypes"].split(", "):
            low, _, high = word.partition(" to ")
            family = low[0]
            spread = {f"{family}{bits}" for bits in (8, 16, 32, 64)} if high else {word}
            named |= spread
        assert named == taken


def test_unit_types() -> None:
    """Type, name and the flag ancillary of every unit."""
    said = [
        (row["type"], row["name"], row["ancillary"])
        for row in tables_with("type", "name", "ancillary")["unit-types"]
    ]
    generated = (SPEC / "generated" / "unit-types.md").read_text(encoding="utf-8")
    table = rows_of("".join(re.findall(r"^\|.*\n", generated, re.MULTILINE)))
    assert said[:-1] == [(row["type"], row["name"], row["ancillary"]) for row in table[:-1]]
    assert len(COLUMNS) >= 5 and len(FIELDS) >= 7
