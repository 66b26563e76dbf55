"""Stream header: version, level and features of a whole stream (chapter 3)."""

from __future__ import annotations

from dataclasses import dataclass

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.fields import enum, flags, mask64, u16
from dombit.bitstream.registry import FEATURES, KNOWN_FEATURES, PACKED_UNITS, PROFILES
from dombit.bitstream.source import of_unit
from dombit.limits import LEVELS
from dombit.records import StreamHeader, Unit
from dombit.trace import Trace, no_trace

INDEXED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderPayload(Bundle):
    """Payload of the stream header unit."""

    version_major: int = enum(1, "Major version.", {0: "0"}, rule="R-CON-027")
    version_minor: int = enum(1, "Minor version.", {1: "1"}, rule="R-CON-028")
    profile: int = enum(1, "Tools that the stream may use.", PROFILES, rule="R-CON-029")
    level: int = enum(
        1, "Sizes of lanes and tables.", {level: str(level) for level in LEVELS}, rule="R-CON-030"
    )
    model_count: int = u16("Models in the stream.", low=1, rule="R-CON-031")
    flags: int = flags(2, "Flags.", {0: "an index unit is present"}, rule="R-CON-032")
    required_features: int = mask64(
        "Features that a decoder must know.", FEATURES, KNOWN_FEATURES, rule="R-CON-033"
    )


def parse(unit: Unit, trace: Trace = no_trace) -> StreamHeader:
    """Return the record of a stream header unit."""
    source = of_unit(unit, trace)
    head = HeaderPayload.parse(source, exact=True)

    if head.model_count > 1:
        message = f"{head.model_count} models need feature 7 ({FEATURES[7]})"
        source.refuse("unsupported", "R-CON-034", message, 4)
    if bool(head.required_features & PACKED_UNITS) != unit.packed:
        message = f"the stream is {'' if unit.packed else 'not '}packed, feature 8 says otherwise"
        source.refuse("malformed", "R-CON-052", message, 8)
    return StreamHeader(
        version_major=head.version_major,
        version_minor=head.version_minor,
        profile=head.profile,
        level=head.level,
        model_count=head.model_count,
        indexed=bool(head.flags & INDEXED),
        required_features=head.required_features,
    )


def build(header: StreamHeader) -> bytes:
    """Return the payload of a stream header unit."""
    payload = HeaderPayload(
        version_major=header.version_major,
        version_minor=header.version_minor,
        profile=header.profile,
        level=header.level,
        model_count=header.model_count,
        flags=INDEXED if header.indexed else 0,
        required_features=header.required_features,
    )
    return payload.build()
