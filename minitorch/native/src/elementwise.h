/* One number out for the numbers at one place of some arrays: what such a kernel is made of.

A kernel is a function of up to three vectors x, y, z and of numbers s, and ELEMENTWISE makes the rest of it:

    FUNCTION(mul) { return x * y; }
    ELEMENTWISE(mul, 2, 0, CHEAP)

makes c.mul(x, y, out, out.size, 0) for arrays of one layout, and for inputs that broadcast
c.mul(x, y, out, out.size, 1, out.ndim, out.shape, x.ndim, x.shape, x.strides, y.ndim, ...); None
for an input stands for a number, which comes first among the floats. Where every input is the end
of the output's shape, in row-major order, (2, x.size, y.size) tells as much. SUMMED makes one that puts
the sum over all places, times the last float, into out[0]. */

#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include "runtime.h"

#define MOST_INPUTS 4
#define MOST_NUMBERS 4

/* Elements a chunk, so that handing it to a thread costs a small part of it. */
#define CHEAP 16384
#define DEAR 4096

/* `count` places that lie next to each other in every input, as many vectors unless it makes a sum
or there are masks; returns the sum, if it makes one. */
typedef double (*block)(const void *const *inputs, real *out, size count, const double *numbers);

/* How the parts of a kernel fit together. Of the inputs the first `masks` are of bytes. */
typedef struct {
    block run;
    int inputs, masks, numbers;
    size chunk;
    int sums;
} recipe;
size NAME(elementwise)(const recipe *how, void **a, const size *n, const double *s);

typedef vec (*function)(vec x, vec y, vec z, const vec *s);

INLINE vec of(function f, int inputs, const real *const *x, size i, const vec *s) {
    vec none = {0};
    return f(load(x[0] + i), inputs > 1 ? load(x[1] + i) : none,
             inputs > 2 ? load(x[2] + i) : none, s);
}
INLINE void constants(vec *s, int numbers, const double *given) {
    for (int k = 0; k < numbers; k++) s[k] = splat((real)given[k]);
}

INLINE double map(function f, int inputs, int numbers, const void *const *given, real *out,
                  size count, const double *s) {
    const real *x[3] = {given[0], inputs > 1 ? given[1] : NULL, inputs > 2 ? given[2] : NULL};
    vec c[MOST_NUMBERS];
    constants(c, numbers, s);
    for (size i = 0; i < count; i += LANES) store(out + i, of(f, inputs, x, i, c));
    return 0;
}

/* Four sums side by side, of some hundred numbers each, then in double precision. */
#define RUN (64 * LANES)
INLINE double total(function f, int inputs, int numbers, const void *const *given, size count,
                    const double *s) {
    const real *x[3] = {given[0], inputs > 1 ? given[1] : NULL, inputs > 2 ? given[2] : NULL};
    vec c[MOST_NUMBERS];
    constants(c, numbers, s);
    double found = 0;
    for (size start = 0; start < count; start += RUN) {
        size end = least_of(start + RUN, count), i = start;
        vec sums[4] = {{0}};
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (int k = 0; k < 4; k++) sums[k] += of(f, inputs, x, i + k * LANES, c);
        for (; i < end; i += LANES) {
            vec y[3] = {{0}};
            const real *part[3] = {(real *)&y[0], (real *)&y[1], (real *)&y[2]};
            size some = least_of(LANES, end - i);
            for (int k = 0; k < inputs; k++) y[k] = load_part(x[k] + i, some, 1);
            y[0] = of(f, inputs, part, 0, c);
            for (size k = 0; k < some; k++) sums[1][k] += y[0][k];
        }
        found += sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
    }
    return found;
}

/* What `function` is called with, under its own name. */
#define FUNCTION(name)                                                                              \
    INLINE vec name##_of(vec x, __attribute__((unused)) vec y, __attribute__((unused)) vec z,       \
                         __attribute__((unused)) const vec *s)

#define ELEMENTWISE(name, inputs, numbers, chunk)                                                   \
    static double NAME(name##_block)(const void *const *x, real *out, size count,                   \
                                     const double *s) {                                             \
        return map(name##_of, inputs, numbers, x, out, count, s);                                   \
    }                                                                                               \
    STRIDED_KERNEL(name) {                                                                          \
        static const recipe how = {NAME(name##_block), inputs, 0, numbers, chunk, 0};                        \
        return NAME(elementwise)(&how, a, n, s);                                                    \
    }
#define SUMMED(name, inputs, numbers, chunk)                                                        \
    static double NAME(name##_sum_block)(const void *const *x, __attribute__((unused)) real *out,   \
                                         size count, const double *s) {                             \
        return total(name##_of, inputs, numbers, x, count, s);                                      \
    }                                                                                               \
    STRIDED_KERNEL(name##_sum) {                                                                    \
        static const recipe how = {NAME(name##_sum_block), inputs, 0, numbers, chunk, 1};                    \
        return NAME(elementwise)(&how, a, n, s);                                                    \
    }

#endif
