"""Names of tensors and files."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dombit.models.naming import Namer, clean, main_file_name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("plain", "plain"),
        ("layer.0/weight:0", "layer.0/weight:0"),
        ("größe", "größe"),
        ("a\nb", "a\\x0Ab"),
        ("a\x7fb", "a\\x7Fb"),
        ("a\x85b", "a\\xC2\\x85b"),
        ("back\\slash", "back\\slash"),
        (b"caf\xe9", "caf\\xE9"),
        (b"\xe2\x82A", "\\xE2\\x82A"),
        (b"\xed\xa0\x80", "\\xED\\xA0\\x80"),
        ("\ud800", "\\xED\\xA0\\x80"),
        (b"\xc0\xaf", "\\xC0\\xAF"),
        ("", "unnamed"),
    ],
)
def test_cleaning(wanted: str | bytes, name: str) -> None:
    """Control characters and bytes that are no UTF-8 become escapes; all else stays."""
    assert clean(wanted) == name


def test_long_names_are_cut_at_a_character() -> None:
    """A name beyond 4000 bytes keeps whole characters and ends in a digest of all of it."""
    wanted = "x" + "é" * 2000
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    assert clean(wanted) == "x" + "é" * 1999 + "#" + digest
    assert clean("y" * 4000) == "y" * 4000


def test_repeated_names_get_the_smallest_free_number() -> None:
    """Numbers start at 2 and pass over names that are taken already."""
    namer = Namer()
    given_names = [namer.give(name) for name in ("a", "a#2", "a", "a", "b", "a#2", "")]
    assert given_names == ["a", "a#2", "a#3", "a#4", "b", "a#2#2", "unnamed"]


def test_many_equal_names_take_linear_time() -> None:
    """Ten thousand equal names are numbered without searching from 2 each time."""
    namer = Namer()
    assert [namer.give("w") for _ in range(10_000)][-1] == "w#10000"


@given(st.lists(st.binary(max_size=12) | st.text(max_size=12), max_size=20))
def test_names_are_legal_and_unique(wanted: list[str | bytes]) -> None:
    """Whatever comes in, names are unique, 1..4096 bytes, without control characters."""
    namer = Namer()
    names = [namer.give(each) for each in wanted]
    assert len(set(names)) == len(names)
    for name in names:
        assert 1 <= len(name.encode()) <= 4096
        assert not any(ord(c) < 32 or 0x7F <= ord(c) <= 0x9F for c in name)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/b/m.onnx", "m.onnx"), ("c:m.onnx", "c_m.onnx"), ("..", "model"), ("a\udc80", "a?")],
)
def test_main_file_name(path: str, name: str) -> None:
    """The main file keeps its last component, made legal."""
    assert main_file_name(path) == name
