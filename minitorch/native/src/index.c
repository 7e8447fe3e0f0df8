/* Rows of a table by their indices, and their adjoint, which adds where indices repeat.

An array is seen as (outer, rows, inner), and indices choose among the rows. Whoever adds takes the
indices in their order, each thread for columns or rows of its own: so each number is the same sum
whatever the threads. Indices that are not there are found before anything is written. */

#include "runtime.h"

#define WORK 16384
#define COLUMNS_EACH 64 /* to a thread that adds */
#define RANGES 4        /* of rows, where there are few columns */

typedef struct {
    const real *x;
    const int64_t *at;
    real *to;
    size outer, rows, inner, n; /* n indices */
    size each, cuts, add;
} choice;

typedef uint64_t loose_longs __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
#define LONGS ((size)(VECTOR_BYTES / 8))

/* Whether all indices are in [low, rows): else a difference is below 0. */
static int all_there(const int64_t *at, size n, size low, size rows) {
    uint64_t first = (uint64_t)low, last = (uint64_t)rows - 1, found = 0;
    loose_longs wrong = {0};
    size i = 0;
    for (; i + LONGS <= n; i += LONGS) {
        loose_longs x = *(const loose_longs *)(at + i);
        wrong |= (x - first) | (last - x);
    }
    for (size l = 0; l < LONGS; l++) found |= wrong[l];
    for (; i < n; i++) found |= ((uint64_t)at[i] - first) | (last - (uint64_t)at[i]);
    return !(found >> 63);
}

INLINE size row_of(const choice *c, size i) { return c->at[i] < 0 ? c->at[i] + c->rows : c->at[i]; }

static void copy_short(const real *from, real *to, size n) {
    size j = 0;
    for (; j + LANES <= n; j += LANES) store(to + j, load(from + j));
    for (; j < n; j++) to[j] = from[j];
}

static void take_chunk(void *context, size chunk) {
    const choice *c = context;
    size first = chunk * c->each, last = least_of(c->outer * c->n, first + c->each);
    size outer = first / c->n, i = first % c->n;
    const real *x = c->x + outer * c->rows * c->inner;
    real *to = c->to + first * c->inner;
    for (; first < last; first++, to += c->inner) {
        const real *from = x + row_of(c, i) * c->inner;
        if (c->inner == 1)
            *to = *from;
        else if (c->inner < 512)
            copy_short(from, to, c->inner);
        else
            memcpy(to, from, sizeof(real) * (size_t)c->inner);
        if (++i == c->n) i = 0, x += c->rows * c->inner;
    }
}

/* x (outer, rows, inner), indices, to (outer, n, inner); outer, rows, inner, n, the lowest index.
-1 where an index is not there. */
KERNEL(take) {
    choice c = {.x = a[0], .at = a[1], .to = a[2], .outer = n[0], .rows = n[1], .inner = n[2],
                .n = n[3]};
    if (!all_there(c.at, c.n, n[4], c.rows)) return -1;
    c.each = most_of(1, WORK / most_of(1, c.inner));
    parallel(blocks_of(c.outer * c.n, c.each), take_chunk, &c);
    return 0;
}

/* ------------------------------------------------------------------ adding */

static void clear_chunk(void *context, size chunk) {
    const choice *c = context;
    size first = chunk * WORK, all = c->outer * c->rows * c->inner;
    memset(c->to + first, 0, sizeof(real) * (size_t)(least_of(WORK, all - first)));
}

static void add_columns(const choice *c, size outer, size j, size width) {
    const real *x = c->x + outer * c->n * c->inner + j;
    real *to = c->to + outer * c->rows * c->inner + j;
    for (size i = 0; i < c->n; i++, x += c->inner) {
        real *row = to + row_of(c, i) * c->inner;
        size k = 0;
        for (; k + LANES <= width; k += LANES) store(row + k, load(row + k) + load(x + k));
        for (; k < width; k++) row[k] += x[k];
    }
}

static void add_range(const choice *c, size outer, size first, size last) {
    const real *x = c->x + outer * c->n * c->inner;
    real *to = c->to + outer * c->rows * c->inner;
    for (size i = 0; i < c->n; i++) {
        size row = row_of(c, i);
        if (row < first || row >= last) continue;
        for (size k = 0; k < c->inner; k++) to[row * c->inner + k] += x[i * c->inner + k];
    }
}

static void add_chunk(void *context, size chunk) {
    const choice *c = context;
    size outer = chunk / c->cuts, cut = chunk % c->cuts;
    if (c->inner >= 2 * LANES) {
        size j = cut * c->each;
        add_columns(c, outer, j, least_of(c->each, c->inner - j));
    } else {
        add_range(c, outer, cut * c->each, least_of(c->rows, (cut + 1) * c->each));
    }
}

/* x (outer, n, inner), indices, to (outer, rows, inner); outer, rows, inner, n, the lowest index,
whether to keep what is in `to`. -1 where an index is not there. */
KERNEL(put_add) {
    choice c = {.x = a[0], .at = a[1], .to = a[2], .outer = n[0], .rows = n[1], .inner = n[2],
                .n = n[3]};
    if (!all_there(c.at, c.n, n[4], c.rows)) return -1;
    if (!n[5]) parallel(blocks_of(c.outer * c.rows * c.inner, WORK), clear_chunk, &c);
    int small = c.n * c.inner < WORK || c.outer >= 8;
    if (c.inner >= 2 * LANES) {
        c.each = small ? c.inner : least_of(COLUMNS_EACH, blocks_of(c.inner, 2 * LANES) * LANES);
        c.cuts = blocks_of(c.inner, c.each);
    } else {
        c.each = small ? c.rows : blocks_of(c.rows, least_of(c.rows, RANGES));
        c.cuts = blocks_of(c.rows, c.each);
    }
    parallel(c.outer * c.cuts, add_chunk, &c);
    return 0;
}

/* ------------------------------------------------------------------ each column its own indices */

static void gather_chunk(void *context, size chunk) {
    const choice *c = context;
    size first = chunk * c->each, last = least_of(c->outer, first + c->each);
    for (size o = first; o < last; o++) {
        const int64_t *at = c->at + o * c->n * c->inner;
        const real *x = c->x + o * c->rows * c->inner;
        real *to = c->to + o * c->n * c->inner;
        if (c->inner == 1)
            for (size i = 0; i < c->n; i++) to[i] = x[at[i]];
        else
            for (size i = 0; i < c->n; i++, at += c->inner, to += c->inner)
                for (size j = 0; j < c->inner; j++) to[j] = x[at[j] * c->inner + j];
    }
}

static void put_along_chunk(void *context, size chunk) {
    const choice *c = context;
    size first = chunk * c->each, last = least_of(c->outer, first + c->each);
    real *all = c->to + first * c->rows * c->inner;
    if (!c->add)
        memset(all, 0, sizeof(real) * (size_t)((last - first) * c->rows * c->inner));
    for (size o = first; o < last; o++) {
        const int64_t *at = c->at + o * c->n * c->inner;
        const real *x = c->x + o * c->n * c->inner;
        real *to = c->to + o * c->rows * c->inner;
        for (size i = 0; i < c->n; i++, at += c->inner, x += c->inner)
            for (size j = 0; j < c->inner; j++) to[at[j] * c->inner + j] += x[j];
    }
}

/* x, indices (outer, n, inner), to; outer, rows, inner, n, 0: to (outer, n, inner) from x (outer,
rows, inner) at the indices; 1: to (outer, rows, inner), zeros with x added there; 2: added to what
is in it. -1 where an index is not there. */
KERNEL(along) {
    choice c = {.x = a[0], .at = a[1], .to = a[2], .outer = n[0], .rows = n[1], .inner = n[2],
                .n = n[3], .add = n[4] == 2};
    if (!all_there(c.at, c.outer * c.n * c.inner, 0, c.rows)) return -1;
    c.each = most_of(1, WORK / most_of(1, (n[4] ? c.rows + c.n : c.n) * c.inner));
    parallel(blocks_of(c.outer, c.each), n[4] ? put_along_chunk : gather_chunk, &c);
    return 0;
}
