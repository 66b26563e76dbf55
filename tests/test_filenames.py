"""File names: what a source or a stream may call a file, the same for all who ask."""

from __future__ import annotations

import pytest

from dombit.filenames import is_file_name


@pytest.mark.parametrize("name", ["a", "a/b.bin", "..a", "a b", "größe"])
def test_file_names_that_are_allowed(name: str) -> None:
    """Relative paths downwards are file names of a skeleton."""
    assert is_file_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/a",
        "a//b",
        "../a",
        "a/..",
        "./a",
        "a\\b",
        "c:a",
        "a\0",
        "\ud800",
        "x" * 4097,
        "\x85",
        "ä" * 2049,
    ],
)
def test_file_names_that_are_refused(name: str) -> None:
    """Paths that leave the folder, or mean something else elsewhere, are none."""
    assert not is_file_name(name)
