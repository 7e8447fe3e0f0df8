/* Runs of numbers that lie together: walking over them, their sums, mean and spread.

A run that is not a whole number of vectors ends with a vector that overlaps the one before it, and
`fresh` tells which of its lanes are new; one shorter than a vector is loaded and stored in part.
Sums are of lanes over at most RUN numbers and of those in double: rounding does not grow with the
length. */

#ifndef ROWS_H
#define ROWS_H

#include "runtime.h"

#define RUN 1024 /* numbers that stay in the nearest cache while they are read twice */
#define MOST_LANES 16

static const whole edge[3 * MOST_LANES] = {[MOST_LANES ... 2 * MOST_LANES - 1] = -1};

/* The lanes of the last vector of a run of n that no vector before it holds. */
INLINE mask fresh(size n) {
    mask m;
    size at = n < LANES ? 2 * MOST_LANES - n : MOST_LANES - LANES + n % LANES;
    memcpy(&m, edge + at, sizeof m);
    return m;
}
INLINE vec keep(mask m, vec x) { return (vec)((mask)x & m); } /* 0 elsewhere */

INLINE vec load_end(const real *x, size n) {
    return n < LANES ? load_part(x, n, 0) : load(x + n - LANES);
}
INLINE void store_end(real *x, size n, vec y) {
    if (n < LANES)
        store_part(x, y, n);
    else
        store(x + n - LANES, y);
}

/* A vector, or the `part` numbers of a row that is shorter than one. */
INLINE vec get(const real *x, size part) { return part ? load_part(x, part, 0) : load(x); }
INLINE void put(real *x, size part, vec y) {
    if (part)
        store_part(x, y, part);
    else
        store(x, y);
}

/* The sum of at most RUN numbers. */
INLINE real sum_run(const real *x, size n) {
    vec s[4] = {{0}};
    size i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) s[v] += load(x + i + v * LANES);
    for (; i + LANES <= n; i += LANES) s[0] += load(x + i);
    if (i < n) s[1] += keep(fresh(n), load_end(x, n));
    return sum_of((s[0] + s[1]) + (s[2] + s[3]));
}

/* The sum of their distances from `centre`, and that of the squares. */
typedef struct {
    real sum, squares;
} spread;

INLINE spread spread_run(const real *x, size n, real centre) {
    vec s[4] = {{0}}, q[4] = {{0}}, c = splat(centre);
    size i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) {
            vec d = load(x + i + v * LANES) - c;
            s[v] += d;
            q[v] += d * d;
        }
    for (; i + LANES <= n; i += LANES) {
        vec d = load(x + i) - c;
        s[0] += d;
        q[0] += d * d;
    }
    if (i < n) {
        vec d = keep(fresh(n), load_end(x, n) - c);
        s[1] += d;
        q[1] += d * d;
    }
    return (spread){sum_of((s[0] + s[1]) + (s[2] + s[3])), sum_of((q[0] + q[1]) + (q[2] + q[3]))};
}

/* How many numbers, their mean, the sum of the squares of their distances from it. */
typedef struct {
    double n, mean, squares;
} moments;

/* Those of a run, given about their mean: the distances tell what rounding left of it. */
INLINE moments moments_run(const real *x, size length, double about) {
    spread s = spread_run(x, length, (real)about);
    double n = (double)length, off = (double)s.sum / n;
    double squares = (double)s.squares - off * (double)s.sum;
    return (moments){n, (double)(real)about + off, squares < 0 ? 0 : squares};
}

/* Add the numbers of a run: Chan, Golub and LeVeque 1979, Updating formulae. */
INLINE void moments_add(moments *m, const real *x, size length) {
    for (size i = 0; i < length; i += RUN) {
        size n = least_of(RUN, length - i);
        moments more = moments_run(x + i, n, (double)sum_run(x + i, n) / (double)n);
        double apart = more.mean - m->mean, all = m->n + more.n, share = more.n / all;
        if (m->n) {
            m->squares += more.squares + apart * apart * m->n * share;
            m->mean += apart * share;
            m->n = all;
        } else {
            *m = more;
        }
    }
}

/* The mean of the squares of a run. */
INLINE double mean_square(const real *x, size length) {
    double sum = 0;
    for (size i = 0; i < length; i += RUN)
        sum += (double)spread_run(x + i, least_of(RUN, length - i), 0).squares;
    return sum / (double)length;
}

/* Add the sum of g and that of g (x - mean) over a run. */
INLINE void products_add(const real *g, const real *x, size length, real mean, double *sum,
                         double *product) {
    vec c = splat(mean);
    for (size from = 0; from < length; from += RUN) {
        size n = least_of(RUN, length - from), i = 0;
        vec s[2] = {{0}}, p[2] = {{0}};
        for (; i + 2 * LANES <= n; i += 2 * LANES)
#pragma GCC unroll 2
            for (int v = 0; v < 2; v++) {
                vec y = load(g + from + i + v * LANES);
                s[v] += y;
                p[v] += y * (load(x + from + i + v * LANES) - c);
            }
        if (i + LANES <= n) {
            vec y = load(g + from + i);
            s[0] += y;
            p[0] += y * (load(x + from + i) - c);
            i += LANES;
        }
        if (i < n) {
            mask m = fresh(n);
            vec y = load_end(g + from, n);
            s[1] += keep(m, y);
            p[1] += keep(m, y * (load_end(x + from, n) - c));
        }
        *sum += (double)sum_of(s[0] + s[1]);
        *product += (double)sum_of(p[0] + p[1]);
    }
}

/* out = (x - mean) scale + shift. */
INLINE void scale_run(const real *x, size n, real mean, real scale, real shift, real *out) {
    vec c = splat(mean), s = splat(scale), t = splat(shift);
    size i = 0;
    for (; i + LANES <= n; i += LANES) store(out + i, (load(x + i) - c) * s + t);
    if (i < n) store_end(out, n, (load_end(x, n) - c) * s + t);
}

#endif
