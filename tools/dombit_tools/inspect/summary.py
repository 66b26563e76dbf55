"""Summary: a survey as a page for people, or as one object for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dombit.terminal import escape, failure, table
from dombit_tools.inspect.survey import Survey
from dombit_tools.inspect.words import bits_text, fault_lines, joined, share_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of the stream as a whole."""

    file: str
    verified: bool
    """Whether all symbols were decoded and all digests compared."""


def summary_lines(survey: Survey, verdict: Verdict) -> Iterator[str]:
    """Yield the lines of a summary."""
    yield from _opening(survey, verdict)
    if survey.codings:
        yield ""
        yield from table(_coding_rows(survey))
    if survey.bytes:
        yield ""
        yield from table(_part_rows(survey))
    if survey.deflated:
        yield f"deflated payloads ({survey.deflated:,} bytes) are shared out by inflated size"
    for error in survey.faults:
        yield ""
        yield from fault_lines(error)


def summary_object(survey: Survey, verdict: Verdict) -> dict[str, Any]:
    """Return the summary as an object; `ok` and what belongs to an error at its top."""
    return {
        "ok": not survey.faults,
        **(failure(survey.faults[0]) if survey.faults else {}),
        "file": verdict.file,
        "verified": verdict.verified and not survey.faults,
        "bytes": survey.bytes,
        "version": _version(survey),
        "profile": _word(survey, "header.profile"),
        "level": _value(survey, "header.level"),
        "carrier": _word(survey, "skeleton.carrier"),
        "model_digest": _value(survey, "model_end.model_digest"),
        "tensors": survey.tensors,
        "output_bytes": _value(survey, "structure.output_bytes"),
        "weights": survey.weights,
        "bits_per_weight": 8 * survey.bytes / survey.weights if survey.weights else None,
        "units": dict(survey.units),
        "codings": [
            {
                "coding": coding,
                "dtype": dtype,
                "tensors": row.tensors,
                "elements": row.elements,
                "bytes": row.bytes,
                "bits_per_element": 8 * row.bytes / row.elements if row.elements else None,
            }
            for (coding, dtype), row in survey.codings.items()
        ],
        "parts": {part: size for part, size in survey.parts.most_common() if size},
        "faults": [failure(error) for error in survey.faults],
    }


def _opening(survey: Survey, verdict: Verdict) -> Iterator[str]:
    level = _value(survey, "header.level")
    features = joined(
        (
            f"dombit {_version(survey)}" if _version(survey) else "no header that could be read",
            f"profile {_word(survey, 'header.profile')}" if level is not None else "",
            f"level {level}" if level is not None else "",
            "index" if survey.units["index"] else "no index",
            f"carrier {_word(survey, 'skeleton.carrier')}" if survey.units["skeleton"] else "",
        )
    )
    yield f"{escape(verdict.file)}: {survey.bytes:,} bytes, {features}"
    bits = f" at {bits_text(survey.bytes, survey.weights)} bit" if survey.weights else ""
    output = _value(survey, "structure.output_bytes")
    decoded = f", {output:,} bytes decoded" if output is not None else ""
    yield f"{_tensors(survey)}, {survey.weights:,} weights{bits}{decoded}"
    digest = _value(survey, "model_end.model_digest")
    if digest is not None:
        checked = "verified" if verdict.verified and not survey.faults else "not verified"
        yield f"model digest {bytes(digest).hex()} ({checked})"
    units = ", ".join(f"{count:,} {name}" for name, count in survey.units.items())
    yield f"{survey.units.total():,} units{': ' if units else ''}{escape(units)}"
    if survey.faults:
        count = len(survey.faults)
        yield f"{count} FAULT{'S' if count > 1 else ''}, see below: a decoder refuses this stream"


def _tensors(survey: Survey) -> str:
    """Return how many tensors there are; what a structure inherits is not known without root."""
    count = _value(survey, "structure.tensor_count") or 0
    if _inherits(survey) and not survey.tensors and count:
        return f"{count:,} tensors inherited from the root (--root shows them)"
    return f"{survey.tensors:,} tensor{'' if survey.tensors == 1 else 's'}"


def _inherits(survey: Survey) -> bool:
    return bool((_value(survey, "structure.flags") or 0) & 2)


def _coding_rows(survey: Survey) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("coding", "dtype", "tensors", "elements", "bytes", "share", "bits each")
    ]
    ordered = sorted(survey.codings.items(), key=lambda item: -item[1].bytes)
    for (coding, dtype), row in ordered:
        counts = (f"{row.tensors:,}", f"{row.elements:,}", f"{row.bytes:,}")
        ratios = (share_text(row.bytes, survey.bytes), bits_text(row.bytes, row.elements))
        rows.append((coding, dtype, *counts, *ratios))
    return rows


def _part_rows(survey: Survey) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("part", "bytes", "share")]
    for part, size in survey.parts.most_common():
        if size:
            rows.append((part, f"{size:,}", share_text(size, survey.bytes)))
    return rows


def _version(survey: Survey) -> str | None:
    major, minor = _value(survey, "header.version_major"), _value(survey, "header.version_minor")
    return None if major is None or minor is None else f"{major}.{minor}"


def _value(survey: Survey, path: str) -> Any:
    return survey.said.get(path, (None, ""))[0]


def _word(survey: Survey, path: str) -> str | None:
    found = survey.said.get(path)
    return None if found is None else found[1]
