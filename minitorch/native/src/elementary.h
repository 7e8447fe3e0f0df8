/* The elementary functions, on a vector at a time: vexp, vexpm1, vlog, vlog1p, vsigmoid, vtanh,
vsoftplus, verf, and the normal distribution for gelu.

e ** x is 2 ** n e ** r with a whole n and |r| <= log(2) / 2, log x is k log(2) + log(1 + f) with
1 + f between sqrt(1/2) and sqrt(2); a polynomial does the rest. The polynomials interpolate at
Chebyshev's points, in 60 digits. There are no branches and no tables: a rare argument costs what a
common one does. NaN stays NaN, infinities and zeros give what IEEE 754 asks for, results below the
smallest normal number lose their digits one by one.

Largest errors against 60 digits, in units in the last place, over a million arguments:
    float   exp 1.0, expm1 1.6, log 0.8, log1p 1.0, sigmoid 2.4, tanh 1.0, softplus 1.6, erf 1.0
    double  exp 1.0, expm1 1.8, log 0.8, log1p 0.8, sigmoid 2.1, tanh 1.0, softplus 1.6, erf 0.9
and 6.1 (float), 5.2 (double) in the left tail of the normal distribution, 2.1 for its density. */

#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include "runtime.h"

#ifdef DOUBLE
#define MANTISSA 52
#define BIAS 1023
#define ROUNDER 0x1.8p52 /* added to x and taken off again: x rounded */
#define LN2_HIGH 0x1.62e42fefa3p-1
#define LN2_LOW 0x1.3de6af278ece6p-42
#define EXP_HIGHEST 710.0 /* from here on e ** x is infinite */
#define EXP_LOWEST -746.0 /* up to here it is 0 */
#define NORMAL_FARTHEST 38.7 /* from here on the tail is 0 */
#define HIGH_BITS (-((whole)1 << 27)) /* a number without the lower half of its digits */
typedef uint64_t natural;
#else
#define MANTISSA 23
#define BIAS 127
#define ROUNDER 0x1.8p23f
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define EXP_HIGHEST 89.0f
#define EXP_LOWEST -104.0f
#define NORMAL_FARTHEST 14.5f
#define HIGH_BITS (-((whole)1 << 12))
typedef uint32_t natural;
#endif
typedef natural naturals __attribute__((vector_size(VECTOR_BYTES)));

/* (e ** r - 1 - r) / r ** 2 by r, |r| <= log(2) / 2
   (2 atanh(s) / s - 2) / s ** 2 by s ** 2, |s| <= 0.172
   (tanh(x) / x - 1) / x ** 2 and erf(x) / x - 1 by x ** 2, |x| <= 1
   e ** (z ** 2 / 2) times the normal tail above z >= 0, one polynomial over the other: fitted by
   Remez's exchange, all terms positive */
#ifdef DOUBLE
static const real EXP_TERMS[] = {
    0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748,
    0.00019841269874820627, 2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07,
    2.5105217004720745e-08, 2.0914686968086876e-09};
static const real LOG_TERMS[] = {
    0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496,
    0.1818289243253687, 0.15331611722055008, 0.14617807153417325};
static const real TANH_TERMS[] = {
    -0.3333333333333333, 0.1333333333333309, -0.05396825396804637, 0.02186948852912909,
    -0.008863235404578283, 0.003592126679366341, -0.0014558246920964941, 0.0005899792946300052,
    -0.00023895705228738225, 9.646277743313181e-05, -3.8389607893147334e-05, 1.4606131676715378e-05,
    -4.987760317520347e-06, 1.3791814499083342e-06, -2.6330772232959337e-07,
    2.5155023659382105e-08};
static const real ERF_TERMS[] = {
    0.1283791670955126, -0.3761263890318375, 0.11283791670954879, -0.026866170645076792,
    0.0052239776248180145, -0.000854832698083379, 0.0001205533111164271, -1.4925595266831182e-05,
    1.6461000484121368e-06, -1.6350312701054695e-07, 1.4659775274047436e-08,
    -1.1372848856791674e-09, 5.957176147748911e-11};
static const real MILLS_ABOVE[] = {
    143931.5648658184, 223059.9884085635, 171007.51869416327, 83290.75688906298, 28125.21540815149,
    6800.392142842271, 1177.2422142562527, 141.18484366982705, 10.725191915853657,
    0.3989422804002492};
static const real MILLS_BELOW[] = {
    287863.1297316368, 675801.5236543894, 737295.0744134908, 493517.6241927177, 225127.29585848202,
    73396.5972819814, 17397.953267347082, 2977.792686431762, 354.89792114948915, 26.884069306508355,
    1.0};
#else
static const real EXP_TERMS[] = {
    0.5f, 0.166665763f, 0.0416665561f, 0.00836317893f, 0.0013926184f};
static const real LOG_TERMS[] = {
    0.666666865f, 0.399887592f, 0.295809865f};
static const real TANH_TERMS[] = {
    -0.333333343f, 0.133333102f, -0.0539634153f, 0.0218295492f, -0.00869784784f, 0.00320680346f,
    -0.000923500862f, 0.000142793186f};
static const real ERF_TERMS[] = {
    0.128379166f, -0.37612626f, 0.112835944f, -0.0268542115f, 0.00518908724f, -0.00080168643f,
    7.87587487e-05f};
static const real MILLS_ABOVE[] = {
    54.252193450927734f, 46.270050048828125f, 18.928295135498047f, 4.087479114532471f,
    0.39895153045654297f};
static const real MILLS_BELOW[] = {
    108.50438690185547f, 179.1140899658203f, 126.51656341552734f, 48.42252731323242f,
    10.24692153930664f, 1.0f};
#endif

#define COUNT(terms) (int)(sizeof terms / sizeof *terms)
#define POLYNOMIAL(x, terms) polynomial(x, terms, COUNT(terms), 1)
INLINE vec polynomial(vec x, const real *terms, int n, real scale) {
    vec y = splat(terms[n - 1] * scale);
#pragma GCC unroll 32
    for (int i = n - 2; i >= 0; i--) y = y * x + terms[i] * scale;
    return y;
}

INLINE vec magnitude(vec x) { return (vec)((mask)x & ~(mask)splat(-0.0f)); }
/* |x| >= 0 with the sign of y. */
INLINE vec signed_as(vec x, vec y) { return (vec)((mask)x | ((mask)y & (mask)splat(-0.0f))); }
/* x limited to [low, high]; NaN stays. */
INLINE vec within(vec x, real low, real high) {
    x = choose(x < splat(low), splat(low), x);
    return choose(x > splat(high), splat(high), x);
}
INLINE vec sign_of(vec x) { /* 0 for 0 and NaN */
    vec one = splat(1), zero = {0};
    return choose(x > 0, one, choose(x < 0, -one, zero));
}
INLINE vec square_root(vec x) {
    real y[VECTOR_BYTES / sizeof(real)];
    store(y, x);
    for (size i = 0; i < LANES; i++)
        y[i] = sizeof(real) == 4 ? __builtin_sqrtf((float)y[i]) : (real)__builtin_sqrt(y[i]);
    return load(y);
}
INLINE vec two_to(mask n) { return (vec)((n + BIAS) << MANTISSA); } /* for a normal result */
INLINE vec as_vec(mask n) { return (vec)(n + (mask)splat(ROUNDER)) - ROUNDER; } /* |n| < 2 ** 22 */

/* ------------------------------------------------------------------ e ** x */

/* The r of x = n log(2) + r, for a limited x. */
INLINE vec reduced(vec x, mask *n) {
    vec t = x * (real)1.4426950408889634 + ROUNDER;
    *n = (mask)t - (mask)splat(ROUNDER);
    vec k = t - ROUNDER;
    return x - k * LN2_HIGH - k * LN2_LOW;
}

INLINE vec exp_of_rest(vec r) { return 1 + (r + r * r * POLYNOMIAL(r, EXP_TERMS)); }

INLINE vec vexp(vec x) {
    mask n;
    vec y = exp_of_rest(reduced(within(x, EXP_LOWEST, EXP_HIGHEST), &n));
    mask half = (mask)((naturals)(n + 2 * BIAS) >> 1) - BIAS; /* 2 ** n may be no normal number */
    return y * two_to(half) * two_to(n - half);
}

INLINE vec vexpm1(vec x) {
    mask n;
    vec r = reduced(within(x, -40, EXP_HIGHEST), &n);
    vec scale = two_to(n - 1);
    vec y = (scale * (r + r * r * POLYNOMIAL(r, EXP_TERMS)) + (scale - (real)0.5)) * 2;
    return choose(x == 0, x, y);
}

INLINE vec vsigmoid(vec x) { return 1 / (1 + vexp(-x)); }

/* 1 - 2 / (e ** (2 |x|) + 1) loses the digits of a small x. */
INLINE vec vtanh(vec x) {
    vec z = magnitude(x), square = z * z;
    vec near = z + z * (square * POLYNOMIAL(square, TANH_TERMS));
    vec far = 1 - 2 / (vexp(z * 2) + 1);
    return signed_as(choose(z < 1, near, far), x);
}

/* ------------------------------------------------------------------ logarithms */

/* k log(2) + log(1 + f) + what is lost in k LN2_HIGH. */
INLINE vec log_of_parts(vec k, vec f, vec lost) {
    vec s = f / (2 + f), z = s * s, half = f * f * (real)0.5;
    vec rest = s * (half + z * POLYNOMIAL(z, LOG_TERMS)) + lost;
    return k * LN2_HIGH - ((half - rest) - f);
}

/* The k of x = 2 ** k m, with m between sqrt(1/2) and sqrt(2), for a normal x > 0. */
INLINE mask exponent(vec x) {
    mask least = (mask)splat((real)0.7071067811865476) - ((whole)BIAS << MANTISSA);
    return (mask)((naturals)((mask)x - least) >> MANTISSA) - BIAS;
}

INLINE vec vlog(vec x) {
    mask tiny = x < splat((real)1 / ((natural)1 << (sizeof(real) == 4 ? 31 : 63)));
    vec y = choose(tiny, x * ((natural)1 << MANTISSA), x); /* normal */
    mask k = exponent(y);
    vec f = (vec)((mask)y - (k << MANTISSA)) - 1;
    vec n = as_vec(k - (tiny & MANTISSA)), found = log_of_parts(n, f, n * LN2_LOW);
    vec odd = choose(x == 0, splat(-INFINITY), choose(x > 0, x, splat(NAN)));
    return choose((x > 0) & (x < splat(INFINITY)), found, odd);
}

/* x + 1 is rounded: what it has lost comes in at the end, over x + 1. */
INLINE vec vlog1p(vec x) {
    vec y = x + 1, lost = x - (y - 1);
    mask k = exponent(y);
    mask counts = (y < splat((real)((natural)1 << MANTISSA))) & (k != 0);
    vec f = choose(k == 0, x, (vec)((mask)y - (k << MANTISSA)) - 1);
    vec more = choose(counts, lost * two_to(-(k & counts)), (vec){0});
    vec n = as_vec(k), found = log_of_parts(n, f, n * LN2_LOW + (more - more * f));
    vec odd = choose(x == splat(-1), splat(-INFINITY), choose(x > -1, x, splat(NAN)));
    return choose((x > -1) & (x < splat(INFINITY)) & (x != 0), found, odd);
}

/* log(1 + x), for x from 0 to 1. */
INLINE vec log_of_next(vec x) {
    mask over = x > splat((real)0.41421356237309503);
    vec k = choose(over, splat(1), (vec){0});
    return log_of_parts(k, choose(over, (x - 1) * (real)0.5, x), k * LN2_LOW);
}

/* log(1 + e ** x), without overflow. */
INLINE vec vsoftplus(vec x) {
    return choose(x > 0, x, (vec){0}) + log_of_next(vexp(-magnitude(x)));
}

/* ------------------------------------------------------------------ the normal distribution */

#define LIFTED 0x1p64 /* so many times too large, e ** x is a normal number for all x */
#define LOWERED ((real)(1 / LIFTED))

/* e ** (-scale x ** 2) LIFTED, for x from 0 to where that is 0: the square's own rounding would be
magnified, so it is computed in two parts. */
INLINE vec exp_of_square(vec x, real scale) {
    mask n;
    vec high = (vec)((mask)x & HIGH_BITS);
    vec r = reduced(high * high * -scale, &n) + (x - high) * (x + high) * -scale;
    return exp_of_rest(r) * two_to(n + 64);
}

/* e ** (z ** 2 / 2) / LIFTED times the normal tail above z >= 0, times `scale`. */
INLINE vec mills(vec z, real scale) {
    return polynomial(z, MILLS_ABOVE, COUNT(MILLS_ABOVE), LOWERED * scale) /
           POLYNOMIAL(z, MILLS_BELOW);
}

INLINE vec verf(vec x) {
    vec z = magnitude(x);
    z = choose(z > 6, splat(6), z);
    vec far = 1 - exp_of_square(z, 1) * mills(z * (real)1.4142135623730951, 2);
    vec near = z + z * POLYNOMIAL(z * z, ERF_TERMS);
    return signed_as(choose(z < 1, near, far), x);
}

/* The normal distribution function at x; and its density. The left tail keeps its digits. */
INLINE vec vnormal(vec x, vec *density) {
    vec z = magnitude(x);
    z = choose(z > NORMAL_FARTHEST, splat(NORMAL_FARTHEST), z);
    vec e = exp_of_square(z, (real)0.5), tail = e * mills(z, 1);
    *density = e * ((real)0.3989422804014327 * LOWERED);
    return choose(x < 0, tail, 1 - tail);
}

#endif
