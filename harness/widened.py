"""The float64 witness: an unchanged script computes in float64 with float32's random numbers.

Inside `widened(engine)` the engine's names for float32 mean float64, Python floats become float64,
and arrays of float32 are widened as they enter. Every random number is drawn as the float32 run
draws it and widened then: initial weights, masks, orders and the generator's state stay equal to
the bit, so that what differs from the float32 run is its rounding and nothing else.

Attributes of the engine's modules and of its Tensor are replaced, and put back at the end. Nothing
stands between a script and an operation that neither draws nor makes tensors from data: those cost
what they cost. A function is replaced under every name by which the engine's modules know it, so
that what is composed of others (`nn.init`, distributions) draws by the same rule.

A float64 tensor is drawn as float32 unless it is known that the script made it float64 itself: its
dtype does not tell. Known is what came from a float64 array, and what was asked for by code that
names `float64` or `double`. Half precision stays half precision.
"""

from __future__ import annotations

import dis
import functools
import io
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any

NOT_EQUAL = {
    "float64": "a tensor that only its dtype tells to be float64 is drawn as a float32 one",
    "view(dtype)": "the bits of a number, and what is made of them, are those of a float64",
    "numpy()": "what passes through a float32 array of NumPy's is rounded there by the script",
    "shared memory": "a widened tensor is a copy: it does not share the float32 array's memory",
    "discrete draws": "an index drawn by probabilities that the model computed may fall on the"
    " other side of a rounding, once in 1e7 draws",
    "spawned processes": "a worker that is spawned, not forked, starts anew, in float32",
    "vmap": "an in-place draw on a tensor that vmap maps is left as it is, in float64",
}
"""What cannot be as in the float32 run, and why."""

DOUBLES = frozenset({"float64", "double", "DoubleTensor"})
SINGLES = frozenset({"float32", "float", "FloatTensor"})
"""What code names that means float64 by its float64s, and what the other kind names."""

SIZED = ("rand", "randn")
ALIKE = ("rand_like", "randn_like", "randint_like", "randint")
FROM_TENSORS = ("normal", "bernoulli", "multinomial", "poisson", "binomial", "_sample_dirichlet")
METHODS = ("bernoulli", "multinomial")
IN_PLACE = (
    "uniform_", "normal_", "exponential_", "log_normal_", "cauchy_", "geometric_", "random_",
    "bernoulli_",
)  # fmt: skip
FROM_DATA = ("tensor", "as_tensor", "asarray", "from_numpy", "from_dlpack")

RENAMED = {
    "float32": "float64",
    "float": "float64",
    "complex64": "complex128",
    "cfloat": "complex128",
    "FloatTensor": "DoubleTensor",
}
"""What these names mean inside."""

_ABSENT = object()


_runs: dict[int, _Widened] = {}


@contextmanager
def widened(engine: Any) -> Iterator[Any]:
    """Let scripts compute in float64, with the random numbers of float32, on `engine`: a module
    with torch's names. Yields the engine. Inside itself it changes nothing."""
    run = _runs.get(id(engine))
    if run is None:
        run = _runs[id(engine)] = _Widened(engine)
    if run.active:
        yield engine
        return
    try:
        run.begin()
        yield engine
    finally:
        run.end()


class _Widened:
    """One engine while it is widened: what was replaced, and by what."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.single, self.double = engine.float32, engine.float64
        self.narrower = {self.double: self.single}
        if hasattr(engine, "complex128"):
            self.narrower[engine.complex128] = engine.complex64
        self.wider = {narrow: wide for wide, narrow in self.narrower.items()}
        self.set_default, self.strided = engine.set_default_dtype, engine.empty_strided
        self.cast = engine.Tensor.to
        self.epsilon = engine.finfo(self.single).eps
        self.own: weakref.WeakValueDictionary = weakref.WeakValueDictionary()
        self.active = False
        self.default = self.single
        self.doubled = True  # the script itself computes in float64
        self.swaps: dict[int, tuple[Any, Any]] = {}  # functions, and what takes their place
        self.places: list[tuple[Any, str, Any, Any]] = []  # owner, name, what is there, instead
        self.loaded = 0  # how many modules were, when these places were sought

    # ---------------------------------------------------------- replacing and putting back

    def begin(self) -> None:
        """Replace what has to be."""
        if len(sys.modules) != self.loaded or not self._fresh():
            self._prepare()
        self.active, self.default = True, self.engine.get_default_dtype()
        self.doubled = self.default is self.double
        for owner, name, _, new in self.places:
            setattr(owner, name, new)
        self.set_default(self.double)

    def end(self) -> None:
        """Put everything back, also where a module was loaded meanwhile."""
        self.active, self.doubled = False, True  # a function that someone kept does as it did
        for owner, name, old, _ in self.places:
            if old is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, old)
        if len(sys.modules) != self.loaded:
            back = {id(new): old for old, new in self.swaps.values()}
            for owner, name, value in self._attributes():
                if id(value) in back:
                    setattr(owner, name, back[id(value)])
        self.set_default(self.default)

    def _fresh(self) -> bool:
        """Whether what was there is there still."""
        places = self.places
        return all(vars(owner).get(name, _ABSENT) is old for owner, name, old, _ in places)

    def _prepare(self) -> None:
        """Find the places: functions under every name by which the engine's modules know them."""
        self._warm()
        engine = self.engine
        self.swaps = {id(old): (old, new) for old, new in self._functions()}
        self.places = [
            (owner, name, value, self.swaps[id(value)][1])
            for owner, name, value in self._attributes()
            if id(value) in self.swaps
        ]
        others = [(engine.Tensor, name, new) for name, new in self._methods().items()]
        others += [
            (engine, name, getattr(engine, other))
            for name, other in RENAMED.items()
            if hasattr(engine, name)
        ]
        self.places += [
            (owner, name, vars(owner).get(name, _ABSENT), new) for owner, name, new in others
        ]
        self.loaded = len(sys.modules)

    def _attributes(self) -> Iterator[tuple[Any, str, Any]]:
        """(module, name, value) of all that the engine's modules know."""
        for module in self._modules():
            for name, value in list(vars(module).items()):
                yield module, name, value

    def _modules(self) -> list[Any]:
        """The engine's modules that are loaded; itself, where it is a copy of one of them."""
        root = self.engine.__name__.partition(".")[0]
        loaded = [
            module
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] == root and isinstance(module, ModuleType)
        ]
        return [*{id(module): module for module in (*loaded, self.engine)}.values()]

    def _warm(self) -> None:
        """Let the engine make its tables of dtypes while their names mean what they say."""
        engine, file = self.engine, io.BytesIO()
        if hasattr(engine, "load"):
            engine.save(engine.empty(1), file)
            file.seek(0)
            engine.load(file)
        if hasattr(engine, "optim"):
            engine.optim.SGD([engine.nn.Parameter(engine.empty(1))], lr=0.1)

    def _functions(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of a function and what takes its place."""
        engine = self.engine
        kinds: list[tuple[Any, Callable, tuple[str, ...]]] = [
            (engine, self._sized, SIZED),
            (engine, self._alike, ALIKE),
            (engine, self._from_tensors, FROM_TENSORS),
            (engine, self._gamma, ("_standard_gamma",)),
            (engine, self._from_data, FROM_DATA),
            (engine, self._from_buffer, ("frombuffer",)),
            (engine, self._facts, ("finfo",)),
            (engine, self._default_dtype, ("set_default_dtype",)),
            (engine, self._default_type, ("set_default_tensor_type",)),
            (engine, self._loaded, ("load",)),
            (engine, self._rms_norm, ("rms_norm",)),
            (engine.nn.functional, self._rms_norm, ("rms_norm",)),
            (engine, self._rrelu, ("rrelu", "rrelu_")),
            (engine.nn.init, self._initial, tuple(_initializers(engine.nn.init))),
        ]
        for owner, change, names in kinds:
            for name in names:
                if (old := getattr(owner, name, None)) is not None:
                    yield old, functools.wraps(old)(change(old))

    def _methods(self) -> dict[str, Any]:
        """What takes the place of methods of Tensor, by name."""
        tensor = self.engine.Tensor
        kinds = {
            **dict.fromkeys(IN_PLACE, self._filling),
            **dict.fromkeys(METHODS, self._from_tensors),
            "float": self._as_float,
            "to": self._to,
            "type": self._type,
        }
        found = {name: getattr(tensor, name, None) for name in kinds}
        return {name: functools.wraps(old)(kinds[name](old)) for name, old in found.items() if old}

    # ---------------------------------------------------------- what is drawn as float32

    def _drawn(self, x: Any) -> bool:
        """Whether `x` is a tensor of floats that are drawn in less precision than they have."""
        return (
            isinstance(x, self.engine.Tensor)
            and x.dtype in self.narrower
            and not self.doubled
            and not self._known(x)
        )

    def _known(self, x: Any) -> bool:
        """Whether the script itself made the tensor `x` float64."""
        return self.own.get(id(x)) is x

    def _kind(self, dtype: Any) -> Any:
        """The dtype that numbers of `dtype`, None for the default, are drawn in; None: that one."""
        if dtype is None:
            return None if self.doubled else self.single
        return None if dtype not in self.narrower or _asked() else self.narrower[dtype]

    def _narrow(self, x: Any) -> Any:
        return self.cast(x, self.narrower[x.dtype]) if self._drawn(x) else x

    def _widen(self, made: Any) -> Any:
        """A float32 tensor as a float64 one of the same history."""
        wide = self.wider.get(getattr(made, "dtype", None))
        return made if wide is None else made.detach().to(wide).requires_grad_(made.requires_grad)

    def _sized(self, function: Any) -> Any:
        def draw(*args: Any, **options: Any) -> Any:
            if options.get("out") is not None:
                return self._into(function, args, options)
            kind = self._kind(options.get("dtype"))
            if kind is None:
                return function(*args, **options)
            return self._widen(function(*args, **{**options, "dtype": kind}))

        return draw

    def _alike(self, function: Any) -> Any:
        def draw(*args: Any, **options: Any) -> Any:
            if options.get("out") is not None:
                return self._into(function, args, options)
            like = args[0] if args else options.get("input")
            dtype = options.get("dtype")
            if dtype is not None:
                kind = self._kind(dtype)
            else:
                kind = self.narrower[like.dtype] if self._drawn(like) else None
            if kind is None:
                return function(*args, **options)
            return self._widen(function(*args, **{**options, "dtype": kind}))

        return draw

    def _from_tensors(self, function: Any) -> Any:
        sized = self._sized(function)

        def draw(*args: Any, **options: Any) -> Any:
            if not any(isinstance(x, self.engine.Tensor) for x in (*args, *options.values())):
                return sized(*args, **options)
            if options.get("out") is not None:
                return self._into(function, args, options)
            known = [x for x in (*args, *options.values()) if self._known(x)]
            if known and function.__name__ != "normal":  # all have one dtype, known of one of them
                return function(*args, **options)
            args = tuple(map(self._narrow, args))
            made = function(*args, **{key: self._narrow(x) for key, x in options.items()})
            return made.to(self.wider.get(made.dtype, made.dtype))

        return draw

    def _into(self, function: Any, args: Any, options: dict[str, Any]) -> Any:
        """Draw into memory that the caller gives."""
        out = options["out"]
        args = tuple(map(self._narrow, args))
        if not self._drawn(out):
            return function(*args, **options)
        narrow = self._memory_like(out)
        options = {key: self._narrow(x) for key, x in options.items()}
        if options.get("dtype") in self.narrower:
            options["dtype"] = narrow.dtype
        function(*args, **{**options, "out": narrow})
        return out.resize_(narrow.shape).copy_(narrow)

    def _memory_like(self, x: Any) -> Any:
        """Narrow memory in the same sizes and strides, which decide the order of the draws."""
        return self.strided(x.size(), x.stride(), dtype=self.narrower[x.dtype], device=x.device)

    def _filling(self, method: Any) -> Any:
        def fill(tensor: Any, *args: Any, **options: Any) -> Any:
            if not self._drawn(tensor):
                return method(tensor, *args, **options)
            narrow = self._memory_like(tensor)
            args = tuple(map(self._narrow, args))
            method(narrow, *args, **{key: self._narrow(x) for key, x in options.items()})
            return tensor.copy_(narrow)

        return fill

    def _initial(self, function: Any) -> Any:
        """An initializer works in float32 all through: what it draws, and what it makes of it."""

        def initialize(tensor: Any, *args: Any, **options: Any) -> Any:
            if not self._drawn(tensor):
                return function(tensor, *args, **options)
            narrow = self._memory_like(tensor)
            with self.engine.no_grad():
                narrow.copy_(tensor)
                function(narrow, *args, **options)
                return tensor.copy_(narrow)

        return initialize

    def _gamma(self, function: Any) -> Any:
        """Drawn in float32, and with the derivative in float64."""
        run = self

        class StandardGamma(self.engine.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, generator: Any) -> Any:
                made = function(run._narrow(x), generator).to(x.dtype)
                ctx.save_for_backward(x, made)
                return made

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * run.engine._standard_gamma_grad(*ctx.saved_tensors), None

        def draw(x: Any, generator: Any = None) -> Any:
            if not self._drawn(x):
                return function(x, generator)
            return StandardGamma.apply(x, generator)

        return draw

    def _rrelu(self, function: Any) -> Any:
        """Slopes are rounded to the input's dtype, so they are drawn apart."""
        drawn = self.engine.rrelu

        def rrelu(
            input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, *g: Any
        ) -> Any:
            if not training or not self._drawn(input):
                return function(input, lower, upper, training, *g)
            below = (input.detach() <= 0).to(self.double)
            slopes = drawn(self.cast(1 - 2 * below, self.single), lower, upper, True, *g).abs()
            slopes = slopes.to(self.double)
            return input.mul_(slopes) if function is not drawn else input * slopes

        return rrelu

    # ---------------------------------------------------------- what enters, and what is asked

    def _from_data(self, function: Any) -> Any:
        def make(*args: Any, **options: Any) -> Any:
            made = function(*args, **options)
            dtype = options.get("dtype")
            if made.dtype is self.single:
                return self._widen(made)
            if made.dtype is self.double and (
                _asked() if dtype is self.double else dtype is None and _is_double(args)
            ):
                self.own[id(made)] = made
            return made

        return make

    def _from_buffer(self, function: Any) -> Any:
        def make(*args: Any, **options: Any) -> Any:
            kind = self._kind(options.get("dtype"))
            return self._widen(function(*args, **{**options, **({"dtype": kind} if kind else {})}))

        return make

    def _facts(self, finfo: Any) -> Any:
        """What float32 can hold: an epsilon in a formula stays the number that it is."""

        def facts(dtype: Any = None) -> Any:
            kind = self._kind(dtype) or dtype
            return finfo() if kind is None else finfo(kind)

        return facts

    def _default_dtype(self, function: Any) -> Any:
        def choose(dtype: Any) -> None:
            if dtype in (self.single, self.double):
                self.doubled = dtype is self.double and _asked()
                dtype = self.double
            function(dtype)

        return choose

    def _default_type(self, function: Any) -> Any:
        def choose(kind: Any) -> None:
            self.doubled = _asked() or kind == "torch.DoubleTensor"
            function(_wide_name(kind))

        return choose

    def _loaded(self, function: Any) -> Any:
        def load(*args: Any, **options: Any) -> Any:
            found = function(*args, **options)
            for tensor in _tensors(found, self.engine):
                if tensor.dtype is self.single:
                    tensor.data = tensor.data.to(self.double)
            return found

        return load

    def _rms_norm(self, function: Any) -> Any:
        """Without an epsilon it is the one of float32."""

        def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: Any = None) -> Any:
            if eps is None and input.dtype is self.double:
                eps = self.epsilon
            return function(input, normalized_shape, weight, eps)

        return rms_norm

    def _as_float(self, method: Any) -> Any:
        double = self.engine.Tensor.double

        def as_float(tensor: Any, *args: Any, **options: Any) -> Any:
            made = double(tensor, *args, **options)
            return made.clone() if self._known(made) else made

        return as_float

    def _to(self, method: Any) -> Any:
        def to(tensor: Any, *args: Any, **options: Any) -> Any:
            if options.get("dtype") is self.single:
                options["dtype"] = self.double
            return method(
                tensor, *[self.double if x is self.single else x for x in args], **options
            )

        return to

    def _type(self, method: Any) -> Any:
        def kind(tensor: Any, *args: Any, **options: Any) -> Any:
            args = tuple(self.double if x is self.single else _wide_name(x) for x in args)
            return method(tensor, *args, **options)

        return kind


def _asked() -> bool:
    """Whether the code that called a function of the engine means float64 by its dtype."""
    frame: Any = sys._getframe(1)
    while frame.f_globals is globals():
        frame = frame.f_back
    names = frame.f_code.co_names
    if DOUBLES.isdisjoint(names):
        return False
    return SINGLES.isdisjoint(names) or _last_named(frame.f_code, frame.f_lasti) in DOUBLES


@functools.cache
def _last_named(code: CodeType, offset: int) -> str:
    """Of the names of float32 and float64, the last that stands before the call at `offset`."""
    last = ""
    for step in dis.get_instructions(code):
        if step.offset > offset:
            break
        if step.opcode in dis.hasname and step.argval in DOUBLES | SINGLES:
            last = step.argval
    return last


def _is_double(data: Any) -> bool:
    """Whether the first of the arguments is a float64 array of another library."""
    return bool(data) and str(getattr(data[0], "dtype", "")) == "float64"


def _wide_name(kind: Any) -> Any:
    """`kind`, or the wide type where it names the narrow one."""
    return "torch.DoubleTensor" if isinstance(kind, str) and kind == "torch.FloatTensor" else kind


def _initializers(module: Any) -> list[str]:
    """The names of the functions of `nn.init` that fill a tensor."""
    return [name for name in dir(module) if name.endswith("_") and not name.startswith("_")]


def _tensors(found: Any, engine: Any) -> Iterator[Any]:
    """The tensors of what was loaded: in containers, modules, optimizers' states."""
    if isinstance(found, engine.Tensor):
        yield found
    elif isinstance(found, engine.nn.Module):
        yield from found.parameters()
        yield from found.buffers()
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from _tensors(value, engine)
    elif isinstance(found, (list, tuple)):
        for value in found:
            yield from _tensors(value, engine)
