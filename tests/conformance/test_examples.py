"""Examples of the text: the same streams as the vectors, and numbers that another decoder gives."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conformance.decoder.rebuild import uniform_pattern
from conformance.decoder.structure import DTYPES
from conformance.make.example import float as second

import dombit
from dombit_tools.rounding import CASES, rounding_rows
from dombit_tools.symbols import example_rows

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "spec" / "examples").glob("*.dombit"))
CODES = {name: code for code, (name, *_) in DTYPES.items()}


def test_the_examples_are_there() -> None:
    """The text speaks of three streams."""
    assert [path.stem for path in EXAMPLES] == ["dom", "float", "worked"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_its_vector(path: Path) -> None:
    """A stream beside the text is the vector of that name."""
    vector = ROOT / "conformance" / "vectors" / "example" / path.name
    assert path.read_bytes() == vector.read_bytes()


def test_rounding_is_that_of_the_scalar_decoder() -> None:
    """Exact fractions give the patterns of the table."""
    for (name, level, mantissa, exponent, _), row in zip(CASES, rounding_rows(), strict=True):
        assert int(row[4], 16) == uniform_pattern(CODES[name], level, mantissa, exponent), row


def test_what_is_said_to_be_half_way_is() -> None:
    """Numbers in the remarks are the neighbours of p."""
    found = 0
    for _, _, _, product, _, remark in rounding_rows():
        between = re.search(r"half way between (\d+) and (\d+)(?: units of 2\^(-\d+))?", remark)
        if between:
            unit = Fraction(2) ** int(between[3] or 0)
            assert Fraction(product) == unit * (int(between[1]) + int(between[2])) / 2, remark
            found += 1
    assert found >= 6


def test_the_second_example_is_as_the_text_says() -> None:
    """Parameters in the prose are those of the stream, and its tables hold its symbols."""
    text = (ROOT / "spec" / "22-worked-example.md").read_text(encoding="utf-8")
    group = second.model().groups[0]
    how = group.hows[0]
    assert f"`exponent_count` {group.exponents}, `first_exponent` {how.first_exponent}" in text
    assert f"`low_zero` {how.low_zero}" in text
    lanes, floats, halves = example_rows()
    assert (len(lanes), len(floats), len(halves)) == (10, 6, 4)
    assert [int(row[-1].strip("`"), 16) for row in floats] == second.model().tensors[0].bits
    elements = [int(row[-1].rpartition(": ")[2]) for row in halves if row[-1]]
    assert [one & (1 << 64) - 1 for one in elements] == second.model().tensors[1].bits
    widths = [sum(len(row[2].split("`")[1]) for row in floats[r : r + 3] if row[2]) for r in (0, 3)]
    assert [-width % 8 for width in widths] == [6, 1]


def test_the_third_example_is_as_the_text_says() -> None:
    """Patterns of the prose are those that the scalar decoder gives; its states are right too."""
    text = (ROOT / "spec" / "22-worked-example.md").read_text(encoding="utf-8")
    root, stream = (ROOT / "spec" / "examples" / f"{name}.dombit" for name in ("worked", "dom"))
    before = words(dombit.decode(root)["w"])
    after = words(dombit.decode(stream, roots=[root])["w"])
    assert [k for k in range(6) if before[k] != after[k]] == [2, 5]
    assert all(word in text for k in (2, 5) for word in (before[k], after[k]))
    gaps, values, state = (0, 0, 4096), (2048, 2048), 264192
    for table, token in ((gaps, 2), (gaps, 2), (values, 1), (values, 0)):
        slot, start = state & 0xFFF, sum(table[:token])
        assert start <= slot < start + table[token]
        row = f"| {state} | {slot} | {token} |"
        state = table[token] * (state >> 12) + slot - start
        assert f"{row} {state} |" in text
    assert state == 65536


def words(array: Any) -> list[str]:
    """Return the patterns of an fp32 array, in hex."""
    return [f"{bits:08X}" for bits in array.view("<u4").reshape(-1)]
