/* softmax and its logarithm, their gradients, and the loss of log-probabilities at a class.

x is (outer, length, inner), the softmax over the middle. With inner = 1 it is of rows that lie
together: some rows go through the steps side by side, so that they do not wait for each other's
sums. Else vectors of columns walk down the middle axis, four side by side. */

#include "elementary.h"
#include "rows.h"

#define BLOCK 4096 /* numbers that are worth a chunk of their own: some 2 us */
#define WIDE 4     /* vectors of columns that walk together */
#define TOGETHER LANES

typedef struct {
    size outer, length, inner, each;
    size blocks; /* of columns, of each of `outer` */
    int is_log;
    const real *x; /* of the gradient: the softmax */
    const real *g;
    size g_row; /* the distance of two rows of g: 0 where all are one */
    real *out;
} softmax;

/* ------------------------------------------------------------------ rows */

INLINE real largest_run(const real *x, size n) {
    if (n < LANES) return largest_of(load_part(x, n, x[0]));
    vec top[4];
    for (int v = 0; v < 4; v++) top[v] = load(x);
    size i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) top[v] = larger(top[v], load(x + i + v * LANES));
    for (; i + LANES <= n; i += LANES) top[0] = larger(top[0], load(x + i));
    if (i < n) top[1] = larger(top[1], load_end(x, n));
    return largest_of(larger(larger(top[0], top[1]), larger(top[2], top[3])));
}

/* The sum of e ** (x - top), which is left in out unless that is NULL, a constant. */
INLINE double exp_run(const real *x, size length, real top, real *out) {
    double sum = 0;
    vec t = splat(top);
    for (size from = 0; from < length; from += RUN) {
        size n = least_of(RUN, length - from), i = 0;
        vec s[2] = {{0}};
        for (; i + 2 * LANES <= n; i += 2 * LANES)
#pragma GCC unroll 2
            for (int v = 0; v < 2; v++) {
                vec y = vexp(load(x + from + i + v * LANES) - t);
                if (out) store(out + from + i + v * LANES, y);
                s[v] += y;
            }
        if (i + LANES <= n) {
            vec y = vexp(load(x + from + i) - t);
            if (out) store(out + from + i, y);
            s[0] += y;
            i += LANES;
        }
        if (i < n) {
            vec y = vexp(load_end(x + from, n) - t);
            if (out) store_end(out + from, n, y);
            s[1] += keep(fresh(n), y);
        }
        sum += (double)sum_of(s[0] + s[1]);
    }
    return sum;
}

/* x divided by a number, where it lies. */
INLINE void divide_run(real *x, size n, real by) {
    vec d = splat(by), end = load_end(x, n) / d;
    for (size i = 0; i + LANES <= n; i += LANES) store(x + i, load(x + i) / d);
    store_end(x, n, end);
}

static void rows_chunk(void *context, size chunk) {
    const softmax *s = context;
    size n = s->length, last = least_of(s->outer, (chunk + 1) * s->each);
    size some = n <= RUN ? TOGETHER : 1;
    real top[VECTOR_BYTES / sizeof(real)], sum[VECTOR_BYTES / sizeof(real)] = {0};
    for (size row = chunk * s->each; row < last; row += some) {
        size count = least_of(some, last - row);
        const real *x = s->x + row * n;
        real *out = s->out + row * n;
        for (size r = 0; r < count; r++) top[r] = largest_run(x + r * n, n);
        if (s->is_log) {
            for (size r = 0; r < count; r++) sum[r] = (real)exp_run(x + r * n, n, top[r], NULL);
            store(sum, vlog(load(sum)));
            for (size r = 0; r < count; r++)
                scale_run(x + r * n, n, top[r], 1, -sum[r], out + r * n);
        } else {
            for (size r = 0; r < count; r++)
                sum[r] = (real)exp_run(x + r * n, n, top[r], out + r * n);
            for (size r = 0; r < count; r++) divide_run(out + r * n, n, sum[r]);
        }
    }
}

/* The sum of g, times y if that is not NULL, a constant. */
INLINE double sum_products(const real *g, const real *y, size length) {
    double sum = 0;
    for (size from = 0; from < length; from += RUN) {
        size n = least_of(RUN, length - from), i = 0;
        vec s[4] = {{0}};
        for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++) {
                vec h = load(g + from + i + v * LANES);
                s[v] += y ? h * load(y + from + i + v * LANES) : h;
            }
        for (; i + LANES <= n; i += LANES) {
            vec h = load(g + from + i);
            s[0] += y ? h * load(y + from + i) : h;
        }
        if (i < n) {
            vec h = load_end(g + from, n);
            s[1] += keep(fresh(n), y ? h * load_end(y + from, n) : h);
        }
        sum += (double)sum_of((s[0] + s[1]) + (s[2] + s[3]));
    }
    return sum;
}

/* The gradient at one place: softmax y (g - sum), its logarithm g - e ** y sum. */
INLINE vec grad_of(vec g, vec y, vec sum, int is_log) {
    return is_log ? g - vexp(y) * sum : y * (g - sum);
}

INLINE void grad_run(const real *g, const real *y, size n, real sum, real *out, int is_log) {
    vec t = splat(sum);
    size i = 0;
    for (; i + LANES <= n; i += LANES)
        store(out + i, grad_of(load(g + i), load(y + i), t, is_log));
    if (i < n) store_end(out, n, grad_of(load_end(g, n), load_end(y, n), t, is_log));
}

static void rows_grad_chunk(void *context, size chunk) {
    const softmax *s = context;
    size n = s->length, last = least_of(s->outer, (chunk + 1) * s->each);
    size some = n <= RUN ? TOGETHER : 1;
    real sum[VECTOR_BYTES / sizeof(real)];
    for (size row = chunk * s->each; row < last; row += some) {
        size count = least_of(some, last - row);
        const real *g = s->g + row * s->g_row, *y = s->x + row * n;
        real *out = s->out + row * n;
        for (size r = 0; r < count; r++)
            sum[r] = (real)(s->is_log ? sum_products(g + r * s->g_row, NULL, n)
                                      : sum_products(g + r * s->g_row, y + r * n, n));
        for (size r = 0; r < count; r++) {
            if (s->is_log)
                grad_run(g + r * s->g_row, y + r * n, n, sum[r], out + r * n, 1);
            else
                grad_run(g + r * s->g_row, y + r * n, n, sum[r], out + r * n, 0);
        }
    }
}

/* ------------------------------------------------------------------ columns */

/* Of `vectors` vectors of columns, a constant. */
INLINE void columns(const softmax *s, const real *x, real *out, int vectors) {
    vec top[WIDE], sum[WIDE] = {{0}};
    for (int v = 0; v < vectors; v++) top[v] = load(x + v * LANES);
    for (size k = 1; k < s->length; k++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            top[v] = larger(top[v], load(x + k * s->inner + v * LANES));
    for (size k = 0; k < s->length; k++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            vec y = vexp(load(x + k * s->inner + v * LANES) - top[v]);
            if (!s->is_log) store(out + k * s->inner + v * LANES, y);
            sum[v] += y;
        }
    for (int v = 0; v < vectors && s->is_log; v++) sum[v] = vlog(sum[v]);
    for (size k = 0; k < s->length; k++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            size at = k * s->inner + v * LANES;
            store(out + at, s->is_log ? (load(x + at) - top[v]) - sum[v]
                                          : load(out + at) / sum[v]);
        }
}

INLINE void columns_grad(const softmax *s, const real *g, const real *y, real *out, int vectors) {
    vec sum[WIDE] = {{0}};
    for (size k = 0; k < s->length; k++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            size at = k * s->inner + v * LANES;
            vec h = load(g + at);
            sum[v] += s->is_log ? h : h * load(y + at);
        }
    for (size k = 0; k < s->length; k++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            size at = k * s->inner + v * LANES;
            store(out + at, grad_of(load(g + at), load(y + at), sum[v], s->is_log));
        }
}

/* A block is WIDE vectors; the last takes the columns that are left over as well, and the last
vector of them overlaps the one before it. */
static void columns_chunk(void *context, size chunk) {
    const softmax *s = context;
    size last = least_of(s->outer * s->blocks, (chunk + 1) * s->each);
    for (size i = chunk * s->each; i < last; i++) {
        size base = i / s->blocks * s->length * s->inner, j = i % s->blocks;
        size at = j * WIDE * LANES, until = j + 1 == s->blocks ? s->inner : at + WIDE * LANES;
        const real *x = s->x + base, *g = s->g ? s->g + base : NULL;
        real *out = s->out + base;
        while (at < until) {
            int wide = at + WIDE * LANES <= until;
            if (at + LANES > until) at = until - LANES;
            if (g && wide)
                columns_grad(s, g + at, x + at, out + at, WIDE);
            else if (g)
                columns_grad(s, g + at, x + at, out + at, 1);
            else if (wide)
                columns(s, x + at, out + at, WIDE);
            else
                columns(s, x + at, out + at, 1);
            at += wide ? WIDE * LANES : LANES;
        }
    }
}

/* ------------------------------------------------------------------ what is turned before */

/* out[j][i] = x[i][j], by the distances of their rows. */
static void turn(const real *x, size rows, size columns, size x_row, real *out, size out_row) {
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < columns; j++) out[j * out_row + i] = x[i * x_row + j];
}

/* Fewer columns than a vector holds: as rows, then turned back. */
static void narrow_chunk(void *context, size chunk) {
    const softmax *s = context;
    size last = least_of(s->outer, (chunk + 1) * s->each), n = s->length * s->inner;
    real *room = scratch(2, 3 * n * (size)sizeof(real));
    softmax rows = {.outer = s->inner, .length = s->length, .inner = 1, .each = s->inner,
                    .is_log = s->is_log, .x = room, .g = room + n, .g_row = s->length,
                    .out = room + 2 * n};
    for (size i = chunk * s->each; i < last; i++) {
        turn(s->x + i * n, s->length, s->inner, s->inner, room, s->length);
        if (s->g) turn(s->g + i * n, s->length, s->inner, s->inner, room + n, s->length);
        if (s->g)
            rows_grad_chunk(&rows, 0);
        else
            rows_chunk(&rows, 0);
        turn(rows.out, s->inner, s->length, s->length, s->out + i * n, s->inner);
    }
}

/* Rows shorter than a vector: as columns, then turned back. */
static void short_chunk(void *context, size chunk) {
    const softmax *s = context;
    enum { ACROSS = WIDE * VECTOR_BYTES / sizeof(real) };
    real x[ACROSS * MOST_LANES] = {0}, g[ACROSS * MOST_LANES] = {0}, out[ACROSS * MOST_LANES];
    size n = s->length, last = least_of(s->outer, (chunk + 1) * s->each);
    softmax turned = {.length = n, .inner = ACROSS, .is_log = s->is_log};
    for (size row = chunk * s->each; row < last; row += ACROSS) {
        size count = least_of(ACROSS, last - row);
        turn(s->x + row * n, count, n, n, x, ACROSS);
        if (s->g) {
            turn(s->g + row * s->g_row, count, n, s->g_row, g, ACROSS);
            columns_grad(&turned, g, x, out, WIDE);
        } else {
            columns(&turned, x, out, WIDE);
        }
        turn(out, n, count, ACROSS, s->out + row * n, n);
    }
}

static void run_softmax(softmax s) {
    if (s.inner == 1 && s.length < LANES) {
        s.each = BLOCK / LANES;
        parallel(blocks_of(s.outer, s.each), short_chunk, &s);
    } else if (s.inner == 1) {
        s.each = most_of(1, BLOCK / s.length);
        parallel(blocks_of(s.outer, s.each), s.g ? rows_grad_chunk : rows_chunk, &s);
    } else if (s.inner < LANES) {
        s.each = most_of(1, BLOCK / (s.length * s.inner));
        parallel(blocks_of(s.outer, s.each), narrow_chunk, &s);
    } else {
        s.blocks = most_of(1, s.inner / (WIDE * LANES));
        s.each = most_of(1, BLOCK / (s.length * least_of(s.inner, WIDE * LANES)));
        parallel(blocks_of(s.outer * s.blocks, s.each), columns_chunk, &s);
    }
}

/* x, out; outer, length, inner, whether the logarithm is wanted. */
KERNEL(softmax) {
    run_softmax((softmax){.outer = n[0], .length = n[1], .inner = n[2], .is_log = (int)n[3],
                          .x = a[0], .out = a[1]});
    return 0;
}

/* g, the softmax or its logarithm, the gradient; outer, length, inner, whether it is the
logarithm, the distance of two rows of g. */
KERNEL(softmax_grad) {
    run_softmax((softmax){.outer = n[0], .length = n[1], .inner = n[2], .is_log = (int)n[3],
                          .g_row = n[4], .g = a[0], .x = a[1], .out = a[2]});
    return 0;
}
