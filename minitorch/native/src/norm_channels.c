/* Normalization of channels: a batch norm over (images, channels, places).

A channel is one run of `places` numbers in every image. Where these are many, a chunk of work is a
channel with all its runs: their moments are taken one by one while they are near and put together.
Where they are few, a chunk is a run of columns, each place of some channels: vectors of them walk
down the images side by side, and the sums of a channel's columns are put together.

With statistics that are given (`fixed`) the same walks leave the statistics out. */

#include "rows.h"

#define CHUNK 8192  /* numbers that are worth a chunk of their own */
#define FEW 64      /* places, up to which they are walked as columns */
#define COLUMNS 256 /* of a chunk */
#define WIDE 4      /* vectors of columns that walk together */
#define TALL 16     /* images whose sums are kept in lanes before they are added to the rest */

typedef struct {
    size images, channels, places, each;
    const real *x, *weight, *bias;
    real *out, *mean, *variance, *rstd;
    double eps;
    int fixed; /* mean and rstd are given */
} forward;

typedef struct {
    size images, channels, places, each;
    size g_image, g_channel; /* the distance of two images and two channels of g */
    const real *g, *x, *weight, *mean, *rstd;
    real *gx, *g_weight, *g_bias; /* NULL where one is not wanted */
    int fixed;                    /* the statistics are constants */
} backward;

/* ------------------------------------------------------------------ channels of several places */

static void channel_chunk(void *context, size chunk) {
    const forward *f = context;
    size last = least_of(f->channels, (chunk + 1) * f->each), n = f->places;
    for (size k = chunk * f->each; k < last; k++) {
        real rest = 0; /* what rounding took off the mean */
        if (!f->fixed) {
            moments m = {0, 0, 0};
            for (size i = 0; i < f->images; i++)
                moments_add(&m, f->x + (i * f->channels + k) * n, n);
            f->mean[k] = (real)m.mean;
            rest = (real)((double)f->mean[k] - m.mean);
            f->variance[k] = (real)(m.squares / m.n);
            f->rstd[k] = (real)(1 / sqrt(m.squares / m.n + f->eps));
        }
        real scale = f->weight ? f->rstd[k] * f->weight[k] : f->rstd[k];
        real shift = (f->bias ? f->bias[k] : 0) + rest * scale;
        for (size i = 0; i < f->images; i++)
            scale_run(f->x + (i * f->channels + k) * n, n, f->mean[k], scale, shift,
                      f->out + (i * f->channels + k) * n);
    }
}

/* gx = g scale - (x - mean) slope - shift */
INLINE void grads_run(const real *g, const real *x, size n, real mean, real scale, real slope,
                      real shift, real *gx) {
    vec c = splat(mean), s = splat(scale), q = splat(slope), t = splat(shift);
    size i = 0;
    for (; i + LANES <= n; i += LANES)
        store(gx + i, load(g + i) * s - (load(x + i) - c) * q - t);
    if (i < n) store_end(gx, n, load_end(g, n) * s - (load_end(x, n) - c) * q - t);
}

static void channel_grad_chunk(void *context, size chunk) {
    const backward *b = context;
    size last = least_of(b->channels, (chunk + 1) * b->each), p = b->places;
    double n = (double)(b->images * p);
    for (size k = chunk * b->each; k < last; k++) {
        double sum = 0, product = 0;
        real mean = b->mean[k], rstd = b->rstd[k];
        int summed = !b->fixed || b->g_weight || b->g_bias;
        for (size i = 0; i < b->images && summed; i++)
            products_add(b->g + i * b->g_image + k * b->g_channel,
                         b->x + (i * b->channels + k) * p, p, mean, &sum, &product);
        if (b->g_weight) b->g_weight[k] = (real)(product * rstd);
        if (b->g_bias) b->g_bias[k] = (real)sum;
        if (!b->gx) continue;
        double scale = b->weight ? (double)rstd * b->weight[k] : rstd;
        real slope = b->fixed ? 0 : (real)(scale * rstd * rstd * product / n);
        real shift = b->fixed ? 0 : (real)(scale * sum / n);
        for (size i = 0; i < b->images; i++) {
            const real *g = b->g + i * b->g_image + k * b->g_channel;
            size at = (i * b->channels + k) * p;
            if (b->fixed)
                scale_run(g, p, 0, (real)scale, 0, b->gx + at);
            else
                grads_run(g, b->x + at, p, mean, (real)scale, slope, shift, b->gx + at);
        }
    }
}

/* ------------------------------------------------------------------ columns */

/* Sums down the images: of d = x - centre and of its squares; with g, of g and of g d. */
typedef struct {
    const real *x, *g, *centre;
    real *sums, *products;
    size images, x_image, g_image;
} walk;

/* Of `vectors` vectors of columns, a constant. */
INLINE void walk_down(const walk *w, size at, int vectors, size part) {
    vec centre[WIDE] = {{0}}, sum[WIDE] = {{0}}, product[WIDE] = {{0}};
    for (int v = 0; v < vectors && w->centre; v++) centre[v] = get(w->centre + at + v * LANES, part);
    for (size from = 0; from < w->images; from += TALL) {
        vec some[WIDE] = {{0}}, products[WIDE] = {{0}};
        size until = least_of(w->images, from + TALL);
        for (size i = from; i < until; i++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                vec d = get(w->x + i * w->x_image + at + v * LANES, part) - centre[v];
                vec y = w->g ? get(w->g + i * w->g_image + at + v * LANES, part) : d;
                some[v] += y;
                products[v] += y * d;
            }
        for (int v = 0; v < vectors; v++) sum[v] += some[v], product[v] += products[v];
    }
    for (int v = 0; v < vectors; v++) {
        put(w->sums + at + v * LANES, part, sum[v]);
        put(w->products + at + v * LANES, part, product[v]);
    }
}

static void walk_columns(const walk *w, size width) {
    size at = 0;
    for (; at + WIDE * LANES <= width; at += WIDE * LANES) walk_down(w, at, WIDE, 0);
    for (; at + LANES <= width; at += LANES) walk_down(w, at, 1, 0);
    if (at < width) walk_down(w, most_of(0, width - LANES), 1, width < LANES ? width : 0);
}

/* out = (x - centre) scale + shift, or with g = g scale - (x - centre) slope + shift, each number
with its own; without slope g scale. */
INLINE void apply_columns(const real *x, const real *g, const real *centre, const real *scale,
                          const real *slope, const real *shift, real *out, size n) {
    for (size i = 0; i < n; i += LANES) {
        size at = i + LANES <= n ? i : most_of(0, n - LANES), part = n < LANES ? n : 0;
        vec y = get(g ? g + at : x + at, part), q = get(scale + at, part);
        if (g && !slope) {
            put(out + at, part, y * q);
            continue;
        }
        vec d = get(x + at, part) - get(centre + at, part), t = get(shift + at, part);
        put(out + at, part, g ? y * q - d * get(slope + at, part) + t : d * q + t);
    }
}

/* The same number for every place of a channel. */
INLINE void fill(real *to, size places, real x) {
    for (size i = 0; i < places; i++) to[i] = x;
}
INLINE double sum_places(const real *x, size places) {
    double sum = 0;
    for (size i = 0; i < places; i++) sum += (double)x[i];
    return sum;
}

static void columns_chunk(void *context, size chunk) {
    const forward *f = context;
    size k = chunk * f->each, channels = least_of(f->each, f->channels - k), p = f->places;
    size width = channels * p, image = f->channels * p;
    const real *x = f->x + k * p;
    real centre[COLUMNS], sums[COLUMNS], products[COLUMNS], scale[COLUMNS], shift[COLUMNS];
    double n = (double)(f->images * p);
    if (!f->fixed) {
        walk_columns(&(walk){x, NULL, NULL, sums, products, f->images, image, 0}, width);
        for (size c = 0; c < channels; c++)
            fill(centre + c * p, p, (real)(sum_places(sums + c * p, p) / n));
        walk_columns(&(walk){x, NULL, centre, sums, products, f->images, image, 0}, width);
    }
    for (size c = 0; c < channels; c++) {
        real *mean = f->mean + k + c, rest = 0;
        if (!f->fixed) {
            double off = sum_places(sums + c * p, p) / n; /* what rounding left of the mean */
            double exact = (double)centre[c * p] + off;
            double variance = sum_places(products + c * p, p) / n - off * off;
            variance = variance < 0 ? 0 : variance;
            *mean = (real)exact;
            rest = (real)((double)*mean - exact);
            f->variance[k + c] = (real)variance;
            f->rstd[k + c] = (real)(1 / sqrt(variance + f->eps));
        }
        real factor = f->rstd[k + c] * (f->weight ? f->weight[k + c] : 1);
        fill(centre + c * p, p, *mean);
        fill(scale + c * p, p, factor);
        fill(shift + c * p, p, rest * factor + (f->bias ? f->bias[k + c] : 0));
    }
    for (size i = 0; i < f->images; i++)
        apply_columns(x + i * image, NULL, centre, scale, NULL, shift, f->out + k * p + i * image,
                      width);
}

static void columns_grad_chunk(void *context, size chunk) {
    const backward *b = context;
    size k = chunk * b->each, channels = least_of(b->each, b->channels - k), p = b->places;
    size width = channels * p, image = b->channels * p;
    const real *x = b->x + k * p, *g = b->g + k * b->g_channel;
    real centre[COLUMNS], sums[COLUMNS], products[COLUMNS], scale[COLUMNS], slope[COLUMNS],
        shift[COLUMNS];
    double n = (double)(b->images * p);
    for (size c = 0; c < channels; c++) fill(centre + c * p, p, b->mean[k + c]);
    walk_columns(&(walk){x, g, centre, sums, products, b->images, image, b->g_image}, width);
    for (size c = 0; c < channels; c++) {
        double sum = sum_places(sums + c * p, p), product = sum_places(products + c * p, p);
        double rstd = b->rstd[k + c], all = b->weight ? rstd * b->weight[k + c] : rstd;
        if (b->g_weight) b->g_weight[k + c] = (real)(product * rstd);
        if (b->g_bias) b->g_bias[k + c] = (real)sum;
        fill(scale + c * p, p, (real)all);
        fill(slope + c * p, p, b->fixed ? 0 : (real)(all * rstd * rstd * product / n));
        fill(shift + c * p, p, b->fixed ? 0 : (real)(-all * sum / n));
    }
    for (size i = 0; i < b->images && b->gx; i++)
        apply_columns(x + i * image, g + i * b->g_image, centre, scale, b->fixed ? NULL : slope,
                      shift, b->gx + k * p + i * image, width);
}

/* ------------------------------------------------------------------ for Python */

/* Channels of a chunk; of those of few places, as many as there is room for columns. */
static size channels_each(size images, size places) {
    size each = most_of(1, CHUNK / most_of(1, images * places));
    return places > FEW ? each : least_of(blocks_of(each * places, 32) * 32, COLUMNS) / places;
}

/* x, weight, bias, out, mean, variance, rstd; images, channels, places, fixed; eps. */
KERNEL(normalize_channels) {
    forward f = {.images = n[0], .channels = n[1], .places = n[2], .fixed = (int)n[3],
                 .each = channels_each(n[0], n[2]), .x = a[0], .weight = a[1], .bias = a[2],
                 .out = a[3], .mean = a[4], .variance = a[5], .rstd = a[6], .eps = s[0]};
    parallel(blocks_of(f.channels, f.each), f.places > FEW ? channel_chunk : columns_chunk, &f);
    return 0;
}

/* g, x, weight, mean, rstd, gx, g_weight, g_bias; images, channels, places, fixed, the distances
of two images and of two channels of g. */
KERNEL(normalize_channels_grad) {
    backward b = {.images = n[0], .channels = n[1], .places = n[2], .fixed = (int)n[3],
                  .g_image = n[4], .g_channel = n[5], .each = channels_each(n[0], n[2]), .g = a[0],
                  .x = a[1], .weight = a[2], .mean = a[3], .rstd = a[4], .gx = a[5],
                  .g_weight = a[6], .g_bias = a[7]};
    parallel(blocks_of(b.channels, b.each),
             b.places > FEW ? channel_grad_chunk : columns_grad_chunk, &b);
    return 0;
}
