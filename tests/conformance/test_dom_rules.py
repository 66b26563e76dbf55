"""Rules of DoMs that need no file in the suite: more faults, chains, roots that are not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from adapter import decode_with_dombit
from conformance.decoder import Reject, RootMissing, decode
from conformance.make.dom import (
    chain_2,
    chain_3,
    copied,
    copied_bf16,
    int_u8,
    root_f32,
    root_grid,
    root_many,
    sparse_one,
    sparse_some,
    uniform_wide,
    whole,
)
from conformance.make.doms import copied as copied_tensor
from conformance.make.doms import dom
from conformance.make.model import Model
from conformance.make.stream import build_stream
from conformance.make.vector import change

from dombit import errors
from dombit.errors import DombitError

SUITE = Path(__file__).parents[2] / "conformance"


def stream(model: Model, faults: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a model, with faults."""
    return build_stream(model, faults).data


def roots_of(model: Model) -> list[bytes]:
    """Return the streams of all roots below a model."""
    return [stream(model.root), *roots_of(model.root)] if model.root else []


def refusal(data: bytes, roots: list[bytes]) -> Reject:
    """Return the refusal of a stream that must be refused."""
    with pytest.raises(Reject) as caught:
        decode(data, roots=roots)
    return caught.value


FAULTS = [
    (copied_bf16, {"structure.chain_depth": 0}, "forbidden-value structure R-PRE-002"),
    (copied_bf16, {"structure.name_text": b"x"}, "malformed structure R-PRE-008"),
    (copied_bf16, {"structure.root_digest": change(31, 128)}, "root-mismatch structure R-PRE-502"),
    (copied, {"structure.coded": (3,)}, "malformed structure R-PRE-006"),
    (uniform_wide, {"structure.coded": (1, 0)}, "malformed structure R-PRE-006"),
    (int_u8, {"structure.root_tensor": (12,)}, "malformed structure R-PRE-007"),
    (sparse_some, {"group.table_count": 34}, "forbidden-value parameters R-PRE-014"),
    (sparse_some, {"group.table_count": 0}, "forbidden-value parameters R-PRE-014"),
    (sparse_some, {"group.root_classes": 3}, "unsupported parameters R-GRP-008"),
    (sparse_some, {"group.root_classes": 0}, "malformed parameters R-GRP-018"),
    (sparse_some, {"group.table_map": (3,)}, "forbidden-value parameters R-PRE-015"),
    (sparse_some, {"segment1.kind": 3}, "unsupported segment R-SEG-001"),
    (sparse_one, {"segment.count": 1 << 32}, "malformed segment R-SEG-048"),
    (sparse_one, {"segment.side": lambda side: side + b"\0"}, "malformed segment R-SEG-032"),
    (sparse_one, {"segment.first": 1}, "malformed segment R-SEG-033"),
    (sparse_one, {"segment.word_count": 1}, "malformed segment R-SEG-008"),
    (int_u8, {"group.dtype": 32}, "forbidden-value parameters R-PRE-010"),
    (whole, {"group1.flags": 3}, "forbidden-value parameters R-PRE-010"),
]


@pytest.mark.parametrize(("program", "faults", "wanted"), FAULTS)
def test_a_fault_is_refused_by_its_rule(program: Any, faults: dict[str, Any], wanted: str) -> None:
    """One field of a valid DoM is wrong."""
    model = program.model()
    decode(stream(model), roots=roots_of(model))
    found = refusal(stream(model, faults), roots_of(model))
    assert f"{found.kind} {found.stage} {found.rule}" == wanted


def test_checks_of_a_predicted_group_come_in_order() -> None:
    """Where a group breaks several rules the text's order says which is named."""
    model = sparse_one.model()
    cases = [
        ({"group.coding": 1}, "R-GRP-033"),
        ({"group.flags": 2, "group.context_scale": 1, "group.table_count": 3}, "R-GRP-016"),
        ({"group.table_count": 3, "header.required_features": 1}, "R-PRE-004"),
        ({"group.table_count": 3, "group.root_classes": 0}, "R-PRE-014"),
        ({"segment.kind": 0, "segment.lanes_log2": 11}, "R-SEG-044"),
        ({"segment.kind": 0, "segment.count": 0}, "R-SEG-005"),
        ({"segment.count": 1 << 32, "segment.first": 1}, "R-SEG-048"),
        ({"structure.root_count": 0, "structure.chain_depth": 0}, "R-PRE-001"),
        ({"structure.chain_depth": 0, "header.required_features": 2}, "R-PRE-002"),
    ]
    for faults, rule in cases:
        assert (faults, refusal(stream(model, faults), roots_of(model)).rule) == (faults, rule)


# ----------------------------------------------------------------------------------------- roots


def test_a_root_is_needed() -> None:
    """Without a root nothing is decoded, and that is no fault of the stream."""
    model = sparse_one.model()
    with pytest.raises(RootMissing) as missing:
        decode(stream(model))
    assert missing.value.digest.hex() in str(missing.value)
    grid = decode(stream(root_grid.model()))
    assert missing.value.digest == grid.model_digest


def test_roots_of_roots_are_found_among_the_given() -> None:
    """In any order, with others; a missing one is missing, unless another one is given for it."""
    model = chain_3.model()
    below = roots_of(model)
    assert len(below) == 3
    other = stream(root_many.model())
    for roots in (below, below[::-1], [other, *below]):
        assert [tensor.name for tensor in decode(stream(model), roots=roots).tensors] == ["w"]
    with pytest.raises(RootMissing):
        decode(stream(model), roots=below[:2])
    assert refusal(stream(model), [*below[:2], other]).rule == "R-PRE-502"


def test_a_fault_of_a_root_is_reported() -> None:
    """A root that is refused cannot be a root."""
    model = chain_2.model()
    broken = stream(root_grid.model(), {"stored.data": change(0, 1)})
    assert refusal(stream(model), [stream(sparse_one.model()), broken]).rule == "R-IDN-002"


def test_a_root_in_another_carrier_is_the_same_root() -> None:
    """What counts is the model digest: here the root's stream has an index and other groups."""
    model, root = sparse_one.model(), root_grid.model()
    root.index = root.digests = True
    root.metadata = [("made", "otherwise")]
    assert (
        decode(stream(model), roots=[stream(root)]).tensors
        == decode(stream(model), roots=roots_of(model)).tensors
    )


def chain(length: int) -> list[bytes]:
    """Return a model and DoMs over it, each a copy of the one before but for its name."""
    model = root_f32.model()
    out = [stream(model)]
    bits = model.tensors[0].bits
    for number in range(length):
        model = dom(model, [copied_tensor(f"w{number}", "f32", bits, 2)])
        out.append(stream(model, {"structure.chain_depth": min(number + 1, 64)}))
    return out


def test_a_chain_has_at_most_64_doms() -> None:
    """64 are decoded, 65 are not, whatever chain_depth says."""
    streams = chain(65)
    assert decode(streams[64], roots=streams[:64]).tensors[0].name == "w63"
    found = refusal(streams[65], streams[:65])
    assert (found.kind, found.stage, found.rule) == ("limit-exceeded", "structure", "R-PRE-504")
    assert set(decode_with_dombit(streams[64], roots=streams[:64])[0]) == {"w63"}
    with pytest.raises(DombitError) as caught:
        decode_with_dombit(streams[65], roots=streams[:65])
    assert (caught.value.kind, caught.value.rule) == ("limit-exceeded", "R-PRE-504")


def test_a_chain_that_comes_back_is_refused() -> None:
    """Two DoMs that state each other's digests as roots, and a DoM that is its own root."""
    first, second = bytes([1]) * 32, bytes([2]) * 32
    model = copied_bf16.model()
    streams = [
        stream(model, {"structure.root_digest": root, "model_end.model_digest": own})
        for own, root in ((first, second), (second, first), (first, first))
    ]
    assert refusal(streams[0], streams[:2]).rule == "R-PRE-504"
    assert refusal(streams[2], [streams[2]]).rule == "R-PRE-504"
    for stream_, roots in ((streams[0], streams[:2]), (streams[2], [streams[2]])):
        with pytest.raises(DombitError, match="R-PRE-504"):
            decode_with_dombit(stream_, roots=roots)


def test_a_root_whose_own_root_was_not_given_is_missing() -> None:
    """That is not the stream's fault; the message names what is missing."""
    streams = chain(3)
    with pytest.raises(errors.RootMissing, match="was not given") as caught:
        decode_with_dombit(streams[3], roots=[streams[2]])
    assert decode(streams[1], roots=streams[:1]).model_digest.hex() in str(caught.value)


@pytest.mark.parametrize(
    ("stream_id", "roots", "code"),
    [
        ("dom/copied", ["dom/root_f32"], 0),
        ("dom/chain_3", ["dom/root_grid", "dom/sparse_one", "dom/chain_2"], 0),
        ("dom/copied", [], 4),
        ("dom/copied", ["dom/root_grid"], 1),
        ("dom/no_root_count", [], 1),
        ("feature/root_count", [], 3),
    ],
)
def test_exit_codes(stream_id: str, roots: list[str], code: int, tmp_path: Path) -> None:
    """0 decoded, 1 refused, 3 unsupported, 4 no root was given."""
    words = [sys.executable, "-m", "conformance.decoder", f"vectors/{stream_id}.dombit"]
    words += [word for root in roots for word in ("--root", f"vectors/{root}.dombit")]
    words = [str(SUITE / word) if word.startswith("vectors/") else word for word in words]
    done = subprocess.run(
        [*words, "-o", str(tmp_path)], capture_output=True, text=True, check=False, cwd=SUITE.parent
    )
    assert (done.returncode, done.stderr) == (code, "")
    last = json.loads(done.stdout.splitlines()[-1])
    assert set(last) == {0: {"model_digest"}, 4: {"missing", "why"}}.get(
        code, {"kind", "stage", "rule", "why"}
    )
