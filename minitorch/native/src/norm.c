/* Normalization of rows: (x - mean) / sqrt(variance + eps), times weight, plus bias.

A row is a run of numbers with a mean of its own: a position of a layer norm, a group of channels of
an image, a channel of an instance norm. Weight and bias are of `groups` sets of `channels`; row r
takes set r % groups, and each of its numbers holds for `places` neighbours. A layer norm has one
set with a weight for every number.

Backwards, with d = x - mean and h = g weight over a row of n:

    gx = rstd (h - sum(h) / n - d rstd^2 sum(h d) / n)

so a row is read twice, and both times it is in the nearest cache. The gradients of weight and bias
are summed over blocks of rows and those in order: the same bits with any number of threads. */

#include "rows.h"

#define BLOCK 8192     /* numbers that are worth a chunk of their own: some 2 us */
#define TOGETHER 4     /* rows that go through the steps side by side */
#define TALL 64        /* rows whose gradients are summed before they are added to the rest */

typedef struct {
    size rows, length, groups, channels, places, each;
    const real *x, *weight, *bias;
    real *out, *mean, *variance, *rstd; /* mean and variance may be NULL */
    double eps;
    int centred; /* else by the root of the mean square */
} forward;

INLINE size set_of(size row, size groups) { return groups == 1 ? 0 : row % groups; }

static size rows_each(size length) { return most_of(1, BLOCK / most_of(1, length)); }

/* ------------------------------------------------------------------ forward */

/* out = ((x - mean) scale + shift) weight + bias, each its own; the flags are constants. */
INLINE void scale_each(const forward *f, const real *x, real centre, real scale, real shift,
                       const real *weight, const real *bias, real *out, int weighted, int biased) {
    size n = f->length, i = 0;
    vec c = splat(centre), s = splat(scale), t = splat(shift);
    for (; i + LANES <= n; i += LANES) {
        vec y = (load(x + i) - c) * s + t;
        if (weighted) y *= load(weight + i);
        if (biased) y += load(bias + i);
        store(out + i, y);
    }
    if (i < n) {
        vec y = (load_end(x, n) - c) * s + t;
        if (weighted) y *= load_end(weight, n);
        if (biased) y += load_end(bias, n);
        store_end(out, n, y);
    }
}

/* What rounding took off the mean comes in again with the bias. */
static void scale_row(const forward *f, size row, double exact, real rstd) {
    size set = set_of(row, f->groups) * f->channels;
    const real *x = f->x + row * f->length;
    real *out = f->out + row * f->length, mean = (real)exact;
    const real *w = f->weight ? f->weight + set : NULL, *b = f->bias ? f->bias + set : NULL;
    real rest = (real)((double)mean - exact) * rstd;
    if (f->places > 1 || (!w && !b)) {
        size n = w || b ? f->places : f->length;
        for (size i = 0, k = 0; i < f->length; i += n, k++) {
            real scale = w ? w[k] : 1, shift = b ? b[k] : 0;
            scale_run(x + i, n, mean, rstd * scale, rest * scale + shift, out + i);
        }
    } else if (w && b) {
        scale_each(f, x, mean, rstd, rest, w, b, out, 1, 1);
    } else if (w) {
        scale_each(f, x, mean, rstd, rest, w, b, out, 1, 0);
    } else {
        scale_each(f, x, mean, rstd, rest, w, b, out, 0, 1);
    }
}

/* Mean and variance of `count` rows, one step for all of them before the next: the rows do not wait
for each other, the steps of a row do. */
static void statistics(const forward *f, size row, size count, double *mean, double *variance) {
    const real *x = f->x + row * f->length;
    size n = f->length;
    if (!f->centred) {
        for (size r = 0; r < count; r++) mean[r] = 0, variance[r] = mean_square(x + r * n, n);
    } else if (n <= RUN) {
        for (size r = 0; r < count; r++) mean[r] = (double)sum_run(x + r * n, n) / (double)n;
        for (size r = 0; r < count; r++) {
            moments m = moments_run(x + r * n, n, mean[r]);
            mean[r] = m.mean, variance[r] = m.squares / m.n;
        }
    } else {
        for (size r = 0; r < count; r++) {
            moments m = {0, 0, 0};
            moments_add(&m, x + r * n, n);
            mean[r] = m.mean, variance[r] = m.squares / m.n;
        }
    }
}

static void forward_chunk(void *context, size chunk) {
    const forward *f = context;
    size last = least_of(f->rows, (chunk + 1) * f->each), some = f->length <= RUN ? TOGETHER : 1;
    double mean[TOGETHER], variance[TOGETHER];
    real rstd[TOGETHER];
    for (size row = chunk * f->each; row < last; row += some) {
        size count = least_of(some, last - row);
        statistics(f, row, count, mean, variance);
        for (size r = 0; r < count; r++) {
            rstd[r] = (real)(1 / sqrt(variance[r] + f->eps));
            if (f->mean) f->mean[row + r] = (real)mean[r];
            if (f->variance) f->variance[row + r] = (real)variance[r];
            f->rstd[row + r] = rstd[r];
        }
        for (size r = 0; r < count; r++) scale_row(f, row + r, mean[r], rstd[r]);
    }
}

/* x, weight, bias, out, mean, variance, rstd; rows, length, groups, channels, places; eps. Without
mean, by the root of the mean square. */
KERNEL(normalize_rows) {
    forward f = {.rows = n[0], .length = n[1], .groups = n[2], .channels = n[3], .places = n[4],
                 .each = rows_each(n[1]), .x = a[0], .weight = a[1], .bias = a[2],
                 .out = a[3], .mean = a[4], .variance = a[5], .rstd = a[6], .eps = s[0],
                 .centred = a[4] != NULL};
    parallel(blocks_of(f.rows, f.each), forward_chunk, &f);
    return 0;
}

/* ------------------------------------------------------------------ backward */

typedef struct {
    size rows, length, groups, channels, places, each;
    size g_row; /* the distance of two rows of g: 0 where all are one */
    const real *g, *x, *weight, *mean, *rstd;
    real *gx;      /* NULL where it is not wanted */
    real *partial; /* sums of blocks or of rows */
} backward;

/* Sums over a row, in lanes: of h and of h d. */
typedef struct {
    vec h, product;
} lanes;

/* Of a vector of g and d: what `wanted` says adds g d rstd to g_weight and g to g_bias. */
INLINE void add_each(lanes *sum, vec g, vec d, const real *weight, vec rstd, real *g_weight,
                     real *g_bias, int weighted, int wanted) {
    vec h = weighted ? g * load(weight) : g;
    sum->h += h;
    sum->product += h * d;
    if (wanted) {
        store(g_weight, load(g_weight) + g * (d * rstd));
        store(g_bias, load(g_bias) + g);
    }
}

/* The same over at most RUN numbers; what is left over of them comes in the lanes of `m`. */
INLINE void sums_each(size n, const real *g, const real *x, const real *weight, vec c, vec rstd,
                      real *g_weight, real *g_bias, double sums[2], int weighted, int wanted) {
    lanes sum[2] = {{{0}, {0}}, {{0}, {0}}};
    size i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES)
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++) {
            size at = i + v * LANES;
            add_each(&sum[v], load(g + at), load(x + at) - c, weighted ? weight + at : NULL, rstd,
                     wanted ? g_weight + at : NULL, wanted ? g_bias + at : NULL, weighted, wanted);
        }
    if (i + LANES <= n) {
        add_each(&sum[0], load(g + i), load(x + i) - c, weighted ? weight + i : NULL, rstd,
                 wanted ? g_weight + i : NULL, wanted ? g_bias + i : NULL, weighted, wanted);
        i += LANES;
    }
    if (i < n) {
        mask m = fresh(n);
        vec y = keep(m, load_end(g, n)), d = keep(m, load_end(x, n) - c);
        vec h = weighted ? keep(m, y * load_end(weight, n)) : y;
        sum[1].h += h;
        sum[1].product += h * d;
        if (wanted) {
            store_end(g_weight, n, load_end(g_weight, n) + keep(m, y * (d * rstd)));
            store_end(g_bias, n, load_end(g_bias, n) + y);
        }
    }
    sums[0] += (double)sum_of(sum[0].h + sum[1].h);
    sums[1] += (double)sum_of(sum[0].product + sum[1].product);
}

INLINE void sums_row(const backward *b, size row, real *g_weight, real *g_bias, double sums[2],
                     int weighted, int wanted) {
    const real *g = b->g + row * b->g_row, *x = b->x + row * b->length;
    const real *weight = weighted ? b->weight + set_of(row, b->groups) * b->channels : NULL;
    vec c = splat(b->mean ? b->mean[row] : 0), rstd = splat(b->rstd[row]);
    for (size i = 0; i < b->length; i += RUN)
        sums_each(least_of(RUN, b->length - i), g + i, x + i, weighted ? weight + i : NULL, c, rstd,
                  wanted ? g_weight + i : NULL, wanted ? g_bias + i : NULL, sums, weighted, wanted);
}

/* gx = rstd (g weight - shift - (x - mean) slope) */
INLINE void grads_each(size n, const real *g, const real *x, const real *weight, real factor,
                       real mean, real rstd, real shift, real slope, real *gx, int weighted) {
    vec c = splat(mean), r = splat(rstd), t = splat(shift), q = splat(slope), f = splat(factor);
    size i = 0;
    for (; i + LANES <= n; i += LANES) {
        vec h = load(g + i) * (weighted ? load(weight + i) : f);
        store(gx + i, r * (h - t - (load(x + i) - c) * q));
    }
    if (i < n) {
        vec h = load_end(g, n) * (weighted ? load_end(weight, n) : f);
        store_end(gx, n, r * (h - t - (load_end(x, n) - c) * q));
    }
}

/* The sums of a row; `partial`, if not NULL, takes those of the weight before those of the bias. */
static void sums_of_row(const backward *b, size row, real *partial, double sums[2]) {
    size set = set_of(row, b->groups) * b->channels;
    real *of_weight = partial ? partial + set : NULL;
    real *of_bias = partial ? of_weight + b->groups * b->channels : NULL;
    sums[0] = sums[1] = 0;
    if (b->weight && partial)
        sums_row(b, row, of_weight, of_bias, sums, 1, 1);
    else if (partial)
        sums_row(b, row, of_weight, of_bias, sums, 0, 1);
    else if (b->weight)
        sums_row(b, row, NULL, NULL, sums, 1, 0);
    else
        sums_row(b, row, NULL, NULL, sums, 0, 0);
}

static void grads_of_row(const backward *b, size row, const double sums[2]) {
    const real *g = b->g + row * b->g_row, *x = b->x + row * b->length;
    double n = (double)b->length;
    real mean = b->mean ? b->mean[row] : 0, rstd = b->rstd[row];
    real shift = b->mean ? (real)(sums[0] / n) : 0, slope = (real)(sums[1] / n * rstd * rstd);
    real *gx = b->gx + row * b->length;
    if (b->weight)
        grads_each(b->length, g, x, b->weight + set_of(row, b->groups) * b->channels, 1, mean, rstd,
                   shift, slope, gx, 1);
    else
        grads_each(b->length, g, x, NULL, 1, mean, rstd, shift, slope, gx, 0);
}

/* Rows with a weight for each number, or with none. */
static void each_chunk(void *context, size chunk) {
    const backward *b = context;
    size last = least_of(b->rows, (chunk + 1) * b->each), some = b->length <= RUN ? TOGETHER : 1;
    size width = 2 * b->groups * b->channels;
    real *partial = b->partial ? b->partial + chunk * width : NULL;
    if (partial) memset(partial, 0, sizeof(real) * (size_t)width);
    double sums[TOGETHER][2];
    for (size row = chunk * b->each; row < last; row += some) {
        size count = least_of(some, last - row);
        for (size r = 0; r < count; r++) sums_of_row(b, row + r, partial, sums[r]);
        for (size r = 0; r < count && b->gx; r++) grads_of_row(b, row + r, sums[r]);
    }
}

/* Rows with a weight for a run of numbers: `partial` holds each row's sums. */
static void runs_chunk(void *context, size chunk) {
    const backward *b = context;
    size last = least_of(b->rows, (chunk + 1) * b->each), p = b->places;
    real *of_weight = b->partial, *of_bias = of_weight + b->rows * b->channels;
    for (size row = chunk * b->each; row < last; row++) {
        const real *g = b->g + row * b->g_row, *x = b->x + row * b->length;
        const real *weight = b->weight ? b->weight + set_of(row, b->groups) * b->channels : NULL;
        real mean = b->mean ? b->mean[row] : 0, rstd = b->rstd[row];
        double all[2] = {0, 0};
        for (size k = 0; k < b->channels; k++) {
            double sums[2] = {0, 0};
            products_add(g + k * p, x + k * p, p, mean, &sums[0], &sums[1]);
            of_weight[row * b->channels + k] = (real)(sums[1] * rstd);
            of_bias[row * b->channels + k] = (real)sums[0];
            all[0] += sums[0] * (weight ? weight[k] : 1);
            all[1] += sums[1] * (weight ? weight[k] : 1);
        }
        if (!b->gx) continue;
        real shift = (real)(all[0] / (double)b->length);
        real slope = (real)(all[1] / (double)b->length * rstd * rstd);
        real *gx = b->gx + row * b->length;
        for (size k = 0; k < b->channels; k++)
            grads_each(p, g + k * p, x + k * p, NULL, weight ? weight[k] : 1, mean, rstd, shift,
                       slope, gx + k * p, 0);
    }
}

/* ------------------------------------------------------------------ sums of sums */

typedef struct {
    const real *parts;
    real *out;
    size count, step, width;
} column_sums;

/* out[j] = parts[j] + parts[step + j] + ..., in order, for a run of columns. */
static void column_chunk(void *context, size chunk) {
    const column_sums *c = context;
    size first = chunk * RUN, n = least_of(RUN, c->width - first);
    double sums[RUN] = {0};
    for (size i = 0; i < c->count; i++) {
        const real *part = c->parts + i * c->step + first;
        for (size j = 0; j < n; j++) sums[j] += (double)part[j];
    }
    for (size j = 0; j < n; j++) c->out[first + j] = (real)sums[j];
}

static void add_up(const real *parts, size count, size step, size width, real *out) {
    if (!out) return;
    column_sums c = {parts, out, count, step, width};
    parallel(blocks_of(width, RUN), column_chunk, &c);
}

/* g, x, weight, mean, rstd, gx, g_weight, g_bias; rows, length, groups, channels, places, g_row. */
KERNEL(normalize_rows_grad) {
    backward b = {.rows = n[0], .length = n[1], .groups = n[2], .channels = n[3], .places = n[4],
                  .g_row = n[5], .each = least_of(TALL, rows_each(n[1])), .g = a[0], .x = a[1],
                  .weight = a[2], .mean = a[3], .rstd = a[4], .gx = a[5]};
    real *g_weight = a[6], *g_bias = a[7];
    size chunks = blocks_of(b.rows, b.each), width = b.groups * b.channels;
    if (b.places == 1) {
        if (g_weight || g_bias) b.partial = scratch(2, chunks * 2 * width * (size)sizeof(real));
        parallel(chunks, each_chunk, &b);
        if (!b.partial) return 0;
        add_up(b.partial, chunks, 2 * width, width, g_weight);
        add_up(b.partial + width, chunks, 2 * width, width, g_bias);
        return 0;
    }
    b.partial = scratch(2, b.rows * 2 * b.channels * (size)sizeof(real));
    parallel(chunks, runs_chunk, &b);
    size images = b.rows / b.groups;
    add_up(b.partial, images, width, width, g_weight);
    add_up(b.partial + b.rows * b.channels, images, width, width, g_bias);
    return 0;
}
