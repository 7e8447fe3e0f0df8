"""Changes of rules that look like mistakes and are none, with the reason."""

# (row, input, kind of mistake)
# Elements that are summed may come in any order.
GENERAL = {("fill", 1, "wrong order"), ("masked_fill", 2, "wrong order")}

# By the code that they are in, as tests/mutants.py calls them.
REWRITTEN = {
    "the edge, or the next operation, broadcasts and sums": {
        "expand by x": {"g for sum_to(g, size=x_shape)"},
        "index._without_padding": {"hidden for expand(hidden, size=x.shape)"},
    },
    "a gradient without elements": {
        "fused._share": {
            "float('nan') for g * float('nan')", "g for g * float('nan')",
            "g / count for g / count if count else g * float('nan')",
            "g / float('nan') for g * float('nan')",
        },
        "reduce._prod_rule": {"x for zero(x)"},
    },
    "a factor of 0 follows": {
        "reduce._norm_rule": {"1 for 0"},
        "reduce._std_rule": {"1 for 0"},
    },
    "the same number": {
        "elu by x": {"x < 0 for x <= 0 (2)", "1 for 0 (2)", "1 for 0 (3)"},
        "reduce._extreme_rule": {"1 for zero(x) + 1", "hit for where(hit, zero(x) + 1, 0)"},
        "reduce._prod_rule": {
            "zero(parts[0]) - 1 for zero(parts[0]) + 1",
            "zip(reversed(after), before) for zip(before, reversed(after))",
        },
        "elementwise._pow_exponent": {
            "zero(out) + x for zero(out) + x if isinstance(x, (int, float)) else x"},
    },
    "the slower way": {
        "fused.product": {
            "x @ y for x @ y if hasattr(x, '_array') or x.ndim > 2 else x.dot(y)",
            "x.ndim < 2 for x.ndim > 2", "x.ndim >= 2 for x.ndim > 2", "3 for 2",
        },
        "fused._rows": {
            "reshape(x, (-1, x.shape[-1])) for "
            "x if x.ndim == 2 else reshape(x, (-1, x.shape[-1]))"},
        "fused.residual": {"again(x) for again(x) if hasattr(x, '_array') else saved"},
    },
}  # fmt: skip
