/* Activations and losses, and what the rules of their rows compute: see arithmetic.c. */

#include "elementary.h"
#include "elementwise.h"

/* ------------------------------------------------------------------ gelu */

FUNCTION(gelu) {
    vec density;
    return x * vnormal(x, &density);
}
ELEMENTWISE(gelu, 1, 0, DEAR)

INLINE vec slope_of_gelu(vec x) {
    vec density, below = vnormal(x, &density);
    return below + x * density;
}
FUNCTION(gelu_slope) { return slope_of_gelu(x); }
ELEMENTWISE(gelu_slope, 1, 0, DEAR)

FUNCTION(gelu_rule) { return x * slope_of_gelu(y); }
ELEMENTWISE(gelu_rule, 2, 0, DEAR)

/* (1 + tanh(u)) / 2 is 1 / (1 + e ** (-2 u)); returns 2 u. */
INLINE vec twice_inner(vec x) {
    return (x + x * x * x * (real)0.044715) * (real)1.5957691216057308;
}
FUNCTION(gelu_tanh) { return x * vsigmoid(twice_inner(x)); }
ELEMENTWISE(gelu_tanh, 1, 0, DEAR)

FUNCTION(gelu_tanh_rule) {
    vec u = twice_inner(y), e = vexp(-magnitude(u)), part = 1 / (1 + e);
    vec below = choose(u < 0, e * part, part);
    vec slope = (y * y * (real)0.134145 + 1) * (real)1.5957691216057308;
    return x * (below + y * (e * part * part) * slope);
}
ELEMENTWISE(gelu_tanh_rule, 2, 0, DEAR)

/* ------------------------------------------------------------------ exponential */

FUNCTION(silu) { return x / (1 + vexp(-x)); }
ELEMENTWISE(silu, 1, 0, DEAR)

FUNCTION(silu_rule) {
    vec p = vsigmoid(y);
    return x * (p * (y * (1 - p) + 1));
}
ELEMENTWISE(silu_rule, 2, 0, DEAR)

/* s: beta, threshold */
FUNCTION(softplus) {
    vec scaled = x * s[0];
    return choose(scaled > s[1], x, vsoftplus(scaled) / s[0]);
}
ELEMENTWISE(softplus, 1, 2, DEAR)

FUNCTION(softplus_rule) {
    vec scaled = y * s[0];
    return choose(scaled > s[1], x, x * vsigmoid(scaled));
}
ELEMENTWISE(softplus_rule, 2, 2, DEAR)

FUNCTION(logsigmoid) { return -vsoftplus(-x); }
ELEMENTWISE(logsigmoid, 1, 0, DEAR)

FUNCTION(falling) { return vsigmoid(-x); }
ELEMENTWISE(falling, 1, 0, DEAR)

FUNCTION(logsigmoid_rule) { return x * vsigmoid(-y); }
ELEMENTWISE(logsigmoid_rule, 2, 0, DEAR)

/* s: alpha scale, scale, input_scale */
FUNCTION(elu) { return choose(x > 0, x * s[1], vexpm1(x * s[2]) * s[0]); }
ELEMENTWISE(elu, 1, 3, DEAR)

/* s: alpha scale input_scale, scale, input_scale */
FUNCTION(elu_rule) { return choose(y <= 0, x * (vexp(y * s[2]) * s[0]), x * s[1]); }
ELEMENTWISE(elu_rule, 2, 3, DEAR)

FUNCTION(leaky_relu) { return choose(x > 0, x, x * s[0]); }
ELEMENTWISE(leaky_relu, 1, 1, CHEAP)

FUNCTION(leaky_relu_rule) { return choose(y > 0, x, x * s[0]); }
ELEMENTWISE(leaky_relu_rule, 2, 1, CHEAP)

/* With p = e ** min(x, 0) and q = e ** -max(x, 0), so that nothing overflows. */
FUNCTION(mish) {
    vec p = vexp(smaller(x, (vec){0})), q = vexp(-larger(x, (vec){0})), above = p * (p + q + q);
    return x * (above / (above + 2 * q * q));
}
ELEMENTWISE(mish, 1, 0, DEAR)

FUNCTION(mish_rule) {
    vec p = vexp(smaller(y, (vec){0})), q = vexp(-larger(y, (vec){0}));
    vec below = p * p + p * q * 2 + q * q * 2, rest = q * q * 2 / below;
    return x * (p * (p + q * 2) / below + y * (rest * (2 - rest)) * (p / (p + q)));
}
ELEMENTWISE(mish_rule, 2, 0, DEAR)

/* ------------------------------------------------------------------ pieces of straight lines */

INLINE vec hard_step(vec x) { return within(x + 3, 0, 6) / 6; }
FUNCTION(hardsigmoid) { return hard_step(x); }
ELEMENTWISE(hardsigmoid, 1, 0, CHEAP)

FUNCTION(hardsigmoid_rule) { return choose((y > -3) & (y < 3), x / 6, (vec){0}); }
ELEMENTWISE(hardsigmoid_rule, 2, 0, CHEAP)

FUNCTION(hardswish) { return x * hard_step(x); }
ELEMENTWISE(hardswish, 1, 0, CHEAP)

FUNCTION(hardswish_rule) {
    vec inside = choose((y > -3) & (y < 3), x * (y / 3 + (real)0.5), (vec){0});
    return choose(y < 3, inside, x);
}
ELEMENTWISE(hardswish_rule, 2, 0, CHEAP)

/* As that of clamp, but at the bounds it is 0. */
FUNCTION(hardtanh_rule) { return choose((y <= s[0]) | (y >= s[1]), (vec){0}, x); }
ELEMENTWISE(hardtanh_rule, 2, 2, CHEAP)

/* ------------------------------------------------------------------ losses */

FUNCTION(mse) { return (x - y) * (x - y); }
ELEMENTWISE(mse, 2, 0, CHEAP)
SUMMED(mse, 2, 0, CHEAP)

/* In these rules x is what a loss gets of the gradient; s[0]: 2, or -2 for the other input */
FUNCTION(mse_rule) { return (y - z) * (x * s[0]); }
ELEMENTWISE(mse_rule, 3, 1, CHEAP)

FUNCTION(l1) { return magnitude(x - y); }
ELEMENTWISE(l1, 2, 0, CHEAP)
SUMMED(l1, 2, 0, CHEAP)

FUNCTION(l1_rule) { return sign_of(y - z) * (x * s[0]); }
ELEMENTWISE(l1_rule, 3, 1, CHEAP)

/* m (d - m / 2) / s[1] with d = |x - y| and m = min(d, s[0]) */
FUNCTION(huber) {
    vec apart = magnitude(x - y), near = smaller(apart, s[0]);
    return near * (apart - near * (real)0.5) / s[1];
}
ELEMENTWISE(huber, 2, 2, CHEAP)
SUMMED(huber, 2, 2, CHEAP)

FUNCTION(huber_rule) {
    vec apart = y - z;
    apart = choose(apart < -s[0], -s[0], apart);
    return choose(apart > s[0], s[0], apart) * x / s[1];
}
ELEMENTWISE(huber_rule, 3, 2, CHEAP)

/* Logarithms not below -100. */
INLINE vec limited(vec x) { return choose(x < -100, splat(-100), x); }
FUNCTION(bce) { return -(y * limited(vlog(x)) + (1 - y) * limited(vlog1p(-x))); }
ELEMENTWISE(bce, 2, 0, DEAR)

FUNCTION(bce_rule) {
    vec slope = y * (1 - y), least = splat((real)9.999999960041972e-13);
    return x * (y - z) / choose(slope < least, least, slope);
}
ELEMENTWISE(bce_rule, 3, 0, CHEAP)

/* (1 - y) x + w log(1 + e ** -x), w = 1 + (z - 1) y for a weight z of the positive places */
FUNCTION(bce_logits) { return (1 - y) * x + ((z - 1) * y + 1) * vsoftplus(-x); }
ELEMENTWISE(bce_logits, 3, 0, DEAR)
SUMMED(bce_logits, 3, 0, DEAR)

/* By x; y: the logits, z: the target. */
FUNCTION(bce_logits_rule) { return x * (vsigmoid(y) - z); }
ELEMENTWISE(bce_logits_rule, 3, 0, DEAR)

/* y (log y - x), 0 where y = 0; or by the logarithm of y. */
FUNCTION(divergence) { return choose(y == 0, (vec){0}, y * vlog(y)) - y * x; }
ELEMENTWISE(divergence, 2, 0, DEAR)

FUNCTION(divergence_of_logs) { return vexp(y) * (y - x); }
ELEMENTWISE(divergence_of_logs, 2, 0, DEAR)

FUNCTION(divergence_rule) { return -x * y; }
ELEMENTWISE(divergence_rule, 2, 0, CHEAP)

FUNCTION(divergence_of_logs_rule) { return -x * vexp(y); }
ELEMENTWISE(divergence_of_logs_rule, 2, 0, DEAR)
