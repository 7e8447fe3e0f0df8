/* Variances, log(sum(e ** x)) and running sums along one axis, and their gradients.

An array is seen as (kept, along, kept): (k0, r, k1). What float32 would round away or overflow is
computed in double: means and squares of distances for a piece at a time, while it is in the cache,
and the pieces joined after Chan, Golub and LeVeque; running sums number by number. */

#include "elementary.h"

#define PIECE 8192 /* numbers whose mean comes first */
#define ROWS_EACH 128
#define TILE 64    /* columns at a time */
#define WORK 16384 /* numbers to a chunk */
#define FEW 4      /* running sums at a time: each waits for itself */

typedef double wide __attribute__((vector_size(VECTOR_BYTES)));
#define WIDES ((size)(VECTOR_BYTES / sizeof(double)))

INLINE wide widen(const real *p) {
#ifdef DOUBLE
    return (wide)load(p);
#else
    typedef float half __attribute__((vector_size(VECTOR_BYTES / 2), aligned(4), may_alias));
    return __builtin_convertvector(*(const half *)p, wide);
#endif
}

typedef struct {
    const real *x, *g, *y;
    real *to;
    double *means, *squares; /* of each piece */
    size r0, k0, r, k1;
    size each, pieces, tiles, together, units;
    int backwards;
} along;

/* The units that a chunk is for, as [first, last). */
INLINE size last_of(const along *w, size chunk) {
    return least_of(w->units, (chunk + 1) * w->together);
}

/* ------------------------------------------------------------------ variances */

/* The sum of (x - centre) ** power over a run, power 1 or 2. */
INLINE double run_in_double(const real *x, size n, double centre, int power) {
    wide s[4] = {{0}}, c = (wide){0} + centre;
    size i = 0;
    for (; i + 4 * WIDES <= n; i += 4 * WIDES)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) {
            wide d = widen(x + i + v * WIDES) - c;
            s[v] += power == 2 ? d * d : d;
        }
    double total = 0;
    for (; i < n; i++) {
        double d = (double)x[i] - centre;
        total += power == 2 ? d * d : d;
    }
    wide all = (s[0] + s[1]) + (s[2] + s[3]);
    for (size l = 0; l < WIDES; l++) total += all[l];
    return total;
}

/* The same for `rows` rows of at most TILE numbers, a sum for each column. */
INLINE void rows_in_double(const real *x, size rows, size row, size width, const double *centre,
                           int power, double *to) {
    memset(to, 0, sizeof(double) * TILE);
    for (; rows; rows--, x += row) {
        size j = 0;
        for (; j + WIDES <= width; j += WIDES) {
            wide c, t;
            memcpy(&c, centre + j, sizeof c);
            memcpy(&t, to + j, sizeof t);
            wide d = widen(x + j) - c;
            t += power == 2 ? d * d : d;
            memcpy(to + j, &t, sizeof t);
        }
        for (; j < width; j++) {
            double d = (double)x[j] - centre[j];
            to[j] += power == 2 ? d * d : d;
        }
    }
}

static void moments_of_rows(const along *w, size k, size piece, size tile) {
    double centre[TILE] = {0}, sums[TILE];
    size j = tile * TILE, width = least_of(TILE, w->k1 - j);
    size first = piece * w->each, n = least_of(w->each, w->r - first);
    const real *x = w->x + (k * w->r + first) * w->k1 + j;
    size at = (piece * w->k0 + k) * w->k1 + j;
    rows_in_double(x, n, w->k1, width, centre, 1, sums);
    for (size c = 0; c < width; c++) w->means[at + c] = centre[c] = sums[c] / (double)n;
    rows_in_double(x, n, w->k1, width, centre, 2, sums);
    for (size c = 0; c < width; c++) w->squares[at + c] = sums[c];
}

static void moments_chunk(void *context, size chunk) {
    const along *w = context;
    for (size at = chunk * w->together; at < last_of(w, chunk); at++) {
        if (w->k1 > 1) {
            size tile = at % w->tiles, rest = at / w->tiles;
            moments_of_rows(w, rest % w->k0, rest / w->k0, tile);
            continue;
        }
        size k = at % w->k0, piece = at / w->k0 % w->pieces, lead = at / w->k0 / w->pieces;
        size first = piece * w->each, n = least_of(w->each, w->r - first);
        const real *x = w->x + (lead * w->k0 + k) * w->r + first;
        w->means[at] = run_in_double(x, n, 0, 1) / (double)n;
        w->squares[at] = run_in_double(x, n, w->means[at], 2);
    }
}

/* The squares of the distances of all pieces from their common mean. */
static double joined(const along *w, size result, size results) {
    double n = 0, mean = 0, squares = 0;
    for (size p = 0; p < w->r0 * w->pieces; p++) {
        double more = (double)least_of(w->each, w->r - p % w->pieces * w->each);
        double apart = w->means[p * results + result] - mean;
        squares += w->squares[p * results + result] + apart * apart * (n * more / (n + more));
        mean += apart * (more / (n + more));
        n += more;
    }
    return squares;
}

/* x (r0, k0, r, k1), to (k0, k1); r0, k0, r, k1, whether the root is wanted; the divisor. r0 is 1
unless k1 is. */
KERNEL(variance) {
    along w = {.x = a[0], .r0 = n[0], .k0 = n[1], .r = n[2], .k1 = n[3], .tiles = 1};
    real *to = a[1];
    w.each = least_of(w.r, w.k1 > 1 ? ROWS_EACH : PIECE);
    w.pieces = blocks_of(w.r, w.each);
    w.tiles = blocks_of(w.k1, TILE);
    w.units = w.r0 * w.pieces * w.k0 * w.tiles;
    w.together = most_of(1, WORK / (w.each * least_of(w.k1, TILE)));
    size results = w.k0 * w.k1, all = w.r0 * w.pieces * results;
    w.means = memory_of(2 * (size)sizeof(double) * all);
    w.squares = w.means + all;
    parallel(blocks_of(w.units, w.together), moments_chunk, &w);
    for (size i = 0; i < results; i++) {
        double found = joined(&w, i, results) / s[0];
        to[i] = (real)(n[4] ? sqrt(found) : found);
    }
    free(w.means);
    return 0;
}

static void centred_chunk(void *context, size chunk) {
    const along *w = context;
    for (size at = chunk * w->together; at < last_of(w, chunk); at++) {
        if (w->k1 > 1) { /* a row */
            size k = at / w->r % w->k0, i = at * w->k1;
            for (size j = 0; j < w->k1; j++)
                w->to[i + j] = w->g[k * w->k1 + j] * (w->x[i + j] - w->y[k * w->k1 + j]);
            continue;
        }
        vec g = splat(w->g[at % w->k0]), y = splat(w->y[at % w->k0]);
        const real *x = w->x + at * w->r;
        real *to = w->to + at * w->r;
        size i = 0;
        for (; i + LANES <= w->r; i += LANES) store(to + i, g * (load(x + i) - y));
        for (; i < w->r; i++) to[i] = g[0] * (x[i] - y[0]);
    }
}

/* g, means (k0, k1), x (r0, k0, r, k1), to: g (x - mean); r0, k0, r, k1. */
KERNEL(centred) {
    along w = {.g = a[0], .y = a[1], .x = a[2], .to = a[3], .r0 = n[0], .k0 = n[1], .r = n[2],
               .k1 = n[3]};
    w.units = w.r0 * w.k0 * (w.k1 > 1 ? w.r : 1);
    w.together = most_of(1, WORK / (w.k1 > 1 ? w.k1 : w.r));
    parallel(blocks_of(w.units, w.together), centred_chunk, &w);
    return 0;
}

/* ------------------------------------------------------------------ log(sum(e ** x)) of runs */

static real logsumexp(const real *x, size n) {
    vec most = splat(-(real)INFINITY), sums = {0};
    size i = 0;
    for (; i + LANES <= n; i += LANES) most = larger(load(x + i), most);
    most = larger(load_part(x + i, n - i, -(real)INFINITY), most);
    real top = largest_of(most);
    if (!(top < (real)INFINITY && top > -(real)INFINITY)) top = 0;
    for (i = 0; i + LANES <= n; i += LANES) sums += vexp(load(x + i) - splat(top));
    if (i < n) sums += vexp(load_part(x + i, n - i, -(real)INFINITY) - splat(top));
    return (real)(log((double)sum_of(sums)) + (double)top);
}

static void logsumexp_chunk(void *context, size chunk) {
    const along *w = context;
    for (size k = chunk * w->together; k < last_of(w, chunk); k++)
        w->to[k] = logsumexp(w->x + k * w->r, w->r);
}

/* x (k, r), to (k); k, r. */
KERNEL(logsumexp) {
    along w = {.x = a[0], .to = a[1], .units = n[0], .r = n[1]};
    w.together = most_of(1, WORK / 4 / w.r);
    parallel(blocks_of(w.units, w.together), logsumexp_chunk, &w);
    return 0;
}

static void shares_chunk(void *context, size chunk) {
    const along *w = context;
    for (size k = chunk * w->together; k < last_of(w, chunk); k++) {
        vec g = splat(w->g[k]), y = splat(w->y[k]);
        const real *x = w->x + k * w->r;
        real *to = w->to + k * w->r;
        size i = 0;
        for (; i + LANES <= w->r; i += LANES) store(to + i, g * vexp(load(x + i) - y));
        if (i < w->r)
            store_part(to + i, g * vexp(load_part(x + i, w->r - i, 0) - y), w->r - i);
    }
}

/* g, what logsumexp gave (k), x (k, r), to: g e ** (x - y); k, r. */
KERNEL(logsumexp_gradient) {
    along w = {.g = a[0], .y = a[1], .x = a[2], .to = a[3], .units = n[0], .r = n[1]};
    w.together = most_of(1, WORK / 4 / w.r);
    parallel(blocks_of(w.units, w.together), shares_chunk, &w);
    return 0;
}

/* ------------------------------------------------------------------ running sums */

/* `runs` <= FEW runs, `apart` from each other, each with its numbers `step` apart. */
INLINE void running(const real *x, real *to, size runs, size apart, size n, size step) {
    double sums[FEW] = {0};
    for (size i = 0; i < n; i++, x += step, to += step)
        for (size k = 0; k < runs; k++) to[k * apart] = (real)(sums[k] += (double)x[k * apart]);
}

static void running_rows(const along *w, size k, size j) {
    double sums[TILE] = {0};
    size width = least_of(TILE, w->k1 - j), step = w->backwards ? -w->k1 : w->k1;
    size first = (k * w->r + (w->backwards ? w->r - 1 : 0)) * w->k1 + j;
    const real *x = w->x + first;
    real *to = w->to + first;
    for (size i = 0; i < w->r; i++, x += step, to += step)
        for (size c = 0; c < width; c++) to[c] = (real)(sums[c] += (double)x[c]);
}

static void running_chunk(void *context, size chunk) {
    const along *w = context;
    for (size at = chunk * w->together; at < last_of(w, chunk); at++) {
        if (w->k1 > 1) {
            running_rows(w, at / w->tiles, at % w->tiles * TILE);
            continue;
        }
        size k = at * FEW, runs = least_of(FEW, w->k0 - k), step = w->backwards ? -1 : 1;
        size first = k * w->r + (w->backwards ? w->r - 1 : 0);
        if (runs == FEW)
            running(w->x + first, w->to + first, FEW, w->r, w->r, step);
        else
            for (size i = 0; i < runs; i++)
                running(w->x + first + i * w->r, w->to + first + i * w->r, 1, 0, w->r, step);
    }
}

/* x (k0, r, k1), to; k0, r, k1, whether from the end: the sums of the numbers up to here. */
KERNEL(running_sum) {
    along w = {.x = a[0], .to = a[1], .k0 = n[0], .r = n[1], .k1 = n[2], .backwards = (int)n[3]};
    w.tiles = blocks_of(w.k1, TILE);
    w.units = w.k1 > 1 ? w.k0 * w.tiles : blocks_of(w.k0, FEW);
    w.together = most_of(1, WORK / (w.r * (w.k1 > 1 ? least_of(w.k1, TILE) : FEW)));
    parallel(blocks_of(w.units, w.together), running_chunk, &w);
    return 0;
}
