"""The pickle machine of a safe load: it builds data, and calls nothing that a file names.

A pickle is a program for a machine with a stack. This one knows the 40 instructions that data
needs. A name in the file is looked up in a list, and only what is on the list can be called, each
with arguments that are checked: no code from the file runs, and there is no way around it.

Source: https://docs.python.org/3/library/pickletools.html
"""

from __future__ import annotations

import codecs
import struct
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any

from minitorch import _utils
from minitorch.backend import device
from minitorch.dtypes import Size, dtype
from minitorch.memory import layout
from minitorch.serialization.archive import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 250
"""So deep may containers lie in each other: `repr`, `==` and `deepcopy` recurse."""

_ATOMS = (str, int, float, bool, bytes, complex, type(None), dtype, device)
_OPS: dict[int, Callable[[Machine], None]] = {}


def _op(code: bytes) -> Callable:
    def keep(method: Callable) -> Callable:
        _OPS[code[0]] = method
        return method

    return keep


class Machine:
    """Runs the pickle in `data` from `at` on.

    `find(module, name)` gives the object a name stands for, or refuses; `load(id)` the storage of
    a persistent id. `trusted` are objects the user allows to be called and made instances of.
    """

    def __init__(
        self,
        data: bytes,
        find: Callable,
        load: Callable,
        trusted: tuple = (),
        encoding: str = "utf-8",
        at: int = 0,
    ) -> None:
        self.data, self.at, self.find, self.load = data, at, find, load
        self.trusted, self.encoding = trusted, encoding
        self.outside: Exception | None = None  # raised where a storage was to be put
        self.stack: list = []
        self.marks: list[list] = []
        self.memo: dict[int, Any] = {}
        self.copies = 4 * len(data) + 1000  # elements that may be copied out of what is there
        self.made: dict[int, Any] = {}  # by id, what the user's classes made: it may get a state

    def run(self) -> Any:
        """What the pickle describes. Raises: CheckpointError for whatever is wrong with it."""
        try:
            found = self._run()
        except (CheckpointError, NotImplementedError):
            raise
        except Exception as error:
            if error is self.outside:
                raise
            if isinstance(error, IndexError) and not self.stack:
                error = IndexError("its stack is empty")
            raise CheckpointError(
                f"the pickle in this checkpoint is broken at byte {self.at}: "
                f"{type(error).__name__}: {error}"
            ) from error
        check_depth(found)
        return found

    def _run(self) -> Any:
        data, ops = self.data, _OPS
        while self.at < len(data):
            code = data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.stack.pop()
            if code not in ops:
                raise CheckpointError(
                    f"instruction {bytes([code])!r} at byte {self.at - 1} is none that data needs"
                )
            ops[code](self)
        raise CheckpointError("the pickle in this checkpoint ends early")

    def read(self, n: int) -> bytes:
        """The next n bytes."""
        found = self.data[self.at : self.at + n]
        if len(found) != n:
            raise CheckpointError(f"the pickle ends early: expected {n} bytes, got {len(found)}")
        self.at += n
        return found

    def number(self, form: str) -> Any:
        """The next bytes as a number in the format `form` of `struct`."""
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The text up to the end of the line."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise CheckpointError("the pickle ends early, inside a name")
        found = self.data[self.at : end].decode("utf-8")
        self.at = end + 1
        return found

    def since_mark(self) -> list:
        """What was put on the stack since the last mark."""
        if not self.marks:
            raise CheckpointError("the pickle goes back to a mark it never set")
        found, self.stack = self.stack, self.marks.pop()
        return found

    def pay(self, n: int) -> None:
        """Count n copied elements: memory grows with the file, not with how often it copies."""
        self.copies -= n
        if self.copies < 0:
            raise CheckpointError("the pickle copies far more elements than it holds")

    # ---------------------------------------------------------------- instructions

    @_op(b"\x80")
    def _proto(self) -> None:
        if (version := self.read(1)[0]) != 2:
            raise CheckpointError(f"expected pickle protocol 2, got {version}")

    @_op(b"c")
    def _global(self) -> None:
        self.stack.append(self.find(self.line(), self.line()))

    @_op(b"Q")
    def _persistent(self) -> None:
        identity = self.stack.pop()
        try:
            self.stack.append(self.load(identity))
        except Exception as error:
            self.outside = error
            raise

    @_op(b"R")
    def _reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        if type(args) is not tuple:
            raise CheckpointError(f"a call takes a tuple, got {type(args).__name__}")
        self.stack.append(self.call(function, args))

    def call(self, function: Any, args: tuple) -> Any:
        """`function(*args)`, of what may be called."""
        if _among(function, self.trusted):
            return self._keep(function(*args))
        for known, safe in _CALLS:
            if function is known:
                return safe(self, *args)
        raise CheckpointError(f"{_name(function)} is not called from a checkpoint")

    @_op(b"\x81")
    def _new(self) -> None:
        args, cls = self.stack.pop(), self.stack.pop()
        if not (_among(cls, self.trusted) and isinstance(cls, type) and type(args) is tuple):
            raise CheckpointError(f"no instance of {_name(cls)} is made from a checkpoint")
        self.stack.append(self._keep(cls.__new__(cls, *args)))

    def _keep(self, made: Any) -> Any:
        self.made[id(made)] = made
        return made

    @_op(b"b")
    def _build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is OrderedDict and type(state) is dict and set(state) <= {"_metadata"}:
            target.__dict__.update(state)
            return
        if id(target) not in self.made:
            raise CheckpointError(f"no state is given to {type(target).__name__} by a checkpoint")
        if hasattr(target, "__setstate__"):
            target.__setstate__(state)
            return
        attributes, slots = state if type(state) is tuple and len(state) == 2 else (state, None)
        target.__dict__.update(attributes or {})
        for name, value in (slots or {}).items():
            setattr(target, name, value)

    @_op(b"q")
    def _put(self) -> None:
        self.memo[self.read(1)[0]] = self.stack[-1]

    @_op(b"r")
    def _long_put(self) -> None:
        self.memo[self.number("<I")] = self.stack[-1]

    @_op(b"h")
    def _get(self) -> None:
        self.stack.append(self.memo[self.read(1)[0]])

    @_op(b"j")
    def _long_get(self) -> None:
        self.stack.append(self.memo[self.number("<I")])

    @_op(b"(")
    def _mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []

    @_op(b"0")
    def _pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()

    @_op(b"1")
    def _pop_mark(self) -> None:
        self.since_mark()

    @_op(b"t")
    def _tuple(self) -> None:
        found = tuple(self.since_mark())
        self.stack.append(found)

    @_op(b")")
    def _empty_tuple(self) -> None:
        self.stack.append(())

    @_op(b"\x85")
    def _tuple1(self) -> None:
        self.stack[-1] = (self.stack[-1],)

    @_op(b"\x86")
    def _tuple2(self) -> None:
        last, first = self.stack.pop(), self.stack.pop()
        self.stack.append((first, last))

    @_op(b"\x87")
    def _tuple3(self) -> None:
        last, middle, first = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.stack.append((first, middle, last))

    @_op(b"]")
    def _empty_list(self) -> None:
        self.stack.append([])

    @_op(b"}")
    def _empty_dict(self) -> None:
        self.stack.append({})

    @_op(b"a")
    def _append(self) -> None:
        self._extend([self.stack.pop()])

    @_op(b"e")
    def _appends(self) -> None:
        self._extend(self.since_mark())

    def _extend(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise CheckpointError(f"elements are appended to {type(target).__name__}")
        target.extend(items)

    @_op(b"s")
    def _setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._update([key, value])

    @_op(b"u")
    def _setitems(self) -> None:
        self._update(self.since_mark())

    def _update(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter) and id(target) not in self.made:
            raise CheckpointError(f"items are set in {type(target).__name__}")
        if len(items) % 2:
            raise CheckpointError("an item is set that is no pair")
        for key, value in zip(items[::2], items[1::2]):
            target[_hashable(key)] = value

    @_op(b"N")
    def _none(self) -> None:
        self.stack.append(None)

    @_op(b"\x88")
    def _true(self) -> None:
        self.stack.append(True)

    @_op(b"\x89")
    def _false(self) -> None:
        self.stack.append(False)

    @_op(b"J")
    def _int(self) -> None:
        self.stack.append(self.number("<i"))

    @_op(b"K")
    def _int1(self) -> None:
        self.stack.append(self.read(1)[0])

    @_op(b"M")
    def _int2(self) -> None:
        self.stack.append(self.number("<H"))

    @_op(b"\x8a")
    def _long(self) -> None:
        self.stack.append(int.from_bytes(self.read(self.read(1)[0]), "little", signed=True))

    @_op(b"G")
    def _float(self) -> None:
        self.stack.append(self.number(">d"))

    @_op(b"X")
    def _text(self) -> None:
        self.stack.append(self.read(self.number("<I")).decode("utf-8", "surrogatepass"))

    @_op(b"U")
    def _short_text_of_python2(self) -> None:
        self._text_of_python2(self.read(1)[0])

    @_op(b"T")
    def _long_text_of_python2(self) -> None:
        self._text_of_python2(self.number("<I"))

    def _text_of_python2(self, n: int) -> None:
        found = self.read(n)
        self.stack.append(found if self.encoding == "bytes" else found.decode(self.encoding))


def _among(x: Any, things: Any) -> bool:
    return any(x is thing for thing in things)


def _name(x: Any) -> str:
    return getattr(x, "__qualname__", type(x).__name__)


def _hashable(key: Any) -> Any:
    """A key of a dict or a member of a set: an atom, or a tuple of atoms.

    A tuple of tuples can be short and take forever to hash.
    """
    if not isinstance(key, _ATOMS) and not (
        isinstance(key, tuple) and all(isinstance(k, _ATOMS) for k in key)
    ):
        raise CheckpointError(f"expected a plain key, got {type(key).__name__}")
    return key


# ------------------------------------------------------------------ what may be called


def _ordered_dict(machine: Machine, pairs: Any = ()) -> OrderedDict:
    machine.pay(len(pairs))
    if not isinstance(pairs, (list, tuple)) or any(len(pair) != 2 for pair in pairs):
        raise CheckpointError("OrderedDict takes pairs")
    return OrderedDict((_hashable(key), value) for key, value in pairs)


def _counter(machine: Machine, counts: Any = None) -> Counter:
    machine.pay(len(counts or {}))
    if counts is not None and type(counts) is not dict:
        raise CheckpointError(f"Counter takes a dict, got {type(counts).__name__}")
    return Counter(counts)


def _set(machine: Machine, members: Any = ()) -> set:
    machine.pay(len(members))
    return {_hashable(x) for x in members}


def _size(machine: Machine, sizes: Any = ()) -> Size:
    machine.pay(len(sizes))
    if any(type(n) is not int for n in sizes):
        raise CheckpointError("torch.Size takes ints")
    return Size(sizes)


def _device(machine: Machine, kind: Any, index: Any = None) -> device:
    return device(kind, index)


def _encode(machine: Machine, text: Any, encoding: Any = "latin1") -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise CheckpointError("bytes are written as latin1 text")
    machine.pay(len(text))
    return text.encode("latin1")


def _bytearray(machine: Machine, data: Any = b"", encoding: Any = None) -> bytearray:
    if type(data) is str and encoding == "latin-1":
        data = data.encode("latin1")
    if type(data) is not bytes:
        raise CheckpointError(f"bytearray takes bytes, got {type(data).__name__}")
    machine.pay(len(data))
    return bytearray(data)


def _complex(machine: Machine, real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise CheckpointError("complex takes two floats")
    return complex(real, imag)


def _layout(machine: Machine, name: Any) -> layout:
    return get_layout(name)


def get_layout(name: str) -> layout:
    """The layout that prints as `name`."""
    from minitorch import memory

    found = getattr(memory, str(name).rpartition(".")[2], None)
    if not isinstance(found, layout):
        raise CheckpointError(f"expected the name of a layout, got {name!r}")
    return found


def _direct(function: Callable) -> tuple[Callable, Callable]:
    return function, lambda machine, *args: function(*args)


_CALLS: tuple[tuple[Any, Callable], ...] = (
    _direct(_utils._rebuild_tensor_v2),
    _direct(_utils._rebuild_parameter),
    (OrderedDict, _ordered_dict),
    _direct(_utils._rebuild_tensor_v3),
    _direct(_utils._rebuild_tensor),
    _direct(_utils._rebuild_parameter_with_state),
    _direct(_utils._rebuild_from_type_v2),
    (Counter, _counter),
    (set, _set),
    (Size, _size),
    (device, _device),
    (codecs.encode, _encode),
    (bytearray, _bytearray),
    (complex, _complex),
    (get_layout, _layout),
)


def check_depth(found: Any) -> None:
    """Refuse containers that lie in each other deeper than what reads them can recurse.

    The longest way down, without recursion: a container is measured when all in it are.
    """
    depth: dict[int, int | None] = {}  # None until it is known; one that holds itself ends there
    todo = [found]
    while todo:
        x = todo[-1]
        if depth.get(id(x)) is not None:
            todo.pop()
            continue
        inside = _inside(x)
        new = [] if id(x) in depth else [y for y in inside if id(y) not in depth]
        depth[id(x)] = None
        todo += new
        if not new:
            todo.pop()
            depth[id(x)] = down = 1 + max((depth[id(y)] or 0 for y in inside), default=0)
            if down > MAX_DEPTH:
                raise CheckpointError(f"containers lie in each other more than {MAX_DEPTH} deep")


def _inside(x: Any) -> list:
    """The containers directly in `x`."""
    if isinstance(x, dict):
        held = [*x.values(), *vars(x).values()] if isinstance(x, OrderedDict) else x.values()
    elif isinstance(x, (list, tuple)):
        held = x
    else:
        return []
    return [y for y in held if isinstance(y, (dict, list, tuple))]
