"""Pickles: which tensors a checkpoint's pickle describes, found without executing it.

A stack machine over the opcodes (`pickletools.genops`) builds plain containers, and leaves
called functions and classes as symbols. It knows what `torch.save` emits (chapter 8, annex).
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, cast

from dombit.errors import BadSource
from dombit.models.paths import Unwalkable
from dombit.models.torchload import View
from dombit.models.torchnames import ORDERED_DICT, Symbol, harmless
from dombit.models.torchrefs import Opaque, StorageRef, call, storage_of

FAULTS = (IndexError, KeyError, TypeError, ValueError, OverflowError, EOFError, RecursionError)
"""What a damaged pickle makes the machine run into."""
CONSTANTS = frozenset(
    opcode.name
    for opcode in pickletools.opcodes
    if opcode.arg is not None
    and not opcode.stack_before
    and opcode.stack_after
    and opcode.stack_after[0] is not pickletools.anyobject
)
"""Opcodes that push their argument: integers, floats, text, bytes."""
LITERALS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
MAKERS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_SET": Opaque,
}
MARK = object()


@dataclass(slots=True)
class Walk:
    """State of the machine."""

    stack: list[Any] = field(default_factory=list)
    """Values and marks."""
    memo: dict[int, Any] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    """Names of functions and classes that are not PyTorch's plain data."""
    storages: dict[str, StorageRef] = field(default_factory=dict)
    """Every storage that the pickle names, by key."""
    opcodes: int = 0
    result: Any = None
    """What the pickle describes, once it is walked."""

    def since_mark(self) -> list[Any]:
        """Pop and return the values above the last mark, and pop the mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not MARK:
            at -= 1
            if at < 0:
                raise IndexError("no mark")
        values = self.stack[at + 1 :]
        del self.stack[at:]
        return values

    def symbol(self, module: str, name: str) -> Symbol:
        """Return a symbol, and take down its name if it is foreign."""
        made = Symbol(module=module, name=name)
        if not harmless(made):
            self.foreign.add(f"{module}.{name}")
        return made


def walk(stream: View) -> Walk:
    """Walk one pickle, and leave the stream after it.

    What the pickle describes consists of containers, constants, TensorRef, StorageRef, Symbol
    and Opaque. Raises BadSource for a damaged pickle or one with foreign classes or functions
    (nothing is ever called), and Unwalkable for what is not understood.
    """
    state = Walk()
    try:
        for opcode, argument, _ in pickletools.genops(cast(IO[bytes], stream)):
            state.opcodes += 1
            step(state, opcode.name, argument)
        state.result = state.stack.pop()
    except Unwalkable:
        if not state.foreign:
            raise
    except FAULTS as fault:
        if not state.foreign:
            raise BadSource(f"damaged pickle: {fault}") from fault
    if state.foreign:
        names = sorted(state.foreign)
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise BadSource(
            f"the checkpoint holds code or foreign classes: {shown}",
            hint="save the state dict alone: torch.save(model.state_dict(), path)",
        )
    return state


def step(state: Walk, name: str, argument: Any) -> None:
    """Execute one opcode on symbols."""
    stack = state.stack
    if name in CONSTANTS:
        stack.append(argument)
    elif name in LITERALS:
        stack.append(LITERALS[name])
    elif name in MAKERS:
        stack.append(MAKERS[name]())
    elif name in HANDLERS:
        HANDLERS[name](state, argument)
    else:
        raise Unwalkable(f"pickle opcode {name}")


def _put(state: Walk, argument: Any) -> None:
    state.memo[len(state.memo) if argument is None else argument] = state.stack[-1]


def _get(state: Walk, argument: Any) -> None:
    state.stack.append(state.memo[argument])


def _pop(state: Walk, _: Any) -> None:
    state.stack.pop()


def _pop_mark(state: Walk, _: Any) -> None:
    state.since_mark()


def _tuple(count: int) -> Callable[[Walk, Any], None]:
    def run(state: Walk, _: Any) -> None:
        if len(state.stack) < count:
            raise IndexError("stack underflow")
        state.stack[-count:] = [tuple(state.stack[-count:])]

    return run


def _marked_dict(state: Walk, _: Any) -> None:
    values = state.since_mark()
    state.stack.append({})
    _store(state.stack[-1], values)


def _store(target: Any, values: list[Any]) -> None:
    """Put keys and values, alternating, into a dict; an opaque object swallows them."""
    if isinstance(target, Opaque):
        return
    if type(target) is not dict or len(values) % 2:
        raise TypeError("items for what is no dict")
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[_plain_key(key)] = value


def _plain_key(key: Any) -> Any:
    """Return a key whose hash is cheap: a constant, or a tuple of constants."""
    parts = key if isinstance(key, tuple) else (key,)
    if not all(part is None or isinstance(part, (str, int, float, bytes)) for part in parts):
        raise Unwalkable("a mapping with keys that are no constants")
    return key


def _setitem(state: Walk, _: Any) -> None:
    value, key = state.stack.pop(), state.stack.pop()
    _store(state.stack[-1], [key, value])


def _setitems(state: Walk, _: Any) -> None:
    values = state.since_mark()
    _store(state.stack[-1], values)


def _extend(target: Any, values: list[Any]) -> None:
    if isinstance(target, Opaque):
        return
    if type(target) is not list:
        raise TypeError("items for what is no list")
    target.extend(values)


def _append(state: Walk, _: Any) -> None:
    value = state.stack.pop()
    _extend(state.stack[-1], [value])


def _appends(state: Walk, _: Any) -> None:
    values = state.since_mark()
    _extend(state.stack[-1], values)


def _global(state: Walk, argument: Any) -> None:
    module, _, name = argument.partition(" ")
    state.stack.append(state.symbol(module, name))


def _stack_global(state: Walk, _: Any) -> None:
    name, module = state.stack.pop(), state.stack.pop()
    state.stack.append(state.symbol(str(module), str(name)))


def _instance(state: Walk, argument: Any) -> None:
    state.since_mark()
    _global(state, argument)
    state.stack[-1] = Opaque()


def _object(state: Walk, _: Any) -> None:
    state.since_mark()
    state.stack.append(Opaque())


def _drop(count: int) -> Callable[[Walk, Any], None]:
    """NEWOBJ and the like: class and arguments become one opaque object."""

    def run(state: Walk, _: Any) -> None:
        for _ in range(count):
            state.stack.pop()
        state.stack.append(Opaque())

    return run


def _extension(state: Walk, argument: Any) -> None:
    state.foreign.add(f"extension code {argument}")
    state.stack.append(Opaque())


def _reduce(state: Walk, _: Any) -> None:
    arguments, function = state.stack.pop(), state.stack.pop()
    if not isinstance(arguments, tuple):
        raise TypeError("arguments that are no tuple")
    if function == ORDERED_DICT and arguments:
        state.stack.append({})
        _store(state.stack[-1], [part for pair in arguments[0] for part in pair])
        return
    state.stack.append(call(function, arguments))


def _build(state: Walk, _: Any) -> None:
    """BUILD: the state of an ordered dict (`_metadata`) holds no tensors of the model."""
    state.stack.pop()
    if not isinstance(state.stack[-1], (dict, Opaque)):
        raise Unwalkable("a tensor or list with attributes")


def _persistent(state: Walk, _: Any) -> None:
    saved = state.stack.pop()
    made = storage_of(saved)
    known = state.storages.setdefault(made.key, made)
    if (known.size, known.dtype) != (made.size, made.dtype):
        raise Unwalkable(f"storage {made.key} with two sizes or types")
    state.stack.append(made)


def _nothing(state: Walk, _: Any) -> None:
    """PROTO, FRAME, STOP."""


HANDLERS: dict[str, Callable[[Walk, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _extension),
    "MARK": lambda state, _: state.stack.append(MARK),
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": lambda state, _: state.stack.append(state.stack[-1]),
    "TUPLE": lambda state, _: state.stack.append(tuple(state.since_mark())),
    "LIST": lambda state, _: state.stack.append(state.since_mark()),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "DICT": _marked_dict,
    "SETITEM": _setitem,
    "SETITEMS": _setitems,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _appends,
    "FROZENSET": _object,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _instance,
    "OBJ": _object,
    "NEWOBJ": _drop(2),
    "NEWOBJ_EX": _drop(3),
    "REDUCE": _reduce,
    "BUILD": _build,
    "BINPERSID": _persistent,
}
