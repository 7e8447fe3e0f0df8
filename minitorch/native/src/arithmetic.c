/* Arithmetic, elementary functions and choices, and what the rules of their rows compute. A rule's
function has the incoming gradient first, then what the rule names. */

#include "elementary.h"
#include "elementwise.h"

/* ------------------------------------------------------------------ arithmetic */

FUNCTION(add) { return x + y; }
ELEMENTWISE(add, 2, 0, CHEAP)

FUNCTION(sub) { return x - y; }
ELEMENTWISE(sub, 2, 0, CHEAP)

FUNCTION(mul) { return x * y; }
ELEMENTWISE(mul, 2, 0, CHEAP)

FUNCTION(div) { return x / y; }
ELEMENTWISE(div, 2, 0, CHEAP)

FUNCTION(div_rule) { return -x * (y / z / z); }
ELEMENTWISE(div_rule, 3, 0, CHEAP)

FUNCTION(neg) { return -x; }
ELEMENTWISE(neg, 1, 0, CHEAP)

FUNCTION(abs) { return magnitude(x); }
ELEMENTWISE(abs, 1, 0, CHEAP)

FUNCTION(abs_rule) { return x * sign_of(y); }
ELEMENTWISE(abs_rule, 2, 0, CHEAP)

/* ------------------------------------------------------------------ powers */

FUNCTION(reciprocal) { return 1 / x; }
ELEMENTWISE(reciprocal, 1, 0, CHEAP)

FUNCTION(reciprocal_rule) { return -x * (y * y); }
ELEMENTWISE(reciprocal_rule, 2, 0, CHEAP)

FUNCTION(square) { return x * x; }
ELEMENTWISE(square, 1, 0, CHEAP)

FUNCTION(square_rule) { return x * (y * 2); }
ELEMENTWISE(square_rule, 2, 0, CHEAP)

FUNCTION(cube) { return x * x * x; }
ELEMENTWISE(cube, 1, 0, CHEAP)

FUNCTION(cube_rule) { return x * (y * y * 3); }
ELEMENTWISE(cube_rule, 2, 0, CHEAP)

FUNCTION(sqrt) { return square_root(x); }
ELEMENTWISE(sqrt, 1, 0, CHEAP)

FUNCTION(sqrt_rule) { return x / (y * 2); }
ELEMENTWISE(sqrt_rule, 2, 0, CHEAP)

FUNCTION(rsqrt) { return 1 / square_root(x); }
ELEMENTWISE(rsqrt, 1, 0, CHEAP)

FUNCTION(rsqrt_rule) { return x * (y * y * y * (real)-0.5); }
ELEMENTWISE(rsqrt_rule, 2, 0, CHEAP)

/* ------------------------------------------------------------------ elementary functions */

FUNCTION(exp) { return vexp(x); }
ELEMENTWISE(exp, 1, 0, DEAR)

FUNCTION(expm1) { return vexpm1(x); }
ELEMENTWISE(expm1, 1, 0, DEAR)

FUNCTION(expm1_rule) { return x * (y + 1); }
ELEMENTWISE(expm1_rule, 2, 0, CHEAP)

FUNCTION(log) { return vlog(x); }
ELEMENTWISE(log, 1, 0, DEAR)

FUNCTION(log1p) { return vlog1p(x); }
ELEMENTWISE(log1p, 1, 0, DEAR)

FUNCTION(log1p_rule) { return x / (y + 1); }
ELEMENTWISE(log1p_rule, 2, 0, CHEAP)

FUNCTION(tanh) { return vtanh(x); }
ELEMENTWISE(tanh, 1, 0, DEAR)

FUNCTION(tanh_rule) { return x * (1 - y * y); }
ELEMENTWISE(tanh_rule, 2, 0, CHEAP)

FUNCTION(sigmoid) { return vsigmoid(x); }
ELEMENTWISE(sigmoid, 1, 0, DEAR)

FUNCTION(sigmoid_rule) { return x * ((1 - y) * y); }
ELEMENTWISE(sigmoid_rule, 2, 0, CHEAP)

FUNCTION(erf) { return verf(x); }
ELEMENTWISE(erf, 1, 0, DEAR)

FUNCTION(erf_rule) {
    vec a = magnitude(y);
    a = choose(a > 27, splat(27), a);
    return x * vexp(-(a * a)) * (real)1.1283791670955126;
}
ELEMENTWISE(erf_rule, 2, 0, DEAR)

/* ------------------------------------------------------------------ choosing */

FUNCTION(relu) { return choose(x < 0, (vec){0}, x); }
ELEMENTWISE(relu, 1, 0, CHEAP)

FUNCTION(relu_rule) { return choose(y != 0, x, (vec){0}); }
ELEMENTWISE(relu_rule, 2, 0, CHEAP)

FUNCTION(clamp) {
    x = choose(x < s[0], s[0], x);
    return choose(x > s[1], s[1], x);
}
ELEMENTWISE(clamp, 1, 2, CHEAP)

FUNCTION(clamp_rule) { return choose((y >= s[0]) & (y <= s[1]), x, (vec){0}); }
ELEMENTWISE(clamp_rule, 2, 2, CHEAP)

FUNCTION(maximum) { return larger(x, y); }
ELEMENTWISE(maximum, 2, 0, CHEAP)

FUNCTION(minimum) { return smaller(x, y); }
ELEMENTWISE(minimum, 2, 0, CHEAP)

/* The gradient of the larger of y and z to y: half of it for a tie, all where one is NaN. */
FUNCTION(maximum_rule) { return choose(y < z, (vec){0}, choose(y == z, x * (real)0.5, x)); }
ELEMENTWISE(maximum_rule, 3, 0, CHEAP)

FUNCTION(minimum_rule) { return choose(y > z, (vec){0}, choose(y == z, x * (real)0.5, x)); }
ELEMENTWISE(minimum_rule, 3, 0, CHEAP)

/* Kernels of a mask of bytes: for each number all bits or none, from a byte that is 0 or 1. */
typedef int8_t bytes __attribute__((vector_size(VECTOR_BYTES / sizeof(real))));
INLINE mask spread(const int8_t *p) {
    bytes b;
    memcpy(&b, p, sizeof b);
    return -__builtin_convertvector(b, mask);
}
INLINE double by_mask(const void *const *given, int inputs, real *out, size count) {
    const int8_t *m = given[0];
    const real *x = given[1], *y = inputs > 2 ? given[2] : NULL;
    size i = 0;
    for (; i + LANES <= count; i += LANES)
        store(out + i, choose(spread(m + i), load(x + i), y ? load(y + i) : (vec){0}));
    for (; i < count; i++) out[i] = m[i] ? x[i] : y ? y[i] : 0;
    return 0;
}
static double NAME(where_block)(const void *const *x, real *out, size count, const double *s) {
    (void)s;
    return by_mask(x, 3, out, count);
}
STRIDED_KERNEL(where) {
    static const recipe how = {NAME(where_block), 3, 1, 0, CHEAP, 0};
    return NAME(elementwise)(&how, a, n, s);
}
static double NAME(gate_block)(const void *const *x, real *out, size count, const double *s) {
    (void)s;
    return by_mask(x, 2, out, count);
}
STRIDED_KERNEL(gate) {
    static const recipe how = {NAME(gate_block), 2, 1, 0, CHEAP, 0};
    return NAME(elementwise)(&how, a, n, s);
}
