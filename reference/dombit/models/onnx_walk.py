"""The walk over an ONNX model: all its tensors, in the order that names them (chapter 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dombit.errors import BadSource
from dombit.models.naming import clean
from dombit.models.onnx_tensors import (
    Fields,
    LeftLiteral,
    Stored,
    is_string,
    locate,
    location,
    stored_name,
    tensor_fields,
)
from dombit.models.protobuf import BYTES, Field, Message
from dombit.records import Buffer

_MAX_NOTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A tensor in walk order."""

    name: str
    """Its name, cleaned, but perhaps not unique."""
    stored: Stored


class Walk:
    """A walk over all tensors of a model, in the order of chapter 10."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.files: dict[str, None] = {}  # names of external files, in walk order
        self.whole = ""  # why the file has to be carried whole
        self._notes: list[str] = []
        self._unsaid = 0

    def notes(self) -> tuple[str, ...]:
        """Return the notes, the last one for all that were too many."""
        more = (f"{self._unsaid} more tensors stay in the skeleton",) if self._unsaid else ()
        return (*self._notes, *more)

    def note(self, name: str, reason: str) -> None:
        """Remember why a tensor is not taken out of the file."""
        if len(self._notes) < _MAX_NOTES:
            self._notes.append(f"tensor {name[:200]!r} stays in the skeleton: {reason}")
        else:
            self._unsaid += 1

    def model(self, message: Message) -> None:
        """Walk a ModelProto."""
        parts = message.collect({7: BYTES, 20: BYTES, 25: BYTES})
        if not parts[7]:
            raise BadSource("it holds no graph")
        for graph in self._single(message, parts[7], "the graph"):
            self._graph(graph, b"")
        for field in parts[25]:
            self._function(message.child(field))
        for number, field in enumerate(parts[20]):
            training = message.child(field)
            graphs = training.collect({1: BYTES, 2: BYTES})
            for key, name in ((1, b"initialization"), (2, b"algorithm")):
                for graph in self._single(training, graphs[key], "a training graph"):
                    self._graph(graph, b"training#%d/%s/" % (number, name))

    def _single(self, message: Message, fields: list[Field], what: str) -> Iterator[Message]:
        """Yield the messages of a field that should stand once; else the file is carried whole."""
        if len(fields) > 1:
            self.whole = f"{what} stands there {len(fields)} times"
        for field in fields:
            yield message.child(field)

    def _graph(self, graph: Message, prefix: bytes) -> None:
        for number, message in enumerate(graph.select(5)):
            self._tensor(message, prefix, b"initializer#%d" % number)
        for number, message in enumerate(graph.select(15)):
            self._sparse_initializer(message, prefix, b"sparse_initializer#%d" % number)
        for number, node in enumerate(graph.select(1)):
            self._node(node, prefix, number)

    def _function(self, function: Message) -> None:
        parts = function.collect({1: BYTES, 10: BYTES})
        prefix = b"%s::%s/" % (_text(function, parts[10]), _text(function, parts[1]))
        for attribute in function.select(11):
            self._attribute(attribute, prefix, b"")
        for number, node in enumerate(function.select(7)):
            self._node(node, prefix, number)

    def _node(self, node: Message, prefix: bytes, number: int) -> None:
        parts = node.collect({2: BYTES, 3: BYTES, 4: BYTES, 5: BYTES, 7: BYTES})
        path = prefix + (_text(node, parts[3]) or b"node#%d" % number) + b"/"
        constant = b""
        if _text(node, parts[4]) == b"Constant" and _text(node, parts[7]) in {b"", b"ai.onnx"}:
            output = _text(node, parts[2][:1])
            constant = prefix + output if output else b""
        for field in parts[5]:
            self._attribute(node.child(field), path, constant)

    def _attribute(self, attribute: Message, path: bytes, constant: bytes) -> None:
        parts = attribute.collect(dict.fromkeys((1, 5, 6, 10, 11, 22, 23), BYTES))
        name = _text(attribute, parts[1])
        inner = path + name
        for message in self._single(attribute, parts[5], "an attribute's tensor"):
            self._named(message, constant if constant and name == b"value" else inner)
        for message in self._single(attribute, parts[6], "an attribute's graph"):
            self._graph(message, inner + b"/")
        for number, field in enumerate(parts[10]):
            self._named(attribute.child(field), b"%s/%d" % (inner, number))
        for number, field in enumerate(parts[11]):
            self._graph(attribute.child(field), b"%s/%d/" % (inner, number))
        for message in self._single(attribute, parts[22], "an attribute's sparse tensor"):
            self._sparse(message, inner)
        for number, field in enumerate(parts[23]):
            self._sparse(attribute.child(field), b"%s/%d" % (inner, number))

    def _sparse(self, sparse: Message, name: bytes) -> None:
        parts = sparse.collect({1: BYTES, 2: BYTES})
        for message in self._single(sparse, parts[1], "a sparse tensor's values"):
            self._named(message, name + b".values")
        for message in self._single(sparse, parts[2], "a sparse tensor's indices"):
            self._named(message, name + b".indices")

    def _sparse_initializer(self, sparse: Message, prefix: bytes, unnamed: bytes) -> None:
        values = sparse.collect({1: BYTES})[1]
        name = b""
        if values:
            message = sparse.child(values[-1])
            name = stored_name(message, tensor_fields(message))
        self._sparse(sparse, prefix + (name or unnamed))

    def _tensor(self, message: Message, prefix: bytes, unnamed: bytes) -> None:
        fields = tensor_fields(message)
        self._located(message, fields, prefix + (stored_name(message, fields) or unnamed))

    def _named(self, message: Message, wanted: bytes) -> None:
        self._located(message, tensor_fields(message), wanted)

    def _located(self, message: Message, fields: Fields, wanted: bytes) -> None:
        """Locate a tensor, or note why it cannot be; string tensors are passed over."""
        name = clean(wanted)
        try:
            if (file := location(message, fields)) is not None:
                self.files[file] = None
            if not is_string(fields):
                self.found.append(Found(name=name, stored=locate(message, fields)))
        except LeftLiteral as left:
            self.note(name, str(left))


def _text(message: Message, fields: Sequence[Field]) -> bytes:
    """Return the content of a string field, the last one; empty where there is none."""
    return bytes(message.content(fields[-1])) if fields else b""


def walked(data: Buffer) -> Walk:
    """Walk a model file; raises BadSource where it is no ONNX model, or a damaged one."""
    view = memoryview(data).cast("B")
    walk = Walk()
    try:
        walk.model(Message(view, 0, len(view)))
    except BadSource as error:
        message = f"no ONNX model, or a damaged one: {error.message}"
        raise BadSource(message, hint=error.hint) from None
    return walk
