/* Sums, products and extremes over any axes.

An array is seen as (r0, k0, r1, k1), axes that are reduced and axes that are kept in turns. Where k1
is 1 the numbers of one result lie in runs; else rows of k1 are joined, number by number. The work is
cut into pieces of a bounded size, whose results are reduced again the same way: so a rounding error
grows with the logarithm of the size, and the number of threads does not show. */

#include "runtime.h"

#define PIECE 16384  /* numbers of one run that are joined without a break */
#define ROWS_EACH 256
#define TILE 1024    /* columns at a time */
#define WORK 32768   /* numbers that are worth a thread: some 4 us */
#define WIDE 64      /* narrower rows are joined several at a time */

enum { SUM, PRODUCT, LARGEST, SMALLEST, SQUARES };

INLINE vec start(int op) {
    return op == PRODUCT ? splat(1) : op == LARGEST ? splat(-(real)INFINITY)
         : op == SMALLEST ? splat((real)INFINITY) : -(vec){0};
}
INLINE vec taken(int op, vec x) { return op == SQUARES ? x * x : x; }
INLINE vec join(int op, vec x, vec y) {
    return op == PRODUCT ? x * y : op == LARGEST ? larger(x, y)
         : op == SMALLEST ? smaller(x, y) : x + y;
}
INLINE real taken_one(int op, real x) { return op == SQUARES ? x * x : x; }
INLINE real join_one(int op, real x, real y) {
    if (op != LARGEST && op != SMALLEST) return op == PRODUCT ? x * y : x + y;
    real best = (op == LARGEST ? x > y : x < y) ? x : y; /* without a branch, as is the next */
    return x != x ? x : best;
}

/* ------------------------------------------------------------------ runs */

/* n >= LANES numbers joined, but for the last few that fill no vector: lanes of sixteen, and lanes of
those. */
INLINE vec lanes_of(int op, const real *x, size n) {
    vec sums[4] = {start(op), start(op), start(op), start(op)};
    size i = 0;
    while (i + 4 * LANES <= n) {
        vec part[4] = {start(op), start(op), start(op), start(op)};
        size until = least_of(n - 4 * LANES, i + 15 * 4 * LANES);
        for (; i <= until; i += 4 * LANES)
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                part[v] = join(op, taken(op, load(x + i + v * LANES)), part[v]);
        for (int v = 0; v < 4; v++) sums[v] = join(op, part[v], sums[v]);
    }
    for (; i + LANES <= n; i += LANES) sums[0] = join(op, taken(op, load(x + i)), sums[0]);
    return join(op, join(op, sums[0], sums[1]), join(op, sums[2], sums[3]));
}

INLINE real run_by(int op, const real *x, size n) {
    size i = n - n % LANES;
    real lanes[VECTOR_BYTES / sizeof(real)];
    store(lanes, n < LANES ? start(op) : lanes_of(op, x, n));
    if (op == SUM || op == SQUARES) { /* the largest sums of all: they round last */
        double wide[VECTOR_BYTES / sizeof(real)];
        for (size j = 0; j < LANES; j++) wide[j] = lanes[j];
        for (size m = LANES / 2; m; m /= 2)
            for (size j = 0; j < m; j++) wide[j] += wide[j + m];
        for (; i < n; i++) wide[0] += (double)taken_one(op, x[i]);
        return (real)wide[0];
    }
    for (size m = LANES / 2; m; m /= 2)
        for (size j = 0; j < m; j++) lanes[j] = join_one(op, lanes[j], lanes[j + m]);
    for (; i < n; i++) lanes[0] = join_one(op, taken_one(op, x[i]), lanes[0]);
    return lanes[0];
}

/* Define a function that is compiled once for each operation, by what it does for one. */
#define FOR_EACH(result, name, by, parameters, ...)                                                \
    static __attribute__((noinline)) result name parameters {                                      \
        switch (op) {                                                                              \
        case SUM: return by(SUM, __VA_ARGS__);                                                     \
        case PRODUCT: return by(PRODUCT, __VA_ARGS__);                                             \
        case LARGEST: return by(LARGEST, __VA_ARGS__);                                             \
        case SMALLEST: return by(SMALLEST, __VA_ARGS__);                                           \
        default: return by(SQUARES, __VA_ARGS__);                                                  \
        }                                                                                          \
    }

FOR_EACH(real, run_of, run_by, (int op, const real *x, size n), x, n)

/* Short runs next to each other: as many results at once as a vector has lanes. */
#define SHORT (4 * LANES)
#define MEDIUM 1024

INLINE vec across(const real *x, size step) {
    real lanes[VECTOR_BYTES / sizeof(real)];
#pragma GCC unroll 16
    for (size i = 0; i < LANES; i++) lanes[i] = x[i * step];
    return load(lanes);
}

INLINE void short_runs_by(int op, const real *x, size n, size r1, real *to) {
    size i = 0;
    for (; i + LANES <= n; i += LANES, x += LANES * r1) {
        vec sums[2] = {start(op), start(op)};
        size j = 0;
        for (; j + 2 <= r1; j += 2)
            for (int v = 0; v < 2; v++) sums[v] = join(op, taken(op, across(x + j + v, r1)), sums[v]);
        if (j < r1) sums[0] = join(op, taken(op, across(x + j, r1)), sums[0]);
        store(to + i, join(op, sums[0], sums[1]));
    }
    for (; i < n; i++, x += r1) to[i] = run_of(op, x, r1);
}

FOR_EACH(void, short_runs, short_runs_by, (int op, const real *x, size n, size r1, real *to), x, n,
         r1, to)

/* The same for longer ones: each as a vector of lanes, and those joined across. */
INLINE void runs_by(int op, const real *x, size n, size r1, real *to) {
    real lanes[VECTOR_BYTES / sizeof(real)][VECTOR_BYTES / sizeof(real)];
    size i = 0, tail = r1 - r1 % LANES;
    for (; i + LANES <= n; i += LANES) {
        for (size l = 0; l < LANES; l++, x += r1) {
            store(lanes[l], lanes_of(op, x, r1));
            for (size j = tail; j < r1; j++)
                lanes[l][j - tail] = join_one(op, taken_one(op, x[j]), lanes[l][j - tail]);
        }
        vec all = start(op);
        for (size j = 0; j < LANES; j++) all = join(op, across(lanes[0] + j, LANES), all);
        store(to + i, all);
    }
    for (; i < n; i++, x += r1) to[i] = run_of(op, x, r1);
}
FOR_EACH(void, runs_of, runs_by, (int op, const real *x, size n, size r1, real *to), x, n, r1, to)

typedef struct {
    int op;
    const real *x;
    size r0, k0, r1, k1;
    size lead_each, leads; /* of r0 together, and how many such parts there are */
    size each, pieces;     /* the same of r1, or of all rows */
    size tiles, together;  /* tiles of columns; results to a chunk */
    size results;
    real *out;
} reduction;

static void runs(const reduction *r, size chunk) {
    size first = chunk * r->together, last = least_of(r->results, first + r->together);
    if (r->r0 == 1 && r->r1 <= SHORT) {
        short_runs(r->op, r->x + first * r->r1, last - first, r->r1, r->out + first);
        return;
    }
    if (r->r0 == 1 && r->r1 <= MEDIUM) {
        runs_of(r->op, r->x + first * r->r1, last - first, r->r1, r->out + first);
        return;
    }
    for (size at = first; at < last; at++) {
        size piece = at % r->pieces, k = at / r->pieces % r->k0, lead = at / r->pieces / r->k0;
        size from = piece * r->each, n = least_of(r->each, r->r1 - from);
        size i = lead * r->lead_each, until = least_of(r->r0, i + r->lead_each);
        const real *x = r->x + (i * r->k0 + k) * r->r1 + from;
        real total = run_of(r->op, x, n);
        while (++i < until) total = join_one(r->op, run_of(r->op, x += r->k0 * r->r1, n), total);
        r->out[at] = total;
    }
}

/* ------------------------------------------------------------------ rows */

/* `rows` rows of x, each `width` wide, joined into `to`. */
INLINE void join_rows_by(int op, const real *x, size rows, size row, size width, real *to) {
    for (; rows >= 8; rows -= 8, x += 8 * row) {
        size j = 0;
        for (; j + LANES <= width; j += LANES) {
            vec y[8];
#pragma GCC unroll 8
            for (int i = 0; i < 8; i++) y[i] = taken(op, load(x + i * row + j));
#pragma GCC unroll 3
            for (int m = 4; m; m /= 2)
#pragma GCC unroll 4
                for (int i = 0; i < m; i++) y[i] = join(op, y[i], y[i + m]);
            store(to + j, join(op, y[0], load(to + j)));
        }
        for (; j < width; j++)
            for (size i = 0; i < 8; i++)
                to[j] = join_one(op, taken_one(op, x[i * row + j]), to[j]);
    }
    for (; rows; rows--, x += row) {
        size j = 0;
        for (; j + LANES <= width; j += LANES)
            store(to + j, join(op, taken(op, load(x + j)), load(to + j)));
        for (; j < width; j++) to[j] = join_one(op, taken_one(op, x[j]), to[j]);
    }
}

FOR_EACH(void, join_rows, join_rows_by,
         (int op, const real *x, size rows, size row, size width, real *to), x, rows, row, width, to)

static void fill(int op, size n, real *to) {
    for (size j = 0; j < n; j++) to[j] = start(op)[0];
}

/* Rows next to each other: where they are narrow, `fold` of them as one. */
static void join_block(int op, const real *x, size rows, size k1, size width, size fold, real *to) {
    real wide[2 * WIDE];
    size whole_rows = rows / fold;
    if (fold == 1 || whole_rows < 2) {
        join_rows(op, x, rows, k1, width, to);
        return;
    }
    fill(op == SQUARES ? SUM : op, fold * k1, wide);
    join_rows(op, x, whole_rows, fold * k1, fold * k1, wide);
    join_rows(op, x + whole_rows * fold * k1, rows - whole_rows * fold, k1, k1, wide);
    join_rows(op == SQUARES ? SUM : op, wide, fold, k1, k1, to);
}

static void rows(const reduction *r, size chunk) {
    size last = least_of(r->results, (chunk + 1) * r->together);
    size fold = 1;
    while (fold * r->k1 < WIDE) fold *= 2;
    for (size at = chunk * r->together; at < last; at++) {
        size tile = at % r->tiles, k = at / r->tiles % r->k0, piece = at / r->tiles / r->k0;
        size j = tile * TILE, width = least_of(TILE, r->k1 - j);
        size row = piece * r->each, until = least_of(r->r0 * r->r1, row + r->each);
        real *to = r->out + (piece * r->k0 + k) * r->k1 + j;
        fill(r->op, width, to);
        while (row < until) { /* as far as they lie next to each other */
            size lead = row / r->r1, first = row % r->r1;
            size n = least_of(until - row, r->r1 - first);
            const real *x = r->x + ((lead * r->k0 + k) * r->r1 + first) * r->k1 + j;
            join_block(r->op, x, n, r->k1, width, fold, to);
            row += n;
        }
    }
}

static void reduce_chunk(void *context, size chunk) {
    const reduction *r = context;
    if (r->k1 == 1)
        runs(r, chunk);
    else
        rows(r, chunk);
}

/* out (k0, k1): x joined over r0 and r1. */
static void reduce(int op, const real *x, size r0, size k0, size r1, size k1, real *out) {
    reduction r = {.op = op, .x = x, .r0 = r0, .k0 = k0, .r1 = r1, .k1 = k1, .leads = 1, .pieces = 1,
                   .lead_each = r0, .each = r1, .tiles = 1};
    size work, parts;
    if (k1 == 1) {
        r.each = least_of(r1, PIECE);
        r.pieces = blocks_of(r1, r.each);
        r.lead_each = most_of(1, least_of(least_of(r0, ROWS_EACH), PIECE / r.each));
        r.leads = blocks_of(r0, r.lead_each);
        parts = r.leads * r.pieces;
        work = r.lead_each * r.each;
    } else {
        size width = least_of(TILE, k1);
        r.tiles = blocks_of(k1, TILE);
        int narrow = k1 < WIDE && (r0 == 1 || r1 * k1 > 4 * WIDE);
        r.each = narrow ? WORK / 2 / k1 : most_of(64, least_of(ROWS_EACH, WORK / width));
        r.each = least_of(r.each, r0 * r1);
        parts = r.pieces = blocks_of(r0 * r1, r.each);
        work = r.each * width;
    }
    r.results = parts * k0 * r.tiles;
    r.together = most_of(1, WORK / 2 / most_of(work, 1));
    r.out = parts == 1 ? out : memory_of((size)sizeof(real) * parts * k0 * k1);
    if (r0 * k0 * r1 * k1 <= WORK) r.together = r.results;
    parallel(blocks_of(r.results, r.together), reduce_chunk, &r);
    if (parts == 1) return;
    if (op == SQUARES) op = SUM;
    if (k1 == 1)
        reduce(op, r.out, r.leads, k0, r.pieces, 1, out);
    else
        reduce(op, r.out, 1, 1, parts, k0 * k1, out);
    free(r.out);
}

/* x, out; op, r0, k0, r1, k1; what to divide by. */
KERNEL(reduce) {
    size r0 = n[1], k0 = n[2], r1 = n[3], k1 = n[4];
    if (r0 > 1 && r1 == 1) k1 *= k0, k0 = 1, r1 = r0, r0 = 1;
    real *out = a[1], by = (real)s[0];
    reduce((int)n[0], a[0], r0, k0, r1, k1, out);
    if (by != 1)
        for (size i = 0; i < k0 * k1; i++) out[i] /= by;
    return 0;
}

/* ------------------------------------------------------------------ extremes with their places */

/* The first place of `wanted`, the extreme of all n numbers: of NaN, then, if there is one. From the
last to the first, without a branch that depends on the numbers. */
INLINE size place_of(const real *x, size n, real wanted) {
    size i = n - n % LANES, best = n;
    for (size j = n - 1; j >= i; j--) best = x[j] == wanted || x[j] != x[j] ? j : best;
    mask at = (mask){0} + (whole)n;
    vec w = splat(wanted);
    while ((i -= LANES) >= 0) {
        vec y = load(x + i);
        at = (mask)choose((y == w) | (y != y), (vec)((mask){0} + (whole)i), (vec)at);
    }
    whole lanes[VECTOR_BYTES / sizeof(real)];
    memcpy(lanes, &at, sizeof at);
    for (size l = 0; l < LANES; l++) best = least_of(best, lanes[l] + l);
    return best;
}

/* The extreme of a run, the first of equal ones, and where it is. */
static size find(int op, const real *x, size n, real *value) {
    size block = 1024, best_at = 0;
    real best = run_of(op, x, least_of(n, block));
    for (size i = block; i < n && best == best; i += block) {
        real found = run_of(op, x + i, least_of(n - i, block));
        if (found != found || (op == LARGEST ? found > best : found < best)) best = found, best_at = i;
    }
    *value = best;
    return best_at + place_of(x + best_at, least_of(block, n - best_at), best);
}

typedef struct {
    int op;
    const real *x;
    size k0, r, k1;
    size each, pieces, tiles, together, results;
    real *values;
    int64_t *places;
} search;

INLINE void find_short(int op, const real *x, size n, size r, real *best, int64_t *to) {
    size i = 0;
    for (; i + LANES <= n; i += LANES, x += LANES * r) {
        vec b = across(x, r), w = {0};
        for (size j = 1; j < r; j++) {
            vec y = across(x + j, r);
            mask better = (op == LARGEST ? y > b : y < b) | ((y != y) & (b == b));
            b = choose(better, y, b);
            w = choose(better, (vec)((mask){0} + (whole)j), w);
        }
        store(best + i, b);
        for (size l = 0; l < LANES; l++) to[i + l] = ((mask)w)[l];
    }
    for (; i < n; i++, x += r) to[i] = find(op, x, r, best + i);
}

INLINE void find_runs(int op, const search *s, size chunk) {
    size first = chunk * s->together, last = least_of(s->results, first + s->together);
    if (s->r <= SHORT) {
        find_short(op, s->x + first * s->r, last - first, s->r, s->values + first, s->places + first);
        return;
    }
    if (s->r <= MEDIUM) {
        runs_of(op, s->x + first * s->r, last - first, s->r, s->values + first);
        for (size at = first; at < last; at++)
            s->places[at] = place_of(s->x + at * s->r, s->r, s->values[at]);
        return;
    }
    for (size at = first; at < last; at++) {
        size from = at % s->pieces * s->each;
        const real *x = s->x + at / s->pieces * s->r + from;
        s->places[at] = from + find(op, x, least_of(s->each, s->r - from), s->values + at);
    }
}

#define NARROW 256

INLINE void find_tile(int op, const real *x, size rows, size k1, size width, real *best,
                      int64_t *to) {
    whole where[NARROW];
    memset(where, 0, sizeof where);
    memcpy(best, x, sizeof(real) * (size_t)width);
    for (size i = 1; i < rows; i++) {
        const real *row = x + i * k1;
        mask here = (mask){0} + (whole)i;
        size j = 0;
        for (; j + LANES <= width; j += LANES) {
            vec y = load(row + j), b = load(best + j), w = load((real *)where + j);
            mask better = (op == LARGEST ? y > b : y < b) | ((y != y) & (b == b));
            store(best + j, choose(better, y, b));
            store((real *)where + j, choose(better, (vec)here, w));
        }
        for (; j < width; j++) {
            real y = row[j], b = best[j];
            if ((op == LARGEST ? y > b : y < b) || (y != y && b == b))
                best[j] = y, memcpy(where + j, &here, sizeof(whole));
        }
    }
    for (size j = 0; j < width; j++) {
        whole found;
        memcpy(&found, where + j, sizeof found);
        to[j] = found;
    }
}

INLINE void find_columns(int op, const search *s, size chunk) {
    size last = least_of(s->results, (chunk + 1) * s->together);
    for (size at = chunk * s->together; at < last; at++) {
        size k = at / s->tiles, j = at % s->tiles * NARROW;
        size to = k * s->k1 + j;
        find_tile(op, s->x + k * s->r * s->k1 + j, s->r, s->k1, least_of(NARROW, s->k1 - j),
                  s->values + to, s->places + to);
    }
}

static void find_chunk(void *context, size chunk) {
    const search *s = context;
    if (s->k1 == 1)
        s->op == LARGEST ? find_runs(LARGEST, s, chunk) : find_runs(SMALLEST, s, chunk);
    else
        s->op == LARGEST ? find_columns(LARGEST, s, chunk) : find_columns(SMALLEST, s, chunk);
}

/* Of the pieces of each run, the first with the extreme. */
static void find_among(const search *s, real *values, int64_t *places) {
    for (size k = 0; k < s->k0; k++) {
        real v;
        size found = s->op == LARGEST ? find(LARGEST, s->values + k * s->pieces, s->pieces, &v)
                                      : find(SMALLEST, s->values + k * s->pieces, s->pieces, &v);
        values[k] = v;
        places[k] = s->places[k * s->pieces + found];
    }
}

/* x (k0, r, k1), values, places; op, k0, r, k1. */
KERNEL(find) {
    search f = {.op = (int)n[0], .x = a[0], .k0 = n[1], .r = n[2], .k1 = n[3], .each = n[2],
                .pieces = 1, .tiles = 1, .values = a[1], .places = a[2]};
    if (f.k1 == 1) {
        f.each = least_of(f.r, PIECE);
        f.pieces = blocks_of(f.r, f.each);
    } else {
        f.tiles = blocks_of(f.k1, NARROW);
    }
    f.results = f.k0 * f.pieces * f.tiles;
    f.together = most_of(1, WORK / 2 / most_of(1, f.each * least_of(f.k1, NARROW)));
    if (f.pieces > 1) {
        f.values = memory_of((size)sizeof(real) * f.results);
        f.places = memory_of((size)sizeof(int64_t) * f.results);
    }
    parallel(blocks_of(f.results, f.together), find_chunk, &f);
    if (f.pieces > 1) {
        find_among(&f, a[1], a[2]);
        free(f.values);
        free(f.places);
    }
    return 0;
}

/* ------------------------------------------------------------------ the gradient of an extreme */

typedef struct {
    const real *g, *x, *top;
    real *to;
    size k0, r, k1, together, tiles;
} share;

/* g in equal shares at the numbers of a run that are `top`; NaN where there are none. */
INLINE void share_run(const real *x, size n, real g, real top, real *to) {
    whole count = 0;
    for (size i = 0; i < n; i++) count += x[i] == top;
    real part = g / (real)count, rest = (real)0 / (real)count;
    for (size i = 0; i < n; i++) to[i] = x[i] == top ? part : rest;
}

INLINE void share_tile(const share *s, size at, size j, size width) {
    real part[NARROW], rest[NARROW];
    const real *x = s->x + at * s->r * s->k1 + j, *top = s->top + at * s->k1 + j;
    const real *g = s->g + at * s->k1 + j;
    real *to = s->to + at * s->r * s->k1 + j;
    for (size c = 0; c < width; c++) rest[c] = 0;
    for (size i = 0; i < s->r; i++)
        for (size c = 0; c < width; c++) rest[c] += x[i * s->k1 + c] == top[c] ? (real)1 : (real)0;
    for (size c = 0; c < width; c++) part[c] = g[c] / rest[c], rest[c] = (real)0 / rest[c];
    for (size i = 0; i < s->r; i++)
        for (size c = 0; c < width; c++)
            to[i * s->k1 + c] = x[i * s->k1 + c] == top[c] ? part[c] : rest[c];
}

static void share_chunk(void *context, size chunk) {
    const share *s = context;
    size last = least_of(s->k0 * s->tiles, (chunk + 1) * s->together);
    for (size at = chunk * s->together; at < last; at++) {
        size k = at / s->tiles, j = at % s->tiles * NARROW;
        if (s->k1 == 1)
            share_run(s->x + k * s->r, s->r, s->g[k], s->top[k], s->to + k * s->r);
        else
            share_tile(s, k, j, least_of(NARROW, s->k1 - j));
    }
}

/* g (k0, k1), x (k0, r, k1), its extremes as g, to as x; k0, r, k1. */
KERNEL(share) {
    share all = {.g = a[0], .x = a[1], .top = a[2], .to = a[3], .k0 = n[0], .r = n[1], .k1 = n[2]};
    all.tiles = blocks_of(all.k1, NARROW);
    all.together = most_of(1, WORK / 2 / most_of(1, all.r * least_of(all.k1, NARROW)));
    parallel(blocks_of(all.k0 * all.tiles, all.together), share_chunk, &all);
    return 0;
}
