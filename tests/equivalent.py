"""Changes of rules that look like mistakes and are none, with the reason."""

# (row, input, kind of mistake)
# Elements that are summed may come in any order.
GENERAL = {("fill", 1, "wrong order"), ("masked_fill", 2, "wrong order")}

# By the code that they are in, as tests/mutants.py calls them.
REWRITTEN = {
    "the edge, or the next operation, broadcasts and sums": {
        "expand by x": {"g for sum_to(g, size=x_shape)"},
        "index._without_padding": {"hidden for expand(hidden, size=x.shape)"},
        "pieces._blocks": {
            "shape.basic_index(g, at=(slice(i, i + h), slice(j, j + w))) for shape.reshape("
            "shape.basic_index(g, at=(slice(i, i + h), slice(j, j + w))), size)"},
        "reduce.even_shares": {
            "g / count for spread_out(g / count, x.shape, None, False)"},
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
        "reduce._std_rule": {"1 for 0"},
    },
    "what is left out later": {
        "scattering._product_put": {"2 for 1"},
    },
    "all of them are tensors, or all arrays": {
        "scan._logcumsumexp_rule": {"g for x", "out for x"},
    },
    "only the shape is asked": {
        "scattering._shares": {"g for x (2)", "out for x (2)", "indices for value (2)"},
    },
    "both formulas hold at the border": {
        "special._i1_rule": {
            "1.01e-09 for 1e-09", "abs(x) >= 1e-09 for abs(x) > 1e-09", "out for x"},
        "special._i1e_rule": {
            "1.01e-09 for 1e-09", "abs(x) >= 1e-09 for abs(x) > 1e-09", "out for x"},
        "special._sinc_curvature": {
            "1.01e-09 for 1e-09", "abs(x) <= 1e-09 for abs(x) < 1e-09"},
        "scan._share": {"g >= 0 for g > 0"},
    },
    "the same number": {
        "atan2 by x": {"_over_square(g, y, x) for _over_square(g, x, y)"},
        "atan2 by y": {"_over_square(g, y, x) for _over_square(g, x, y)"},
        "arithmetic._copied_sign": {"out for y"},
        "special._i1e_rule": {"out for x (4)"},
        "elu by x": {"x < 0 for x <= 0 (2)", "1 for 0 (2)", "1 for 0 (3)"},
        "reduce.even_shares": {
            "True for False", "gate(hit, zero(x) + 1) for gate(zero(x) + 1, hit)"},
        "reduce._extreme_rule": {"1 for zero(x) + 1", "hit for where(hit, zero(x) + 1, 0)"},
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
    },
}  # fmt: skip
