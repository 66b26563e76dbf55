"""Words: values, bytes and places as the views show them: escaped, and short enough for a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dombit.errors import DombitError
from dombit.events import SpanRead, TensorRead
from dombit.terminal import escape
from dombit.trace import FieldRead
from dombit_tools.inspect.rules import rule_text

VALUE_SHOWN = 72
LIKE_TEXT = 0.75
"""Share of printable characters from which on bytes are shown as text."""
DUMP_BYTES, DUMP_WIDTH = 8, 44
"""Bytes of a line, and its characters."""


def value_text(event: FieldRead) -> str:
    """Return the value of a field, and the registry's word for it."""
    word = f" ({escape(event.symbol)})" if event.symbol else ""
    return shorten(shown_value(event.value)) + word


def shown_value(value: Any) -> str:
    """Return a value as text: bytes that are text quoted, others in hexadecimal."""
    if isinstance(value, bytes | bytearray | memoryview):
        return text_or_hex(bytes(value))
    return escape(value)


def text_or_hex(data: bytes) -> str:
    """Return bytes as a quoted text where they look like one."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data.hex()
    printable = sum(map(str.isprintable, text))
    return f'"{escape(text)}"' if text and printable >= LIKE_TEXT * len(text) else data.hex()


def shorten(text: str, most: int = VALUE_SHOWN) -> str:
    """Cut a text that is too long for a line."""
    return text if len(text) <= most else text[: most - 3] + "..."


def place_text(at: int) -> str:
    """Return an offset in both notations."""
    return f"{at} (0x{at:x})"


def dump(start: int, data: bytes, size: int, *, inflated: bool = False) -> list[str]:
    """Return lines of offset, bytes and text, all as wide as DUMP_WIDTH.

    `data`: the first of `size` bytes.
    """
    mark = "+" if inflated else " "
    lines = []
    for at in range(0, len(data), DUMP_BYTES):
        line = data[at : at + DUMP_BYTES]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        lines.append(f"{mark}{start + at:08x}  {line.hex(' '):<23}  {text:<8}")
    if size > len(data):
        lines.append(f"*  to {start + size:08x}".ljust(DUMP_WIDTH))
    return lines


def fault_lines(error: DombitError) -> list[str]:
    """Return what is wrong, where, and the sentence that says so."""
    at = "" if error.at is None else f"byte {place_text(error.at)}"
    tensor = "" if error.tensor is None else f'tensor "{error.tensor}"'
    places = [at, error.unit or "", tensor, f"stage {error.stage}"]
    lines = [
        f"fault: {error.kind}: {error.message}",
        "  at " + ", ".join(place for place in places if place),
        f"  {rule_text(error.rule)}",
    ]
    return [escape(line) for line in lines] + ([f"  hint: {error.hint}"] if error.hint else [])


def tensor_text(tensor: TensorRead) -> str:
    """Return name, dtype and shape of a tensor."""
    alias = "" if tensor.alias_of is None else f", an alias of tensors[{tensor.alias_of}]"
    hidden = ", hidden" if tensor.hidden else ""
    return f'"{escape(tensor.name)}" {tensor.dtype} {list(tensor.shape)}{alias}{hidden}'


def span_text(span: SpanRead) -> str:
    """Return what a group says of a tensor."""
    said = [
        f"{span.coding}, rows {span.first_row} to {span.first_row + span.axis_groups[0]}",
        f"symbols {span.start} to {span.start + span.count}",
        steps_text(span),
        classes_text(span),
        zeros_text(span),
    ]
    return joined(said)


def steps_text(span: SpanRead) -> str:
    """Return the step or the range of steps; empty where there is none."""
    if not span.steps:
        return ""
    least, most = (f"{mantissa} x 2^{exponent}" for mantissa, exponent in span.steps)
    along = "" if span.step_axis is None else f" along axis {span.step_axis}"
    return f"step {least}" + (f" to {most}" if least != most else "") + along


def classes_text(span: SpanRead) -> str:
    """Return which axis groups carry classes, and how many indices each has."""
    if not span.class_axes:
        return ""
    groups = " and ".join(f"{group} ({span.axis_groups[group]:,})" for group in span.class_axes)
    return f"classes on axis groups {groups}"


def zeros_text(span: SpanRead) -> str:
    """Return how many low bits of the mantissa are zero; empty where none are."""
    if span.coding == "float" and span.low_zero is None:
        return "zero low bits said row by row"
    return f"{span.low_zero} zero low bits in every row" if span.low_zero else ""


def bits_text(size: float, elements: int) -> str:
    """Return bits per element."""
    return f"{8 * size / elements:.3f}" if elements else "-"


def share_text(size: int, whole: int) -> str:
    """Return a share in percent."""
    return f"{100 * size / whole:.1f} %" if whole else "-"


def joined(words: Sequence[str]) -> str:
    """Return words that are not empty, separated by commas."""
    return ", ".join(word for word in words if word)
