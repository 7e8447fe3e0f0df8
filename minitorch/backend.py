"""Where arrays live: the array namespace `xp`, devices, and tables of faster kernels.

A *kernel table* maps a row's name to a faster implementation of that row with the same contract.
`install` puts a table over the rows, `uninstall` takes it off again; the rows stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as xp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ROWS", "UPDATES", "cpu", "device", "enter", "install", "own_rule", "uninstall",
    "use_threads", "when_defined", "xp",
]  # fmt: skip

ROWS: dict[str, Any] = {}  # every row by name; filled by `enter`

_KNOWN = (
    "cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu mtia"
)


class device:
    """Where a tensor's memory is. This engine has one place: `cpu`.

    Raises: RuntimeError for a name torch does not know; AssertionError for one that is not here.
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int):
            raise RuntimeError(
                f"device({type}): a number alone names an accelerator, and there is none here"
            )
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, not {type.__class__.__name__}")
        name, _, number = type.partition(":")
        if name not in _KNOWN.split() or (number and not number.isdigit()):
            raise RuntimeError(
                f"device: expected one of {', '.join(_KNOWN.split())}, with an index after a colon "
                f"or none, got {type!r}"
            )
        self.type, self.index = name, int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple:
        return device, (self.type, self.index)

    def __enter__(self) -> device:
        _outer.append(_default)
        set_default_device(self)
        return self

    def __exit__(self, *error: Any) -> None:
        set_default_device(_outer.pop())


cpu = device("cpu")
_default: device | None = None  # where tensors are made that name no device: None for the CPU
_outer: list[device | None] = []  # the defaults to return to, one for each `with` that is open


def set_default_device(device: Any) -> None:
    """Make tensors on `device` where none is named; None: on the CPU.

    One that is not here is refused when a tensor is made, as in torch.
    Differs: it holds in all threads.
    """
    global _default
    found = None if device is None else _device(device)
    _default = None if found is None or found.type == "cpu" else found


_device = device  # for functions with an argument of that name


def get_default_device() -> device:
    """Where tensors are made that name no device. Raises: as making one, unless it has an index."""
    if _default is not None and _default.index is not None:
        return _default
    require(None)
    return cpu


def require(where: Any) -> None:
    """Accept a `device=` argument that names this engine's memory, refuse any other."""
    if where is None:
        where = _default
    if where is None or where is cpu:
        return
    found = device(where)
    if found.type in ("cuda", "xpu"):
        raise not_compiled(found.type)
    if found.type != "cpu":
        raise NotImplementedError(
            f"device '{found}' is not available: minitorch computes on the CPU"
        )


def not_compiled(kind: str) -> AssertionError:
    """The error for the use of a device of `kind`, "cuda" or "xpu"."""
    return AssertionError(
        f"Torch not compiled with {kind.upper()} enabled: minitorch computes on the CPU"
    )


_replaced: dict[tuple[str, int | str], Any] = {}  # the rules that kernels stand in for
_awaited: dict[str, Callable[[], None]] = {}  # what to do when rows of these names are defined


def enter(row: Any) -> None:
    """Put a row into `ROWS`, and do what waits for it. Raises: TypeError where there is one."""
    if row.name in ROWS:
        raise TypeError(f"there is a row named {row.name!r} already")
    ROWS[row.name] = row
    if row.name in _awaited:
        _awaited.pop(row.name)()


def when_defined(name: str, then: Callable[[], None]) -> None:
    """Call `then` as soon as there is a row of that name: some modules are loaded late."""
    if name in ROWS:
        then()
    else:
        _awaited[name] = then


def install(table: dict[Any, Callable[..., Any]]) -> None:
    """Let `table[name]` run in place of each row named there.

    A key (name, i) is for the rule of the row's input i, (name, "joint") for its joint rule. What a
    rule names, and so what is saved, stays as the row says.

    Raises: KeyError for no such row or rule; nothing is changed then.
    """
    over = {key if isinstance(key, tuple) else (key, "forward"): k for key, k in table.items()}
    for name, part in over:
        if name not in ROWS:
            raise KeyError(f"kernel table: there is no row named {name!r}")
        if part != "forward" and _rule(ROWS[name], part) is None:
            raise KeyError(f"kernel table: the row {name!r} has no rule {part!r}")
    for (name, part), kernel in over.items():
        row = ROWS[name]
        if part == "forward":
            row.run = kernel
            continue
        _replaced.setdefault((name, part), _rule(row, part))
        _set_rule(row, part, kernel)


def uninstall() -> None:
    """Let every row and rule run its own body again."""
    for row in ROWS.values():
        row.run = row.forward
    for (name, part), own in _replaced.items():
        _set_rule(ROWS[name], part, own)
    _replaced.clear()
    _awaited.clear()


def _rule(row: Any, part: int | str) -> Any:
    if isinstance(part, int):
        return row.rules[part] if row.joint is None and part < len(row.rules) else None
    return row.joint


def _set_rule(row: Any, part: int | str, rule: Any) -> None:
    if isinstance(part, int):
        row.rules = (*row.rules[:part], rule, *row.rules[part + 1 :])
    else:
        row.joint = rule
    row.plans.clear()


def own_rule(row: Any, part: int | str) -> Any:
    """The rule that the row itself has, where a kernel may stand in for it."""
    return _replaced.get((row.name, part)) or _rule(row, part)


UPDATES: dict[str, Callable[..., bool]] = {}
"""Update rules of optimizers over all parameters at once, by the name of the rule (`adam_rule`).

Called with a row of arrays for each parameter (itself, its gradient, its averages; None for an
absent one) and the constants of the rule, one changes parameters and averages as the rule would and
returns True, or changes nothing and returns False. So does `add_into`(total, g): total += g.
"""


_threads: list[int] = []  # what was asked for, once it was


def _blas() -> Any:
    """The functions (set, get) of the thread count of NumPy's own OpenBLAS, None without one."""
    import ctypes
    import os

    folder = os.path.dirname(xp.__file__)
    for place in (folder + ".libs", os.path.join(folder, ".dylibs")):
        for file in os.listdir(place) if os.path.isdir(place) else []:
            if "openblas" not in file:
                continue
            library = ctypes.CDLL(os.path.join(place, file))
            for name in (
                "scipy_openblas_{}_num_threads64_",
                "scipy_openblas_{}_num_threads",
                "openblas_{}_num_threads",
            ):
                if hasattr(library, name.format("set")):
                    return getattr(library, name.format("set")), getattr(
                        library, name.format("get")
                    )
    return None


_pool: list[Callable] = []  # (get, set) of the threads of the kernels that are installed


def use_threads(get: Callable | None, put: Callable | None) -> None:
    """Let kernels with threads of their own obey `set_num_threads`; None: there are none.

    NumPy's BLAS then runs on one thread: its threads spin after a call, and two pools that spin
    take each other's cores, 20 ms a step where it was measured.
    """
    n = get_num_threads()
    found = _blas()
    _pool[:] = [get, put] if get and put else []
    if _pool:
        put(_threads[0] if _threads else get())  # type: ignore[misc]
    if found is not None:
        found[0](1 if _pool else n)


def set_num_threads(n: int) -> None:
    """Use `n` threads for native kernels, or for NumPy's matrix products where there are none.

    What runs on NumPy besides uses one.

    Raises: RuntimeError unless n is positive. Differs: with a NumPy built on another BLAS than
    OpenBLAS the number is kept but not obeyed.
    """
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n <= 0:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {n}")
    if _pool:
        _pool[1](n)
    elif (found := _blas()) is not None:
        found[0](n)
    _threads[:] = [n]


def get_num_threads() -> int:
    """How many threads kernels and matrix products use."""
    if _pool:
        return int(_pool[0]())
    found = _blas()
    if found is not None:
        return int(found[1]())
    import os

    return _threads[0] if _threads else os.cpu_count() or 1
