"""The public names that programs call, as text with places for tensors."""

from __future__ import annotations

_SAME = """neg abs exp sin cos tanh sigmoid square erf atan asinh expm1 sign floor ceil round trunc
frac positive nan_to_num relu exp2 sinc cosh"""
_LAYERS = "softplus gelu silu leaky_relu elu logsigmoid hardtanh relu6 selu mish hardswish softsign"
_ABOVE = "log log2 log10 log1p sqrt rsqrt reciprocal digamma lgamma"
_WITHIN = "asin acos atanh erfinv"

UNARY = {
    **{name: f"torch.{name}({{x}})" for name in _SAME.split()},
    **{name: f"torch.nn.functional.{name}({{x}})" for name in _LAYERS.split()},
    **{name: f"torch.{name}({{x}}.abs() + 0.5)" for name in _ABOVE.split()},
    **{name: f"torch.{name}({{x}}.tanh() * 0.75)" for name in _WITHIN.split()},
    "clamp": "{x}.clamp(-1, 1.5)",
    "clamp_min": "torch.clamp({x}, min=0.25)",
    "pow": "{x} ** 2",
    "pow (cube)": "torch.pow({x}, 3)",
    "pow (root)": "({x}.abs() + 0.5) ** 0.5",
    "rpow": "2 ** {x}",
    "threshold": "torch.nn.functional.threshold({x}, 0.5, -1)",
    "rsub": "1 - {x}",
    "rdiv": "1 / ({x}.abs() + 0.5)",
    "clone": "{x}.clone()",
    "Cube": "Cube.apply({x})",
    "Exp": "Exp.apply({x})",
}
"""One tensor in, one of the same shape out. Guarded, so that few results are NaN."""

PAIRS = {
    "add": "{x} + {y}",
    "mul": "{x} * {y}",
    "sub": "{x} - {y}",
    "div": "{x} / {y}",
    **{
        name: f"torch.{name}({{x}}, {{y}})"
        for name in "maximum minimum atan2 logaddexp hypot fmod remainder fmax".split()
    },
    "copysign": "torch.copysign({x}.abs() + 0.5, {y})",
    "pow (tensor)": "({x}.abs() + 0.5) ** {y}",
    "add (alpha)": "torch.add({x}, {y}, alpha=2)",
    "div (floor)": "torch.div({x}, {y}, rounding_mode='floor')",
    "lerp": "torch.lerp({x}, {y}, 0.25)",
    "addcmul": "torch.addcmul({x}, {y}, {x}, value=0.5)",
    "addcdiv": "torch.addcdiv({x}, {y}, {y}.abs() + 0.5)",
    "where": "torch.where({x} > 0, {x}, {y})",
    "Product": "Product.apply({x}, {y}, 0.5)",
    "checkpoint": "torch.utils.checkpoint.checkpoint("
    "lambda p, q: torch.sin(p) * q, {x}, {y}, use_reentrant=False)",
}
"""Two tensors that broadcast; a number may stand for the second where that is allowed."""

NO_NUMBER = frozenset(
    "maximum minimum atan2 logaddexp hypot fmax addcmul addcdiv Product checkpoint lerp".split()
)

COMPARISONS = {
    "gt": "{x} > {y}",
    "lt": "{x} < {y}",
    "ge": "{x} >= {y}",
    "le": "{x} <= {y}",
    "eq": "{x} == {y}",
    "ne": "{x} != {y}",
    "logical_and": "torch.logical_and({x}, {y})",
    "logical_or": "torch.logical_or({x}, {y})",
    "isclose": "torch.isclose({x}, {y})",
}

REDUCTIONS = {
    **{name: f"{{x}}.{name}({{dim}})" for name in "sum mean amax amin logsumexp prod".split()},
    "var": "torch.var({x}, {dim})",
    "std": "torch.std({x}, {dim}, correction=0)",
    "nansum": "torch.nansum({x}, {dim})",
    "norm": "torch.norm({x}, 2, {dim})",
    "vector_norm": "torch.linalg.vector_norm({x}, 3, {dim})",
    "argmax": "{x}.argmax({dim})",
    "argmin": "{x}.argmin({dim})",
    "any": "{x}.any({dim})",
    "all": "{x}.all({dim})",
    "count_nonzero": "torch.count_nonzero({x}, {dim})",
}
"""With `dim` and perhaps `keepdim`."""

NO_KEEPDIM = frozenset(("count_nonzero",))
COUNTS = {"argmax": "int64", "argmin": "int64", "count_nonzero": "int64", "any": "bool"}
COUNTS["all"] = "bool"

WHOLE = {
    **{name: f"{{x}}.{name}()" for name in "sum mean max min norm prod std var".split()},
    "argmax": "{x}.argmax()",
    "median": "{x}.median()",
    "logsumexp": "torch.logsumexp({x}, list(range({x}.dim())))",
}
"""All elements to one."""

TWO_RESULTS = {
    **{name: f"{{x}}.{name}({{d}})" for name in "max min median sort cummax".split()},
    "topk": "{x}.topk(1, {d})",
    "var_mean": "torch.var_mean({x}, {d})",
    "aminmax": "torch.aminmax({x}, dim={d})",
}

PRODUCTS = {
    "dot": (1, 1), "mv": (2, 1), "mm": (2, 2), "addmm": (2, 2), "bmm": (3, 3),
}  # fmt: skip
"""The numbers of dimensions that each takes; matmul takes any."""

SQUARES = {
    "outer": (1, "torch.outer({x}, {y})", "nm"),
    "einsum (outer)": (1, "torch.einsum('i,j->ji', {x}, {y})", "mn"),
    "einsum": (2, "torch.einsum('ij,ik->jk', {x}, {y})", "nn"),
    "linear": (2, "torch.nn.functional.linear({x}, {y})", "mm"),
    "matmul (transposed)": (2, "{x} @ {y}.t()", "mm"),
    "cdist": (2, "torch.cdist({x}, {y} + 4)", "mm"),
    "cosine_similarity": (2, "torch.nn.functional.cosine_similarity({x}, {y})", "m"),
}
"""Of two tensors of one shape, m times n: dimensions, text, the sizes of the result."""

ALONG = {
    **{name: f"{{x}}.{name}({{d}})" for name in "softmax log_softmax cumsum cumprod".split()},
    "logcumsumexp": "torch.logcumsumexp({x}.tanh(), {d})",
    "normalize": "torch.nn.functional.normalize({x}, dim={d})",
    "softmin": "torch.nn.functional.softmin({x}, {d})",
    "layer_norm": "torch.nn.functional.layer_norm({x}, {x}.shape[-1:])",
    "flip": "torch.flip({x}, [{d}])",
    "roll": "torch.roll({x}, 1, {d})",
    "glu": "torch.nn.functional.glu(torch.cat([{x}, {x}], {d}), {d})",
}
"""Along one dimension, of the same shape."""

LOSSES = {
    name: f"torch.nn.functional.{name}({{x}}, {{y}})"
    for name in "mse_loss l1_loss smooth_l1_loss huber_loss".split()
} | {
    "soft_margin_loss": "torch.nn.functional.soft_margin_loss({x}, {y}.detach())",
    "binary_cross_entropy_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits"
    "({x}, {y}.sigmoid())",
    "kl_div": "torch.nn.functional.kl_div({x}, {y}.softmax(-1), reduction='sum')",
}

WRITES = {
    **{f"{name}_": f"{{x}}.{name}_({{y}})" for name in "mul add sub div copy".split()},
    "iadd": "{x} += {y}",
    "imul": "{x} *= {y}",
    "addcmul_": "{x}.addcmul_({y}, {y}, value=0.5)",
    "lerp_": "{x}.lerp_({y}, 0.5)",
    "setitem (all)": "{x}[...] = {y}",
    "setitem (mask)": "{x}[{x} > 0] = {y}.mean()",
    "masked_fill_": "{x}.masked_fill_({x} > 0.5, {y}.sum())",
    "fill_": "{x}.fill_({y}.sum())",
}
"""What writes to {x}; {y} broadcasts to it."""

WRITES_OF_PARTS = {
    "setitem (row)": "{x}[0] = {row}",
    "setitem (slice)": "{x}[1:] = {row}",
    "setitem (number)": "{x}[..., 0] = {number}",
    "setitem (index)": "{x}[torch.tensor([0, -1])] = {row}",
    "setitem (step)": "{x}[..., ::2] = {y}.sum()",
    "index_add_": "{x}.index_add_({d}, torch.tensor([0]), {x}.narrow({d}, 0, 1))",
    "index_fill_": "{x}.index_fill_({d}, torch.tensor([0]), {number})",
    "scatter_": "{x}.scatter_({d}, {x}.argmax({d}, keepdim=True), {number})",
    "part (mul_)": "{x}[0].mul_({row})",
    "part (iadd)": "{x}[0] += {row}",
    "index_put_": "{x}.index_put_((torch.tensor([0]),), {row}, accumulate=True)",
}
"""What writes to some elements of {x}; {row} broadcasts to a part of it."""

OWN_WRITES = {
    **{
        f"{name}_": f"{{x}}.{name}_()"
        for name in "zero exp tanh sigmoid relu neg sin square abs".split()
    },
    "mul_ (number)": "{x}.mul_(2)",
    "add_ (number)": "{x}.add_(0.5)",
    "clamp_": "{x}.clamp_(-1, 1)",
    "fill_ (number)": "{x}.fill_(0.5)",
    "pow_": "{x}.pow_(2)",
    "masked_fill_ (number)": "{x}.masked_fill_({x} > 0.5, 0.25)",
    "leaky_relu_": "torch.nn.functional.leaky_relu_({x}, 0.25)",
    "iadd (own part)": "{x} += {x}.sum()",
    "detach_": "{x}.detach_()",
    "Negated": "Negated.apply({x})",
}
