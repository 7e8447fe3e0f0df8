/* Recurrent layers over a whole sequence: LSTM, GRU, and the plain RNN.

What the inputs bring to the gates comes in `gates`, by one product over all steps. The sequences of
a batch know nothing of each other: so a thread takes some of them through all steps and waits for
nobody. At each step their states meet the weights, which lie packed in its cache, and the gates are
bent while they are still in the first-level cache. How the batch is cut follows the number of
threads; each sequence is computed alike wherever the cut falls.

Rows are (step, sequence): Note [steps] in ops/recurrent.py. `ends` has the last row + 1 of each step
where their sizes differ. */

#include "elementary.h"

#define PACKED 2 /* slots of scratch memory */
#define OWN 3
#define MOST_ROWS 48 /* of a thread at a time: its gates stay in L2 */

typedef struct {
    size sequences, steps, hidden;
    int reverse;
    const size *ends;
    size each; /* sequences of a chunk */
    const real *packed; /* the weights of the state */
    const real *state_bias;
    real *gates, *h, *c, *out, *before, *cells, *squashed;
    const real *g_out;
    size g_step, g_row; /* strides of g_out */
    real *g_gates, *g_hidden;
    int is_relu;
} layer;

/* The rows of the step computed as number `step`, for the sequences [first, first + count). */
typedef struct {
    size at, count; /* the first row; how many of these sequences are alive */
    size step;
} span;

static span span_of(const layer *l, size step, size first, size count) {
    if (l->reverse) step = l->steps - 1 - step;
    size from = step * l->sequences, alive = l->sequences;
    if (l->ends) {
        from = step ? l->ends[step - 1] : 0;
        alive = l->ends[step] - from;
    }
    return (span){from + first, most_of(0, least_of(count, alive - first)), step};
}

/* What reaches the output of row `i` of a span: the gradient of the state, and that of the output. */
INLINE const real *g_out_of(const layer *l, span s, size first, size i) {
    if (!l->g_out) return NULL;
    if (l->ends) return l->g_out + (s.at + i) * l->g_row;
    return l->g_out + s.step * l->g_step + (first + i) * l->g_row;
}

/* The last vector of a row may be a part of one. */
INLINE vec take(const real *p, size n) { return n >= LANES ? load(p) : load_part(p, n, 0); }
INLINE void give(real *p, vec x, size n) {
    if (n >= LANES) store(p, x);
    else store_part(p, x, n);
}

/* to = from weights (+ to) for `count` states. */
static void meet(const layer *l, size count, size in, size out, const real *from, real *to,
                 int add) {
    NAME(gemm_packed)(count, out, in, from, in, 1, l->packed, to, out, NULL, add);
}

/* ------------------------------------------------------------------ LSTM */

static void lstm_row(size hidden, real *s, real *h, real *c, real *out, real *cells,
                     real *squashed) {
    for (size j = 0; j < hidden; j += LANES) {
        size n = hidden - j;
        real *input = s + j, *forget = input + hidden, *new = forget + hidden, *output = new + hidden;
        vec i = vsigmoid(take(input, n)), f = vsigmoid(take(forget, n));
        vec g = vtanh(take(new, n)), o = vsigmoid(take(output, n)), before = take(c + j, n);
        vec cell = f * before + i * g, bent = vtanh(cell), state = o * bent;
        give(input, i, n), give(forget, f, n), give(new, g, n), give(output, o, n);
        give(cells + j, before, n), give(c + j, cell, n), give(squashed + j, bent, n);
        give(out + j, state, n), give(h + j, state, n);
    }
}

static void lstm_chunk(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden, *c = l->c + first * hidden;
    for (size step = 0; step < l->steps; step++) {
        span s = span_of(l, step, first, rows);
        real *gates = l->gates + s.at * 4 * hidden;
        memcpy(l->before + s.at * hidden, h, sizeof(real) * (size_t)(s.count * hidden));
        meet(l, s.count, hidden, 4 * hidden, h, gates, 1);
        for (size i = 0; i < s.count; i++) {
            size at = (s.at + i) * hidden;
            lstm_row(hidden, gates + i * 4 * hidden, h + i * hidden, c + i * hidden, l->out + at,
                     l->cells + at, l->squashed + at);
        }
    }
}

/* dh and dc in `h` and `c`; c is that of the step before when it is done. */
static void lstm_row_back(size hidden, const real *s, const real *g_out, const real *h, real *c,
                          const real *cells, const real *squashed, real *g) {
    for (size j = 0; j < hidden; j += LANES) {
        size n = hidden - j;
        vec i = take(s + j, n), f = take(s + hidden + j, n);
        vec new = take(s + 2 * hidden + j, n), o = take(s + 3 * hidden + j, n);
        vec bent = take(squashed + j, n), now = take(h + j, n);
        if (g_out) now += take(g_out + j, n);
        vec cell = take(c + j, n) + now * (o * (1 - bent * bent));
        give(g + j, cell * (new * (i * (1 - i))), n);
        give(g + hidden + j, cell * (take(cells + j, n) * (f * (1 - f))), n);
        give(g + 2 * hidden + j, cell * (i * (1 - new * new)), n);
        give(g + 3 * hidden + j, now * (bent * (o * (1 - o))), n);
        give(c + j, cell * f, n);
    }
}

static void lstm_chunk_back(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden, *c = l->c + first * hidden;
    for (size step = l->steps - 1; step >= 0; step--) {
        span s = span_of(l, step, first, rows);
        real *g = l->g_gates + s.at * 4 * hidden;
        for (size i = 0; i < s.count; i++) {
            size at = (s.at + i) * hidden;
            lstm_row_back(hidden, l->gates + at * 4, g_out_of(l, s, first, i), h + i * hidden,
                          c + i * hidden, l->cells + at, l->squashed + at, g + i * 4 * hidden);
        }
        meet(l, s.count, 4 * hidden, hidden, g, h, 0);
    }
}

/* ------------------------------------------------------------------ GRU */

/* m has what the state brings. */
static void gru_row(size hidden, real *s, const real *m, const real *bias, real *h, real *out,
                    real *inner) {
    for (size j = 0; j < hidden; j += LANES) {
        size n = hidden - j, two = 2 * hidden + j;
        vec r = vsigmoid(take(s + j, n) + take(m + j, n));
        vec z = vsigmoid(take(s + hidden + j, n) + take(m + hidden + j, n));
        vec within = take(m + two, n);
        if (bias) within += take(bias + two, n);
        vec new = vtanh(take(s + two, n) + r * within);
        vec state = (take(h + j, n) - new) * z + new;
        give(s + j, r, n), give(s + hidden + j, z, n), give(s + two, new, n);
        give(inner + j, within, n), give(out + j, state, n), give(h + j, state, n);
    }
}

static void gru_chunk(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden, *own = scratch(OWN, rows * 3 * hidden * (size)sizeof(real));
    for (size step = 0; step < l->steps; step++) {
        span s = span_of(l, step, first, rows);
        memcpy(l->before + s.at * hidden, h, sizeof(real) * (size_t)(s.count * hidden));
        meet(l, s.count, hidden, 3 * hidden, h, own, 0);
        for (size i = 0; i < s.count; i++) {
            size at = (s.at + i) * hidden;
            gru_row(hidden, l->gates + at * 3, own + i * 3 * hidden, l->state_bias, h + i * hidden,
                    l->out + at, l->squashed + at);
        }
    }
}

/* dh in `h`, which is left as what reaches the state before past the gates. */
static void gru_row_back(size hidden, const real *s, const real *g_out, real *h, const real *before,
                         const real *inner, real *g_in, real *g_hidden) {
    for (size j = 0; j < hidden; j += LANES) {
        size n = hidden - j, two = 2 * hidden + j;
        vec r = take(s + j, n), z = take(s + hidden + j, n), new = take(s + two, n);
        vec now = take(h + j, n);
        if (g_out) now += take(g_out + j, n);
        vec g_new = now * ((1 - z) * (1 - new * new));
        vec g_r = g_new * (take(inner + j, n) * (r * (1 - r)));
        vec g_z = now * ((take(before + j, n) - new) * (z * (1 - z)));
        give(g_in + j, g_r, n), give(g_in + hidden + j, g_z, n), give(g_in + two, g_new, n);
        give(g_hidden + j, g_r, n), give(g_hidden + hidden + j, g_z, n);
        give(g_hidden + two, g_new * r, n);
        give(h + j, now * z, n);
    }
}

static void gru_chunk_back(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden;
    for (size step = l->steps - 1; step >= 0; step--) {
        span s = span_of(l, step, first, rows);
        for (size i = 0; i < s.count; i++) {
            size at = (s.at + i) * hidden;
            gru_row_back(hidden, l->gates + at * 3, g_out_of(l, s, first, i), h + i * hidden,
                         l->before + at, l->squashed + at, l->g_gates + at * 3,
                         l->g_hidden + at * 3);
        }
        meet(l, s.count, 3 * hidden, hidden, l->g_hidden + s.at * 3 * hidden, h, 1);
    }
}

/* ------------------------------------------------------------------ RNN */

static void rnn_chunk(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden;
    for (size step = 0; step < l->steps; step++) {
        span s = span_of(l, step, first, rows);
        real *states = l->gates + s.at * hidden;
        size count = s.count * hidden;
        memcpy(l->before + s.at * hidden, h, sizeof(real) * (size_t)count);
        meet(l, s.count, hidden, hidden, h, states, 1);
        for (size j = 0; j < count; j += LANES) {
            vec x = take(states + j, count - j);
            x = l->is_relu ? larger(x, (vec){0}) : vtanh(x);
            give(states + j, x, count - j), give(h + j, x, count - j);
        }
    }
}

static void rnn_row_back(const layer *l, const real *out, const real *g_out, const real *h,
                         real *g) {
    for (size j = 0; j < l->hidden; j += LANES) {
        size n = l->hidden - j;
        vec now = take(h + j, n), x = take(out + j, n);
        if (g_out) now += take(g_out + j, n);
        vec slope = l->is_relu ? choose(x > 0, splat(1), (vec){0}) : 1 - x * x;
        give(g + j, slope * now, n);
    }
}

static void rnn_chunk_back(void *context, size chunk) {
    const layer *l = context;
    size first = chunk * l->each, hidden = l->hidden;
    size rows = least_of(l->each, l->sequences - first);
    real *h = l->h + first * hidden;
    for (size step = l->steps - 1; step >= 0; step--) {
        span s = span_of(l, step, first, rows);
        real *g = l->g_gates + s.at * hidden;
        for (size i = 0; i < s.count; i++)
            rnn_row_back(l, l->gates + (s.at + i) * hidden, g_out_of(l, s, first, i),
                         h + i * hidden, g + i * hidden);
        meet(l, s.count, hidden, hidden, g, h, 0);
    }
}

/* ------------------------------------------------------------------ for Python */

/* Sequences, steps, hidden, reverse come first among the integers. */
static layer layer_of(const size *n) {
    return (layer){.sequences = n[0], .steps = n[1], .hidden = n[2], .reverse = (int)n[3]};
}

/* Run all steps with the weights w (out, in) by their strides as (in, out). */
static size walk(layer *l, task run, size in, size out, const real *w, size w_row, size w_column) {
    size threads = threads_wanted();
    size chunks = threads * blocks_of(l->sequences, threads * MOST_ROWS);
    l->each = most_of(1, blocks_of(l->sequences, chunks));
    real *packed = scratch(PACKED, NAME(packed_size)(in, out) * (size)sizeof(real));
    if (!packed) return -1;
    NAME(pack)(in, out, w, w_row, w_column, packed);
    l->packed = packed;
    parallel(blocks_of(l->sequences, l->each), run, l);
    return 0;
}

/* gates, h, c, w_hh, out, before, cells, squashed, ends. */
KERNEL(lstm_layer) {
    layer l = layer_of(n);
    size hidden = l.hidden;
    l.gates = a[0], l.h = a[1], l.c = a[2], l.out = a[4], l.before = a[5], l.cells = a[6];
    l.squashed = a[7], l.ends = a[8];
    return walk(&l, lstm_chunk, hidden, 4 * hidden, a[3], 1, hidden);
}

/* g_out, dh, dc, w_hh, gates, cells, squashed, g_gates, ends; the strides of g_out. */
STRIDED_KERNEL(lstm_layer_back) {
    layer l = layer_of(n);
    size hidden = l.hidden;
    l.g_out = a[0], l.h = a[1], l.c = a[2], l.gates = a[4], l.cells = a[5], l.squashed = a[6];
    l.g_gates = a[7], l.ends = a[8], l.g_step = n[4], l.g_row = n[5];
    return walk(&l, lstm_chunk_back, 4 * hidden, hidden, a[3], hidden, 1);
}

/* gates, h, w_hh, b_hh, out, before, inner, ends. */
KERNEL(gru_layer) {
    layer l = layer_of(n);
    size hidden = l.hidden;
    l.gates = a[0], l.h = a[1], l.state_bias = a[3], l.out = a[4], l.before = a[5];
    l.squashed = a[6], l.ends = a[7];
    return walk(&l, gru_chunk, hidden, 3 * hidden, a[2], 1, hidden);
}

/* g_out, dh, w_hh, gates, before, inner, g_in, g_hidden, ends; the strides of g_out. */
STRIDED_KERNEL(gru_layer_back) {
    layer l = layer_of(n);
    size hidden = l.hidden;
    l.g_out = a[0], l.h = a[1], l.gates = a[3], l.before = a[4], l.squashed = a[5];
    l.g_gates = a[6], l.g_hidden = a[7], l.ends = a[8], l.g_step = n[4], l.g_row = n[5];
    return walk(&l, gru_chunk_back, 3 * hidden, hidden, a[2], hidden, 1);
}

/* states, h, w_hh, before, ends; is_relu. */
KERNEL(rnn_layer) {
    layer l = layer_of(n);
    l.gates = a[0], l.h = a[1], l.before = a[3], l.ends = a[4], l.is_relu = (int)n[4];
    return walk(&l, rnn_chunk, l.hidden, l.hidden, a[2], 1, l.hidden);
}

/* g_out, dh, w_hh, out, slopes, ends; the strides of g_out, is_relu. */
STRIDED_KERNEL(rnn_layer_back) {
    layer l = layer_of(n);
    l.g_out = a[0], l.h = a[1], l.gates = a[3], l.g_gates = a[4], l.ends = a[5];
    l.g_step = n[4], l.g_row = n[5], l.is_relu = (int)n[6];
    return walk(&l, rnn_chunk_back, l.hidden, l.hidden, a[2], l.hidden, 1);
}

/* ------------------------------------------------------------------ gradients of biases */

#define SUM_COLUMNS 64
#define SUM_ROWS 64 /* summed by themselves: errors grow with the square root of the runs */

typedef struct {
    size rows, columns;
    const real *x;
    real *sums;
} columns_sum;

static void sum_chunk(void *context, size chunk) {
    const columns_sum *s = context;
    size first = chunk * SUM_COLUMNS, columns = least_of(SUM_COLUMNS, s->columns - first);
    real run[SUM_COLUMNS], *sums = s->sums + first;
    memset(sums, 0, sizeof(real) * (size_t)columns);
    for (size from = 0; from < s->rows; from += SUM_ROWS) {
        size last = least_of(s->rows, from + SUM_ROWS);
        memset(run, 0, sizeof run);
        for (size i = from; i < last; i++) {
            const real *x = s->x + i * s->columns + first;
            for (size j = 0; j < columns; j++) run[j] += x[j];
        }
        for (size j = 0; j < columns; j++) sums[j] += run[j];
    }
}

/* x (rows, columns), its sums by column. */
KERNEL(sum_rows) {
    columns_sum sum = {n[0], n[1], a[0], a[1]};
    parallel(blocks_of(sum.columns, SUM_COLUMNS), sum_chunk, &sum);
    return 0;
}
