"""Fields: the closed vocabulary of fixed parts, and the only user of construct (chapter 2)."""

# Each kind refuses what the text forbids, which construct alone does not: it lets unknown enum
# values, undefined flag bits and non-zero padding pass.  Only its interpreted parser is used (its
# compiled one accepts truncated data), on input whose length has been checked, and only fixed-width
# elements: nothing counted, nothing optional, nothing that seeks.

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import construct

from dombit.errors import Kind

_INTEGERS = {
    1: construct.Int8ul,
    2: construct.Int16ul,
    4: construct.Int32ul,
    8: construct.Int64ul,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a bundle knows of one of its fields."""

    kind: str
    """Word of the vocabulary, as the spec's tables print it."""
    width: int
    """Bytes."""
    meaning: str
    """One sentence of the spec."""
    check: Callable[[Any], str | None]
    """Returns what is wrong with a value, or None."""
    rule: str = ""
    """Id of the rule that a refused value breaks; empty where every value is allowed."""
    failure: Kind = "forbidden-value"
    """Kind of the error of a refused value."""
    allowed: str = ""
    """The allowed values, as the spec's tables print them."""
    symbol: Callable[[Any], str] = lambda _value: ""
    """Returns the registry's word for a value, empty where there is none."""


def u8(meaning: str, *, low: int = 0, high: int = 0xFF, rule: str = "") -> Any:
    """Declare an unsigned byte, low..high."""
    return _integer(1, meaning, low, high, rule)


def u16(
    meaning: str,
    *,
    low: int = 0,
    high: int = 0xFFFF,
    rule: str = "",
    names: Mapping[int, str] | None = None,
) -> Any:
    """Declare an unsigned 16-bit integer, low..high; `names`: words for some values."""
    return _integer(2, meaning, low, high, rule, names=names)


def u32(meaning: str, *, low: int = 0, high: int = 0xFFFFFFFF, rule: str = "") -> Any:
    """Declare an unsigned 32-bit integer, low..high."""
    return _integer(4, meaning, low, high, rule)


def u64(meaning: str, *, low: int = 0, rule: str = "") -> Any:
    """Declare an unsigned 64-bit integer; the bundle refuses 2^53 and above."""
    return _integer(8, meaning, low, (1 << 64) - 1, rule)


def mask64(meaning: str, names: Mapping[int, str], known: int, *, rule: str) -> Any:
    """Declare 64 bits of which only `known` ones may be set; the lowest other one is named."""

    def check(value: int) -> str | None:
        value &= ~known
        if not value:
            return None
        bit = (value & -value).bit_length() - 1
        return f"needs feature {bit} ({names.get(bit, 'unknown')})"

    allowed = ", ".join(f"bit {bit} {name}" for bit, name in names.items() if known >> bit & 1)
    return _open("mask64", 8, meaning, check, allowed=allowed, rule=rule)


def enum(width: int, meaning: str, names: Mapping[int, str], *, rule: str) -> Any:
    """Declare a code; one that the registry does not name is unsupported."""

    def check(value: int) -> str | None:
        return None if value in names else f"value {value} is not known"

    allowed = ", ".join(f"{code} {name}" for code, name in names.items())
    return _open(
        f"enum{8 * width}", width, meaning, check, allowed=allowed, rule=rule, symbol=_named(names)
    )


def flags(width: int, meaning: str, names: Mapping[int, str], *, rule: str) -> Any:
    """Declare flag bits; a set bit without a name is unsupported."""
    known = sum(1 << bit for bit in names)

    def check(value: int) -> str | None:
        return f"reserved bits {value & ~known:#x} are set" if value & ~known else None

    def symbol(value: int) -> str:
        return ", ".join(name.partition(":")[0] for bit, name in names.items() if value >> bit & 1)

    allowed = ", ".join(f"bit {bit} {name}" for bit, name in names.items()) or "0"
    return _open(
        f"flags{8 * width}", width, meaning, check, allowed=allowed, rule=rule, symbol=symbol
    )


def reserved(width: int, *, rule: str, meaning: str = "Reserved.") -> Any:
    """Declare bytes that are zero for now; anything else is unsupported."""

    def check(value: int | bytes) -> str | None:
        return f"reserved field holds {value!r}" if value and any(_bytes(value)) else None

    zero = 0 if width in _INTEGERS else bytes(width)
    return _open("reserved", width, meaning, check, allowed="0", rule=rule, default=zero)


def raw(width: int, meaning: str) -> Any:
    """Declare bytes that are taken as they are: a digest, a list of small numbers."""
    field = Field(kind="bytes", width=width, meaning=meaning, check=lambda _value: None)
    return _declared(field)


def field_of(declared: dataclasses.Field[Any]) -> Field:
    """Return what a dataclass field declares."""
    field: Field = declared.metadata["field"]
    return field


def layout_of(declared: Mapping[str, Field]) -> Any:
    """Return the construct definition of a fixed part: fields by name, in order."""
    return construct.Struct(*(name / _element(field) for name, field in declared.items()))


def _element(field: Field) -> Any:
    whole = field.kind != "bytes" and field.width in _INTEGERS
    return _INTEGERS[field.width] if whole else construct.Bytes(field.width)


def _named(names: Mapping[int, str]) -> Callable[[Any], str]:
    """Return what gives a value its name; none where the name is the number itself."""
    words = {code: name for code, name in names.items() if name != str(code)}
    return lambda value: words.get(value, "")


def _integer(
    width: int,
    meaning: str,
    low: int,
    high: int,
    rule: str,
    *,
    names: Mapping[int, str] | None = None,
) -> Any:
    def check(value: int) -> str | None:
        return None if low <= value <= high else f"{value} is not in {low}..{high}"

    top = (1 << 8 * width) - 1
    bounds = "" if (low, high) == (0, top) else f">= {low}" if high == top else f"{low}..{high}"
    field = Field(
        kind=f"u{8 * width}",
        width=width,
        meaning=meaning,
        check=check,
        allowed=bounds,
        rule=rule,
        symbol=_named(names or {}),
    )
    return _declared(field)


def _open(
    kind: str,
    width: int,
    meaning: str,
    check: Callable[[Any], str | None],
    *,
    allowed: str,
    rule: str,
    default: Any = dataclasses.MISSING,
    symbol: Callable[[Any], str] = lambda _value: "",
) -> Any:
    """Declare a field whose other values a later version may define: they are unsupported."""
    field = Field(
        kind=kind,
        width=width,
        meaning=meaning,
        check=check,
        allowed=allowed,
        rule=rule,
        failure="unsupported",
        symbol=symbol,
    )
    return _declared(field, default)


def _declared(field: Field, default: Any = dataclasses.MISSING) -> Any:
    return dataclasses.field(default=default, metadata={"field": field})


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.to_bytes(8, "little")
