"""Examples of the text: the same streams as the vectors, and numbers that another decoder gives."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from conformance.decoder.rebuild import uniform_pattern
from conformance.decoder.structure import DTYPES
from conformance.make.example import float as second

from dombit_tools.rounding import CASES, rounding_rows
from dombit_tools.symbols import example_rows

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "spec" / "examples").glob("*.dombit"))
CODES = {name: code for code, (name, *_) in DTYPES.items()}


def test_the_examples_are_there() -> None:
    """The text speaks of two streams."""
    assert [path.stem for path in EXAMPLES] == ["float", "worked"]


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
