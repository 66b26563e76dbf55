"""Order: which unit may follow which, as a table, and what units demand besides (chapter 3)."""

from __future__ import annotations

from dombit.bitstream.container import MAX_INFLATED
from dombit.bitstream.group import GroupPayload
from dombit.bitstream.header import INDEXED, HeaderPayload
from dombit.bitstream.registry import (
    END,
    GROUP,
    HEADER,
    INDEX,
    METADATA,
    MODEL_END,
    PACKED,
    SEGMENT,
    SKELETON,
    SKELETON_DATA,
    SKELETON_PATCH,
    STORED_DATA,
    STRUCTURE,
    UNIT_TYPES,
)
from dombit.bitstream.skeleton import SkeletonPayload
from dombit.bitstream.source import of_unit
from dombit.bitstream.structure import StructurePayload
from dombit.bitstream.structure_root import HAS_SKELETON, INHERITS_SKELETON
from dombit.errors import fail
from dombit.records import STORED, Unit

START = 0
"""State before the first unit; every other state is the type of the known unit before."""

NEXT: dict[int, frozenset[int]] = {
    START: frozenset({HEADER, PACKED}),
    PACKED: frozenset({HEADER}),
    HEADER: frozenset({STRUCTURE}),
    STRUCTURE: frozenset({METADATA, SKELETON, SKELETON_PATCH, GROUP, MODEL_END}),
    METADATA: frozenset({SKELETON, SKELETON_PATCH, GROUP, MODEL_END}),
    SKELETON: frozenset({SKELETON_DATA, GROUP, MODEL_END}),
    SKELETON_DATA: frozenset({SKELETON_DATA, GROUP, MODEL_END}),
    SKELETON_PATCH: frozenset({GROUP, MODEL_END}),
    GROUP: frozenset({SEGMENT, STORED_DATA, GROUP, MODEL_END}),
    SEGMENT: frozenset({SEGMENT, GROUP, MODEL_END}),
    STORED_DATA: frozenset({STORED_DATA, GROUP, MODEL_END}),
    MODEL_END: frozenset({STRUCTURE, INDEX, END}),
    INDEX: frozenset({END}),
    END: frozenset(),
}
"""Types that may follow each state; behind a packed unit the first short one inside it."""


class Order:
    """What the units so far demand of the next one."""

    def __init__(self, literals_limit: int) -> None:
        """Begin before the first unit; a skeleton data unit has at most `literals_limit` bytes."""
        self.state = START
        self._literals_limit = min(literals_limit, MAX_INFLATED)
        self._models = 0
        self._indexed = False
        self._packed = False
        self._skeleton_due = False
        self._patchable = False
        self._literals_due = 0
        self._parts_due = 0
        self._part_type = SEGMENT

    def check(self, unit_type: int, start: int) -> None:
        """Refuse a unit, whose header is at `start`, that may not stand there."""
        self._check_table(unit_type, start)
        if unit_type not in UNIT_TYPES:
            return
        self._check_parts(unit_type, start)
        self._check_skeleton(unit_type, start)
        self._check_models(unit_type, start)

    def take(self, unit: Unit) -> None:
        """Note what a unit says about those after it; its fixed part is only peeked into."""
        if unit.type not in UNIT_TYPES:
            return
        self.state = unit.type
        if unit.type == PACKED:
            self._packed = True
        elif unit.type == HEADER:
            self._models = HeaderPayload.peek(unit.payload, "model_count")
            self._indexed = bool(HeaderPayload.peek(unit.payload, "flags") & INDEXED)
        elif unit.type == STRUCTURE:
            flags = StructurePayload.peek(unit.payload, "flags")
            self._skeleton_due = bool(flags & HAS_SKELETON)
            self._patchable = bool(flags & INHERITS_SKELETON)
        elif unit.type == SKELETON:
            self._skeleton_due = False
            self._literals_due = SkeletonPayload.peek(unit.payload, "literal_bytes")
        elif unit.type == SKELETON_DATA:
            self._take_literals(unit)
        elif unit.type == GROUP:
            stored = GroupPayload.peek(unit.payload, "coding") == STORED
            self._parts_due = GroupPayload.peek(unit.payload, "segment_count")
            self._part_type = STORED_DATA if stored else SEGMENT
        elif unit.type in {SEGMENT, STORED_DATA}:
            self._parts_due -= 1
        elif unit.type == MODEL_END:
            self._models -= 1

    def finish_packed(self, start: int) -> None:
        """Refuse the end of a packed unit, whose payload is at `start`, that comes too early."""
        if self.state != MODEL_END or self._models > 0:
            _refuse("R-CON-040", "the packed unit ends before its model does", start)
        if self._indexed:
            _refuse("R-CON-043", "the header announces an index", start)

    def _check_table(self, unit_type: int, start: int) -> None:
        known, closing = unit_type in UNIT_TYPES, unit_type in {INDEX, END}
        follows = unit_type in NEXT[self.state] and not (closing and self._packed)
        if follows or (not known and self.state not in {START, PACKED}):
            return
        before = UNIT_TYPES[self.state].name if self.state else "the signature"
        name = UNIT_TYPES[unit_type].name if known else "unknown"
        _refuse("R-CON-035", f"unit {name} may not follow {before}", start)

    def _check_parts(self, unit_type: int, start: int) -> None:
        part = unit_type in {SEGMENT, STORED_DATA}
        if part and unit_type != self._part_type:
            _refuse("R-CON-036", "stored units and segments are mixed up", start)
        if part != (self._parts_due > 0):
            _refuse("R-CON-037", f"the group needs {self._parts_due} more segments", start)

    def _check_skeleton(self, unit_type: int, start: int) -> None:
        if unit_type in {GROUP, MODEL_END} and self._skeleton_due:
            _refuse("R-CON-038", "the structure announces a skeleton", start)
        if unit_type == SKELETON and not self._skeleton_due:
            _refuse("R-CON-039", "the structure announces no skeleton", start)
        if unit_type == SKELETON_PATCH and not self._patchable:
            _refuse("R-PRE-025", "the structure inherits no skeleton", start)
        if (unit_type == SKELETON_DATA) != (self._literals_due > 0):
            _refuse("R-SKE-023", f"the skeleton needs {self._literals_due} more bytes", start)

    def _check_models(self, unit_type: int, start: int) -> None:
        closing = unit_type in {INDEX, END}
        if closing and self._models > 0:
            _refuse("R-CON-040", f"{self._models} models are missing", start)
        if unit_type == STRUCTURE and self._models <= 0:
            _refuse("R-CON-041", "more models than the header says", start)
        if unit_type == INDEX and not self._indexed:
            _refuse("R-CON-042", "the header announces no index", start)
        if unit_type == END and self._indexed and self.state != INDEX:
            _refuse("R-CON-043", "the header announces an index", start)

    def _take_literals(self, unit: Unit) -> None:
        size = len(unit.payload)
        source = of_unit(unit)
        if not size:
            source.refuse("malformed", "R-SKE-072", "a skeleton data unit without bytes")
        if size > self._literals_limit:
            source.refuse("limit-exceeded", "R-SKE-024", f"{size} bytes of literals")
        if size > self._literals_due:
            message = f"{size} literal bytes, {self._literals_due} are missing"
            source.refuse("malformed", "R-SKE-025", message)
        self._literals_due -= size


def _refuse(rule: str, message: str, start: int) -> None:
    fail("malformed", rule, message, stage="container", at=start)
