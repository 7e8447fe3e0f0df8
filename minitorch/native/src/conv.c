/* Convolution and transposed convolution.

The innermost tile keeps ROWS output channels times VECTORS vectors of windows in registers. For each
tap of each input channel it adds that channel's numbers, which lie next to each other for windows
that do, times the weights of its output channels, laid out once in the order they are read in. So
nothing is copied out as columns: a block of windows is small enough for its inputs, padded, to stay
in the second-level cache while all output channels read them. A vector may reach over the end of a
row of windows: what it then computes of the padding is not written. */

#include "conv.h"

#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define VECTORS 3
#define DEPTH 384    /* taps in a run: their inputs stay in the first-level cache */
#define SLICE 49152  /* weights of a run that the tiles of a block read again: in the second */
#define COPY 65536   /* elements of a copy, and of sums between two runs */
#define PARTS 16     /* pieces of work to have, at least, where there is enough of it */
#define LEAST 262144 /* multiplications in a piece */

/* ------------------------------------------------------------------ vectors of windows */

/* Where the vectors of a block lie: in the copy, and for each lane in the output, -1 for nowhere. */
typedef struct {
    size n;
    int32_t *from, *to;
    char *whole; /* the lanes go next to each other */
} windows;

static void windows_new(windows *w, size most) {
    w->from = memory_of((most + 1) * (size)sizeof *w->from);
    w->to = memory_of((most * LANES + 1) * (size)sizeof *w->to);
    w->whole = memory_of(most + 1);
}

static void windows_end(windows *w) {
    free(w->from);
    free(w->to);
    free(w->whole);
}

/* What is cut: images and windows. */
typedef struct {
    size images, count[AXES];
} extent;

/* Cover the windows of a block by vectors. If `by_row`, each row has its own, and the last one lies
over the one before where it would reach over the end. */
static void cover(windows *w, const pass *p, extent e, int by_row) {
    size next = 0, image = p->groups * p->outs * p->out[0] * p->out[1] * p->out[2];
    w->n = 0;
    for (size number = 0; number < e.images * e.count[0] * e.count[1]; number++) {
        size j = number % e.count[1], i = number / e.count[1] % e.count[0];
        size of = number / e.count[1] / e.count[0];
        size row = of * p->run * p->channel + (i * p->room[1] + j) * p->room[2];
        size to = of * image + (i * p->apart[0] * p->out[1] + j * p->apart[1]) * p->out[2];
        if (by_row) next = row;
        for (size x = 0; x < e.count[2]; x++) {
            if (row + x >= next) {
                if (by_row && e.count[2] >= LANES) x = least_of(x, e.count[2] - LANES);
                w->from[w->n] = (int32_t)(row + x);
                for (size l = 0; l < LANES; l++) w->to[w->n * LANES + l] = -1;
                w->n++;
                next = row + x + LANES;
            }
            size at = w->n - 1;
            w->to[at * LANES + row + x - w->from[at]] = (int32_t)(to + x * p->apart[2]);
        }
    }
    for (size v = 0; v < w->n; v++) {
        w->whole[v] = 1;
        for (size l = 0; l < LANES; l++)
            if (w->to[v * LANES] < 0 || w->to[v * LANES + l] != w->to[v * LANES] + l)
                w->whole[v] = 0;
    }
}

/* The better way to do it: fewer vectors, or fewer that are written lane by lane. */
static void choose_windows(windows *w, const pass *p, extent e) {
    size cost[2];
    for (int by_row = 0; by_row < 2; by_row++) {
        cover(w, p, e, by_row);
        cost[by_row] = w->n * p->ins * p->taps;
        for (size v = 0; v < w->n; v++) cost[by_row] += w->whole[v] ? 0 : 2 * LANES;
    }
    if (cost[0] < cost[1]) cover(w, p, e, 0);
}

/* ------------------------------------------------------------------ one tile */

typedef struct {
    const real *copy, *weights, *bias;
    const int32_t *at;
    size k;
    const windows *w;
    size first; /* its first vector */
    real *out;  /* the first output channel's plane */
    size plane;
    real *sums; /* between two runs */
    int begins, ends;
} job;

/* The sums of a tile to where they belong. */
static __attribute__((noinline)) void finish(const job *t, size rows, size vectors, const real *sums) {
    real nowhere;
    for (size v = 0; v < vectors; v++) {
        const int32_t *to = t->w->to + (t->first + v) * LANES;
        int whole = t->w->whole[t->first + v];
        for (size i = 0; i < rows; i++) {
            real *out = t->out + i * t->plane;
            const real *x = sums + (i * vectors + v) * LANES;
            if (whole)
                store(out + to[0], load(x));
            else
#pragma GCC unroll 16
                for (size l = 0; l < LANES; l++) *(to[l] >= 0 ? out + to[l] : &nowhere) = x[l];
        }
    }
}

/* `rows` and `vectors` are constants where it is called, so that the sums stay in registers. */
INLINE void tile(const job *t, int rows, int vectors) {
    vec sums[ROWS][VECTORS];
    const real *from[VECTORS], *weights = t->weights;
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++) from[v] = t->copy + t->w->from[t->first + v];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++)
            sums[i][v] = t->begins ? splat(t->bias ? t->bias[i] : 0)
                                   : load(t->sums + (i * vectors + v) * LANES);
    for (size q = 0; q < t->k; q++, weights += rows) {
        size at = t->at[q];
        vec x[VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) x[v] = held(load(from[v] + at));
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            vec weight = splat(weights[i]);
#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++) sums[i][v] += weight * x[v];
        }
    }
    real made[ROWS * VECTORS * VECTOR_BYTES / sizeof(real)], *to = t->ends ? made : t->sums;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) store(to + (i * vectors + v) * LANES, sums[i][v]);
    if (t->ends) finish(t, rows, vectors, made);
}

#define TILES(rows)                                                                                \
    static __attribute__((noinline)) void tile_##rows(const job *t, size vectors) {                \
        if (vectors == 3)                                                                          \
            tile(t, rows, 3);                                                                      \
        else if (vectors == 2)                                                                     \
            tile(t, rows, 2);                                                                      \
        else                                                                                       \
            tile(t, rows, 1);                                                                      \
    }
TILES(1)
TILES(2)
TILES(4)
#if ROWS == 8
TILES(8)
#endif

/* The output channels of the tile that begins at channel i of n. */
INLINE size rows_at(size i, size n) {
    return n - i >= ROWS ? ROWS : n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
}

static void tile_of(const job *t, size rows, size vectors) {
    if (rows == 1) tile_1(t, vectors);
    if (rows == 2) tile_2(t, vectors);
    if (rows == 4) tile_4(t, vectors);
#if ROWS == 8
    if (rows == 8) tile_8(t, vectors);
#endif
}

/* ------------------------------------------------------------------ all tiles */

typedef struct {
    pass p;
    const real *x, *weight, *bias;
    size group, row, channel; /* distances in the weight: of groups, output and input channels */
    real *packed, *out;
    windows w[16]; /* by which of the axes and the images are the last, shorter ones */
    size images;   /* in a block */
    size blocks, parts, each, pieces, span;
} work;

/* The weights of ROWS output channels after those of others, in the order they are read. */
static void pack_chunk(void *context, size chunk) {
    const work *s = context;
    const pass *p = &s->p;
    size tiles = blocks_of(p->outs, ROWS), group = chunk / tiles, first = chunk % tiles * ROWS;
    real *to = s->packed + (group * p->outs + first) * p->ins * p->taps;
    for (size i = first, rows; i < least_of(p->outs, first + ROWS); i += rows) {
        rows = rows_at(i, p->outs);
        const real *from = s->weight + group * s->group + i * s->row;
        for (size c = 0; c < p->ins; c++, from += s->channel)
            for (size t = 0; t < p->taps; t++)
                for (size r = 0; r < rows; r++) *to++ = from[r * s->row + p->tap[t]];
    }
}

/* One run of a piece: the tiles of the output channels [first, last) at all its vectors. */
static void tiles(const work *s, job t, const real *packed, size from, size first, size last) {
    const pass *p = &s->p;
    const real *bias = t.bias;
    real *out = t.out, *sums = t.sums;
    size k = p->ins * p->taps, slice = most_of(1, SLICE / most_of(t.k, 1) / ROWS) * ROWS;
    for (size until; first < last; first = until) {
        until = least_of(last, first + slice);
        for (size v = 0, n; v < t.w->n; v += n) {
            n = t.w->n - v == 4 || t.w->n - v == 2 ? 2 : t.w->n - v == 1 ? 1 : 3;
            t.first = v;
            for (size i = first, rows; i < until; i += rows) {
                rows = rows_at(i, p->outs);
                t.weights = packed + i * k + from * rows;
                t.bias = bias ? bias + i : NULL;
                t.out = out + i * t.plane;
                t.sums = sums + (v * p->outs + i * n) * LANES;
                tile_of(&t, rows, n);
            }
        }
    }
}

/* Some of the output channels of a block of windows of some images. */
static void portion(const work *s, size number) {
    const pass *p = &s->p;
    size part = number % s->parts, block = number / s->parts % s->blocks;
    size group = number / s->parts / s->blocks % p->groups;
    size image = number / s->parts / s->blocks / p->groups * s->images;
    size plane = p->in[0] * p->in[1] * p->in[2];
    extent e = {least_of(s->images, p->n - image)};
    size from[AXES], at[AXES], kind = (e.images < s->images) << AXES;
    NAME(pass_block)(p, block, from, e.count);
    for (int axis = 0; axis < AXES; axis++) {
        at[axis] = p->first[axis] + from[axis] * p->apart[axis];
        kind += (e.count[axis] < p->block[axis]) << axis;
    }
    size first = part * s->each, last = least_of(p->outs, first + s->each), done = 0;
    const real *x = s->x + (image * p->groups + group) * p->ins * plane;
    real *copy = scratch(3, (s->images * p->run * p->channel + 64) * (size)sizeof(real));
    job t = {.copy = copy, .at = p->at, .w = &s->w[kind], .begins = 1};
    t.plane = p->out[0] * p->out[1] * p->out[2];
    t.bias = s->bias ? s->bias + group * p->outs : NULL;
    t.out = s->out + (image * p->groups + group) * p->outs * t.plane +
            (at[0] * p->out[1] + at[1]) * p->out[2] + at[2];
    if (p->run < p->ins) t.sums = scratch(4, p->outs * t.w->n * LANES * (size)sizeof(real));
    do {
        size channels = least_of(p->run, p->ins - done);
        for (size i = 0; i < e.images; i++)
            NAME(pass_copy)(p, x + (i * p->groups * p->ins + done) * plane, from, e.count, channels,
                            copy + i * p->run * p->channel);
        t.k = channels * p->taps;
        t.ends = done + channels == p->ins;
        tiles(s, t, s->packed + group * p->outs * p->ins * p->taps, done * p->taps, first, last);
        t.begins = 0;
        done += channels;
    } while (done < p->ins);
}

static void span_of(void *context, size chunk) {
    const work *s = context;
    size last = least_of(s->pieces, (chunk + 1) * s->span);
    for (size i = chunk * s->span; i < last; i++) portion(s, i);
}

/* Vectors for each kind of block there is. */
static void all_windows(work *s) {
    const pass *p = &s->p;
    size most = s->images * p->block[0] * p->block[1] * p->block[2];
    for (int kind = 0; kind < 16; kind++) {
        extent e = {s->images};
        int is_there = 1;
        for (int axis = 0; axis < AXES; axis++) {
            e.count[axis] = p->block[axis];
            if (!(kind >> axis & 1)) continue;
            e.count[axis] = p->count[axis] - (p->blocks[axis] - 1) * p->block[axis];
            if (e.count[axis] == p->block[axis]) is_there = 0;
        }
        if (kind >> AXES) e.images = p->n % s->images;
        if (!is_there || !e.images) continue;
        windows_new(&s->w[kind], most);
        choose_windows(&s->w[kind], p, e);
    }
}

/* Cut the pass into runs, blocks, pieces. */
static void cut(work *s) {
    pass *p = &s->p;
    size k = p->ins * p->taps;
    size runs = least_of(blocks_of(k, DEPTH), p->ins), run = blocks_of(p->ins, most_of(runs, 1));
    NAME(pass_cut)(p, run, COPY, runs > 1 ? p->outs : 0);
    s->blocks = p->blocks[0] * p->blocks[1] * p->blocks[2];
    size windows = p->block[0] * p->block[1] * p->block[2];
    size copied = most_of(run * p->channel, runs > 1 ? p->outs * windows : 0);
    s->images = most_of(1, least_of(p->n, COPY / copied));
    if (p->outs * k < SLICE * 4) /* else the weights are better read seldom */
        s->images = most_of(1, least_of(s->images, p->n * p->groups * s->blocks / PARTS));
    size pieces = blocks_of(p->n, s->images) * p->groups * s->blocks, each = s->images * windows * k;
    s->parts = least_of(blocks_of(PARTS, pieces), most_of(1, p->outs * each / LEAST));
    s->each = blocks_of(blocks_of(p->outs, s->parts), ROWS) * ROWS;
    s->parts = blocks_of(p->outs, s->each);
    s->pieces = pieces * s->parts;
    s->span = LEAST / (least_of(s->each, p->outs) * most_of(each, 1));
    s->span = most_of(1, least_of(s->span, s->pieces / PARTS));
}

/* Returns 0 where it is too large to be done. */
static int run(work *s) {
    const pass *p = &s->p;
    cut(s);
    size furthest = s->images * p->groups * p->outs * p->out[0] * p->out[1] * p->out[2];
    size packed = p->groups * p->outs * p->ins * p->taps;
    if (furthest > INT32_MAX || s->images * p->run * p->channel > INT32_MAX) return 0;
    s->packed = scratch(2, (packed + 64) * (size)sizeof(real));
    all_windows(s);
    parallel(p->groups * blocks_of(p->outs, ROWS), pack_chunk, s);
    parallel(blocks_of(s->pieces, s->span), span_of, s);
    return 1;
}

static int finished(work *s, int done) {
    for (int kind = 0; kind < 16; kind++) windows_end(&s->w[kind]);
    NAME(pass_end)(&s->p);
    return done;
}

/* x, weight, out, bias or None; the geometry. Returns 1 where it is too large to be done. */
KERNEL(convolve) {
    geometry g = NAME(geometry_of)(n);
    work w = {.x = a[0], .weight = a[1], .out = a[2], .bias = a[3]};
    NAME(pass_forward)(&w.p, &g);
    w.channel = g.kernel[0] * g.kernel[1] * g.kernel[2];
    w.row = w.p.ins * w.channel;
    w.group = w.p.outs * w.row;
    return !finished(&w, run(&w));
}

/* The same, for x of the windows' side. */
KERNEL(convolve_transposed) {
    geometry g = NAME(geometry_of)(n);
    size at[AXES];
    for (at[0] = 0; at[0] < least_of(g.stride[0], g.in[0]); at[0]++)
        for (at[1] = 0; at[1] < least_of(g.stride[1], g.in[1]); at[1]++)
            for (at[2] = 0; at[2] < least_of(g.stride[2], g.in[2]); at[2]++) {
                work w = {.x = a[0], .weight = a[1], .out = a[2], .bias = a[3]};
                NAME(pass_transposed)(&w.p, &g, at);
                w.row = g.kernel[0] * g.kernel[1] * g.kernel[2];
                w.channel = w.p.outs * w.row;
                w.group = w.p.ins * w.channel;
                if (!finished(&w, run(&w))) return 1;
            }
    return 0;
}
