/* The gradient of a convolution in its weight, and in its bias.

Each weight is the sum, over all windows, of a gradient times the input that its tap meets there. The
tile keeps ROWS taps times COLUMNS output channels in registers and goes over the windows of a block:
the gradients are laid out with those channels next to each other, the inputs stand as they are in
the copy that conv.h describes. With few output channels in a group, as where each channel has its
own, it is the windows that lie in the lanes, and a sum is added up across them at the end.

Several pieces of work add to sums of their own, for a fixed part of the images each; these are added
in the order of the parts. */

#include "conv.h"

#define ROWS WEIGHT_ROWS
#define VECTORS WEIGHT_VECTORS
#define COLUMNS WEIGHT_COLUMNS
#define FEW 8         /* output channels of a group, up to which the windows lie in the lanes */
#define TOGETHER 9    /* taps then taken at once */
#define WINDOWS 256   /* of a block: their gradients stay in the first-level cache */
#define COPY 65536    /* elements of a copy */
#define SUMS 1048576  /* elements of all sums, at most, where the images are cut into parts */
#define PARTS 16      /* pieces of work to have, at least, where there is enough of it */
#define LEAST 262144  /* multiplications in a piece */

typedef struct {
    pass p;
    const real *g, *x;
    real *sums, *out;
    size few, columns; /* output channels of a group, in whole tiles */
    size k, parts, images, pieces, each;
} work;

/* ------------------------------------------------------------------ output channels in the lanes */

/* `rows` is a constant where it is called, so that the sums stay in registers. */
INLINE void tile(int rows, size n, const real *copy, const int32_t *at, const int32_t *windows,
                 const real *g, real *out) {
    vec sums[ROWS][VECTORS];
    const real *from[ROWS];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        from[i] = copy + at[i];
        for (int v = 0; v < VECTORS; v++) sums[i][v] = (vec){0};
    }
    for (size w = 0; w < n; w++, g += COLUMNS) {
        size window = windows[w];
        vec row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) row[v] = held(load(g + v * LANES));
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            vec x = splat(from[i][window]);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[i][v] += x * row[v];
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++) {
            real *to = out + i * COLUMNS + v * LANES;
            store(to, load(to) + sums[i][v]);
        }
}

#define TILE(rows)                                                                                 \
    case rows:                                                                                     \
        tile(rows, n, copy, at, windows, g, out);                                                  \
        break;

void NAME(weight_tile)(size rows, size n, const real *copy, const int32_t *at,
                       const int32_t *windows, const real *g, real *out) {
    switch (rows) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if ROWS == 12
        TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
    }
}

/* Where the windows of a block are, in the copy and in a plane of gradients. */
static size places(const pass *p, const size from[AXES], const size count[AXES], int32_t *copied,
                   int32_t *there) {
    size n = 0;
    for (size i = 0; i < count[0]; i++)
        for (size j = 0; j < count[1]; j++)
            for (size x = 0; x < count[2]; x++, n++) {
                copied[n] = (int32_t)((i * p->room[1] + j) * p->room[2] + x);
                there[n] = (int32_t)(((from[0] + i) * p->out[1] + from[1] + j) * p->out[2] +
                                     from[2] + x);
            }
    return n;
}

/* LANES rows, `apart` from each other, as columns: each round interleaves the first half with the
second, which rotates the bits of an element's place by one. */
INLINE void turn_lanes(const real *from, size apart, real *to) {
    vec rows[VECTOR_BYTES / sizeof(real)], mixed[VECTOR_BYTES / sizeof(real)];
#pragma GCC unroll 16
    for (size i = 0; i < LANES; i++) rows[i] = load(from + i * apart);
#pragma GCC unroll 4
    for (size done = 1; done < LANES; done *= 2) {
#pragma GCC unroll 16
        for (size i = 0; i < LANES / 2; i++) {
            mixed[2 * i] = MIX(rows[i], rows[i + LANES / 2], LOW);
            mixed[2 * i + 1] = MIX(rows[i], rows[i + LANES / 2], HIGH);
        }
#pragma GCC unroll 16
        for (size i = 0; i < LANES; i++) rows[i] = mixed[i];
    }
#pragma GCC unroll 16
    for (size i = 0; i < LANES; i++) store(to + i * COLUMNS, rows[i]);
}

/* The gradients of COLUMNS channels next to each other for each window, zeros after the last. */
static void lay_out(size n, size channels, const real *g, size plane, const int32_t *there,
                    real *to) {
    if (channels < COLUMNS) memset(to, 0, (size_t)(n * COLUMNS) * sizeof(real));
    size whole = channels / LANES * LANES;
    for (size i = 0, each; i < n; i += each) {
        each = n - i >= LANES && there[i + LANES - 1] == there[i] + LANES - 1 ? LANES : 1;
        const real *from = g + there[i];
        if (each == LANES)
            for (size c = 0; c < whole; c += LANES)
                turn_lanes(from + c * plane, plane, to + i * COLUMNS + c);
        for (size c = each == 1 ? 0 : whole; c < channels; c++)
            for (size j = 0; j < each; j++) to[(i + j) * COLUMNS + c] = from[c * plane + j];
    }
}

/* Add what a block of an image gives to the output channels [first, last) of a group. */
static void add_block(const work *s, const real *x, const real *g, const size from[AXES],
                      const size count[AXES], size first, size last, real *sums) {
    const pass *p = &s->p;
    size most = p->block[0] * p->block[1] * p->block[2];
    size tiles = blocks_of(last - first, COLUMNS), plane = p->out[0] * p->out[1] * p->out[2];
    real *copy = scratch(2, (p->run * p->channel + 64) * (size)sizeof(real));
    real *laid = scratch(3, tiles * most * COLUMNS * (size)sizeof(real));
    int32_t *copied = scratch(4, 2 * most * (size)sizeof(int32_t)), *there = copied + most;
    size n = places(p, from, count, copied, there);
    for (size i = 0; i < tiles; i++) {
        size c = first + i * COLUMNS;
        lay_out(n, least_of(COLUMNS, last - c), g + c * plane, plane, there,
                laid + i * n * COLUMNS);
    }
    for (size done = 0; done < p->ins; done += p->run) {
        size channels = least_of(p->run, p->ins - done);
        NAME(pass_copy)(p, x + done * p->in[0] * p->in[1] * p->in[2], from, count, channels, copy);
        for (size i = 0; i < tiles; i++) {
            real *out = sums + (first / COLUMNS + i) * s->k * COLUMNS + done * p->taps * COLUMNS;
            for (size r = 0; r < channels * p->taps; r += ROWS)
                NAME(weight_tile)(least_of(ROWS, channels * p->taps - r), n, copy, p->at + r, copied,
                                  laid + i * n * COLUMNS, out + r * COLUMNS);
        }
    }
}

/* ------------------------------------------------------------------ windows in the lanes */

/* The sums of `taps` taps over a block for one channel. */
INLINE void along(int taps, const pass *p, const size count[AXES], const real *copy,
                  const int32_t *at, const real *g, real *sums) {
    vec found[TOGETHER];
    size whole = count[2] / LANES * LANES, rest = count[2] - whole;
    mask within;
    for (size l = 0; l < LANES; l++) within[l] = l < rest ? -1 : 0;
#pragma GCC unroll 16
    for (int t = 0; t < taps; t++) found[t] = (vec){0};
    for (size i = 0; i < count[0]; i++)
        for (size j = 0; j < count[1]; j++) {
            const real *x = copy + (i * p->room[1] + j) * p->room[2];
            const real *row = g + (i * p->out[1] + j) * p->out[2];
            for (size w = 0; w < whole; w += LANES) {
                vec y = load(row + w);
#pragma GCC unroll 16
                for (int t = 0; t < taps; t++) found[t] += y * load(x + at[t] + w);
            }
            if (!rest) continue;
            vec y = load_part(row + whole, rest, 0);
#pragma GCC unroll 16
            for (int t = 0; t < taps; t++)
                found[t] += y * choose(within, load(x + at[t] + whole), (vec){0});
        }
#pragma GCC unroll 16
    for (int t = 0; t < taps; t++) sums[t] += sum_of(found[t]);
}

static __attribute__((noinline)) void along_9(const pass *p, const size count[AXES],
                                              const real *copy, const int32_t *at, const real *g,
                                              real *sums) {
    along(TOGETHER, p, count, copy, at, g, sums);
}
static __attribute__((noinline)) void along_3(const pass *p, const size count[AXES],
                                              const real *copy, const int32_t *at, const real *g,
                                              real *sums) {
    along(3, p, count, copy, at, g, sums);
}
static __attribute__((noinline)) void along_1(const pass *p, const size count[AXES],
                                              const real *copy, const int32_t *at, const real *g,
                                              real *sums) {
    along(1, p, count, copy, at, g, sums);
}

static void add_along(const work *s, const real *x, const real *g, const size from[AXES],
                      const size count[AXES], real *sums) {
    const pass *p = &s->p;
    size plane = p->out[0] * p->out[1] * p->out[2];
    real *copy = scratch(2, (p->run * p->channel + 64) * (size)sizeof(real));
    g += (from[0] * p->out[1] + from[1]) * p->out[2] + from[2];
    for (size done = 0; done < p->ins; done += p->run) {
        size channels = least_of(p->run, p->ins - done);
        NAME(pass_copy)(p, x + done * p->in[0] * p->in[1] * p->in[2], from, count, channels, copy);
        for (size o = 0; o < p->outs; o++) {
            real *to = sums + o * s->k + done * p->taps;
            for (size r = 0, n, all = channels * p->taps; r < all; r += n) {
                n = all - r >= TOGETHER ? TOGETHER : all - r >= 3 ? 3 : 1;
                (n == 1 ? along_1 : n == 3 ? along_3 : along_9)(p, count, copy, p->at + r,
                                                                g + o * plane, to + r);
            }
        }
    }
}

/* ------------------------------------------------------------------ all of it */

/* Some output channels of a group, over some of the images. */
static void portion(void *context, size number) {
    const work *s = context;
    const pass *p = &s->p;
    size cut = number % s->pieces, group = number / s->pieces % p->groups;
    size part = number / s->pieces / p->groups;
    size first = cut * s->each, last = least_of(p->outs, first + s->each);
    size plane = p->in[0] * p->in[1] * p->in[2], there = p->out[0] * p->out[1] * p->out[2];
    real *sums = s->sums + (part * p->groups + group) * s->columns * s->k;
    size until = least_of(last, p->outs) == p->outs ? s->columns : last;
    memset(sums + first * s->k, 0, (size_t)((until - first) * s->k) * sizeof(real));
    for (size i = part * s->images; i < least_of(p->n, (part + 1) * s->images); i++) {
        const real *x = s->x + (i * p->groups + group) * p->ins * plane;
        const real *g = s->g + (i * p->groups + group) * p->outs * there;
        for (size b = 0; b < p->blocks[0] * p->blocks[1] * p->blocks[2]; b++) {
            size from[AXES], count[AXES];
            NAME(pass_block)(p, b, from, count);
            if (s->few)
                add_along(s, x, g, from, count, sums);
            else
                add_block(s, x, g, from, count, first, last, sums);
        }
    }
}

/* Add the parts, and lay the sums out as the weight: COLUMNS output channels of a group. */
static void gather(void *context, size number) {
    const work *s = context;
    const pass *p = &s->p;
    size wide = s->few ? 1 : COLUMNS, tiles = s->columns / wide, all = p->groups * s->columns * s->k;
    size group = number / tiles, first = number % tiles * wide;
    size channels = least_of(wide, p->outs - first);
    real *sums = s->sums + (group * s->columns + first) * s->k;
    for (size part = 1; part < s->parts; part++)
        for (size i = 0; i < s->k * wide; i++) sums[i] += sums[part * all + i];
    real *out = s->out + (group * p->outs + first) * s->k;
    for (size c = 0; c < channels; c++)
        for (size i = 0; i < s->k; i++) out[c * s->k + i] = sums[i * wide + c];
}

static void cut(work *s) {
    pass *p = &s->p;
    s->k = p->ins * p->taps;
    s->few = p->outs <= FEW;
    s->columns = s->few ? p->outs : blocks_of(p->outs, COLUMNS) * COLUMNS;
    NAME(pass_cut)(p, p->ins, COPY, s->few ? 0 : COPY / WINDOWS);
    size weights = p->groups * s->columns * s->k;
    size work = p->n * p->groups * p->outs * s->k * p->count[0] * p->count[1] * p->count[2];
    size wanted = most_of(1, least_of(PARTS, work / LEAST));
    s->parts = least_of(p->n, most_of(1, least_of(wanted, SUMS / weights)));
    s->images = blocks_of(p->n, s->parts);
    s->parts = blocks_of(p->n, s->images);
    size tiles = s->few ? 1 : s->columns / COLUMNS;
    s->pieces = least_of(tiles, blocks_of(wanted, s->parts * p->groups));
    s->each = s->few ? p->outs : blocks_of(tiles, s->pieces) * COLUMNS;
    s->pieces = blocks_of(p->outs, s->each);
}

/* gradient, x, out; the geometry. Returns 1 where it is too large to be done. */
KERNEL(convolve_weight) {
    geometry g = NAME(geometry_of)(n);
    work w = {.g = a[0], .x = a[1], .out = a[2]};
    NAME(pass_forward)(&w.p, &g);
    cut(&w);
    int fits = w.p.run * w.p.channel <= INT32_MAX && w.p.out[0] * w.p.out[1] * w.p.out[2] <= INT32_MAX;
    if (fits) {
        size all = w.parts * w.p.groups * w.columns * w.k;
        w.sums = scratch(5, (all + 64) * (size)sizeof(real));
        parallel(w.parts * w.p.groups * w.pieces, portion, &w);
        parallel(w.p.groups * (w.few ? w.columns : w.columns / COLUMNS), gather, &w);
    }
    NAME(pass_end)(&w.p);
    return !fits;
}

/* ------------------------------------------------------------------ bias */

typedef struct {
    const real *g;
    real *out;
    size n, channels, plane;
} per_channel;

static void sum_channel(void *context, size channel) {
    const per_channel *s = context;
    real sum = 0;
    for (size i = 0; i < s->n; i++) {
        const real *g = s->g + (i * s->channels + channel) * s->plane;
        vec sums[4] = {0};
        size j = 0;
        for (; j + 4 * LANES <= s->plane; j += 4 * LANES)
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++) sums[v] += load(g + j + v * LANES);
        real rest = 0;
        for (; j < s->plane; j++) rest += g[j];
        sum += sum_of((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
    }
    s->out[channel] = sum;
}

/* g (n, channels, plane), out (channels); n, channels, plane: the sum for each channel. */
KERNEL(sum_per_channel) {
    per_channel all = {a[0], a[1], n[0], n[1], n[2]};
    parallel(all.channels, sum_channel, &all);
    return 0;
}
