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
#define COPY 65536   /* elements of a copy */
#define PARTS 16     /* pieces of work to have, at least, where there is enough of it */
#define LEAST 262144 /* multiplications in a piece */

/* ------------------------------------------------------------------ vectors of windows */

/* Where the vectors of a block lie: in the copy, and for each lane in the output, -1 for nowhere. */
typedef struct {
    size n;
    int32_t *from, *to;
    char *whole; /* the lanes go next to each other */
} windows;

static int windows_new(windows *w, size most) {
    w->from = malloc((size_t)(most + 1) * sizeof *w->from);
    w->to = malloc((size_t)(most * LANES + 1) * sizeof *w->to);
    w->whole = malloc((size_t)most + 1);
    return w->from && w->to && w->whole;
}

static void windows_end(windows *w) {
    free(w->from);
    free(w->to);
    free(w->whole);
}

/* Cover the windows of a block by vectors. Each row begins a new one if `by_row`. */
static void cover(windows *w, const pass *p, const size count[AXES], int by_row) {
    size next = 0;
    w->n = 0;
    for (size i = 0; i < count[0]; i++)
        for (size j = 0; j < count[1]; j++) {
            size row = (i * p->room[1] + j) * p->room[2];
            size to = (i * p->apart[0] * p->out[1] + j * p->apart[1]) * p->out[2];
            if (by_row) next = row;
            for (size x = 0; x < count[2]; x++) {
                if (row + x >= next) {
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
static void choose_windows(windows *w, const pass *p, const size count[AXES]) {
    size cost[2];
    for (int by_row = 0; by_row < 2; by_row++) {
        cover(w, p, count, by_row);
        cost[by_row] = w->n * p->ins * p->taps;
        for (size v = 0; v < w->n; v++) cost[by_row] += w->whole[v] ? 0 : 2 * LANES;
    }
    if (cost[0] < cost[1]) cover(w, p, count, 0);
}

/* ------------------------------------------------------------------ one tile */

typedef struct {
    const real *copy, *weights, *bias; /* bias NULL: add to what is there, if `add`, else to zero */
    const int32_t *at;
    size k;
    const windows *w;
    size first; /* its first vector */
    real *out;  /* the first output channel's plane */
    size plane;
    int add;
} job;

INLINE vec begin(const job *t, size v, size row) {
    if (!t->add) return splat(t->bias ? t->bias[row] : 0);
    const int32_t *to = t->w->to + v * LANES;
    const real *out = t->out + row * t->plane;
    if (t->w->whole[v]) return load(out + to[0]);
    vec x = {0};
    for (size l = 0; l < LANES; l++)
        if (to[l] >= 0) x[l] = out[to[l]];
    return x;
}

INLINE void finish(const job *t, size v, size row, vec x) {
    const int32_t *to = t->w->to + v * LANES;
    real *out = t->out + row * t->plane;
    if (t->w->whole[v]) {
        store(out + to[0], x);
        return;
    }
    real lanes[VECTOR_BYTES / sizeof(real)];
    store(lanes, x);
    for (size l = 0; l < LANES; l++)
        if (to[l] >= 0) out[to[l]] = lanes[l];
}

/* `rows` and `vectors` are constants where it is called, so that the sums stay in registers. */
INLINE void tile(const job *t, int rows, int vectors) {
    vec sums[ROWS][VECTORS];
    const real *from[VECTORS], *weights = t->weights;
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++) {
        from[v] = t->copy + t->w->from[t->first + v];
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) sums[i][v] = begin(t, t->first + v, i);
    }
    for (size q = 0; q < t->k; q++, weights += rows) {
        size at = t->at[q];
        vec x[VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) x[v] = load(from[v] + at);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            vec weight = splat(weights[i]);
#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++) sums[i][v] += weight * x[v];
        }
    }
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++)
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) finish(t, t->first + v, i, sums[i][v]);
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
    const real *x, *bias, *packed;
    real *out;
    windows w[8];            /* by which axes' blocks are the last, shorter ones */
    size parts, each, pieces, span;
} work;

/* The weights of each group's tiles, in the order they are read: `row` and `channel` are the
distances of two output and two input channels, `group` that of two groups. */
static void pack_weights(const pass *p, const real *w, size group, size row, size channel,
                         real *to) {
    for (size g = 0; g < p->groups; g++, w += group)
        for (size i = 0; i < p->outs; i += rows_at(i, p->outs))
            for (size c = 0; c < p->ins; c++)
                for (size t = 0; t < p->taps; t++)
                    for (size r = i; r < i + rows_at(i, p->outs); r++)
                        *to++ = w[r * row + c * channel + p->tap[t]];
}

/* The tiles of the output channels [first, last) of a block. */
static void tiles(const work *s, const windows *w, size group, size first, size last,
                  const real *copy, real *out) {
    const pass *p = &s->p;
    size k = p->ins * p->taps, plane = p->out[0] * p->out[1] * p->out[2];
    size runs = most_of(1, blocks_of(k, DEPTH)), depth = blocks_of(k, runs);
    const real *packed = s->packed + group * p->outs * k;
    for (size v = 0, n; v < w->n; v += n) {
        n = w->n - v == 4 || w->n - v == 2 ? 2 : w->n - v == 1 ? 1 : 3;
        for (size from = 0, r = 0; r < runs; r++, from += depth) {
            job t = {copy, NULL, NULL, p->at + from, least_of(depth, k - from), w, v, NULL, plane,
                     r > 0};
            for (size i = first; i < last; i += rows_at(i, p->outs)) {
                size rows = rows_at(i, p->outs);
                t.weights = packed + i * k + from * rows;
                t.bias = s->bias ? s->bias + group * p->outs + i : NULL;
                t.out = out + i * plane;
                tile_of(&t, rows, n);
            }
        }
    }
}

/* One part of the output channels of a block of a group of an image. */
static void piece(const work *s, size number) {
    const pass *p = &s->p;
    size blocks = p->blocks[0] * p->blocks[1] * p->blocks[2];
    size part = number % s->parts, block = number / s->parts % blocks;
    size group = number / s->parts / blocks, kind = 0; /* the group of all images' */
    size from[AXES], count[AXES], at[AXES];
    real *copy = scratch(3, NAME(pass_copied)(p) * (size)sizeof(real));
    NAME(pass_block)(p, block, from, count);
    NAME(pass_copy)(p, s->x + group * p->ins * p->in[0] * p->in[1] * p->in[2], from, count, copy);
    for (int axis = 0; axis < AXES; axis++) {
        at[axis] = p->first[axis] + from[axis] * p->apart[axis];
        kind += (count[axis] < p->block[axis]) << axis;
    }
    real *out = s->out + group * p->outs * p->out[0] * p->out[1] * p->out[2] +
                (at[0] * p->out[1] + at[1]) * p->out[2] + at[2];
    tiles(s, &s->w[kind], group % p->groups, part * s->each,
          least_of(p->outs, (part + 1) * s->each), copy, out);
}

static void span_of(void *context, size chunk) {
    const work *s = context;
    size last = least_of(s->pieces, (chunk + 1) * s->span);
    for (size i = chunk * s->span; i < last; i++) piece(s, i);
}

/* Windows for each kind of block there is. */
static int all_windows(work *s) {
    const pass *p = &s->p;
    size most = p->block[0] * p->block[1] * p->block[2];
    for (int kind = 0; kind < 8; kind++) {
        size count[AXES], is_there = 1;
        for (int axis = 0; axis < AXES; axis++) {
            size last = p->count[axis] - (p->blocks[axis] - 1) * p->block[axis];
            count[axis] = kind >> axis & 1 ? last : p->block[axis];
            if (kind >> axis & 1 && last == p->block[axis]) is_there = 0;
        }
        if (!is_there) continue;
        if (!windows_new(&s->w[kind], most)) return 0;
        choose_windows(&s->w[kind], p, count);
    }
    return 1;
}

/* Run a pass; `row` and `channel`: the distances of its output and input channels in the weight. */
static int run(work *s, const real *weight, size row, size channel) {
    const pass *p = &s->p;
    size blocks = p->n * p->groups * p->blocks[0] * p->blocks[1] * p->blocks[2];
    size k = p->ins * p->taps, packed = p->groups * p->outs * k;
    size each = k * p->block[0] * p->block[1] * p->block[2]; /* for an output channel */
    if (!all_windows(s)) return 0;
    real *to = scratch(2, (packed + 64) * (size)sizeof(real));
    if (!to) return 0;
    pack_weights(p, weight, most_of(p->outs * row, p->ins * channel), row, channel,
                 to);
    s->packed = to;
    s->parts = least_of(blocks_of(PARTS, blocks), most_of(1, p->outs * each / LEAST));
    s->each = blocks_of(blocks_of(p->outs, s->parts), ROWS) * ROWS;
    s->parts = blocks_of(p->outs, s->each);
    s->pieces = blocks * s->parts;
    s->span = least_of(most_of(1, LEAST / (s->each * most_of(each, 1))), blocks_of(s->pieces, PARTS));
    parallel(blocks_of(s->pieces, s->span), span_of, s);
    return 1;
}

static int finished(work *s, int done) {
    for (int kind = 0; kind < 8; kind++) windows_end(&s->w[kind]);
    NAME(pass_end)(&s->p);
    return done;
}

/* x, weight, out, bias or None; the geometry. Returns 1 where it could not be done. */
KERNEL(convolve) {
    geometry g = NAME(geometry_of)(n);
    work w = {.x = a[0], .out = a[2], .bias = a[3]};
    size taps = g.kernel[0] * g.kernel[1] * g.kernel[2];
    int made = NAME(pass_forward)(&w.p, &g) && NAME(pass_cut)(&w.p, COPY);
    return !finished(&w, made && run(&w, a[1], w.p.ins * taps, taps));
}

/* The same, for x of the windows' side. */
KERNEL(convolve_transposed) {
    geometry g = NAME(geometry_of)(n);
    size taps = g.kernel[0] * g.kernel[1] * g.kernel[2], at[AXES];
    for (at[0] = 0; at[0] < least_of(g.stride[0], g.in[0]); at[0]++)
        for (at[1] = 0; at[1] < least_of(g.stride[1], g.in[1]); at[1]++)
            for (at[2] = 0; at[2] < least_of(g.stride[2], g.in[2]); at[2]++) {
                work w = {.x = a[0], .out = a[2], .bias = a[3]};
                int made = NAME(pass_transposed)(&w.p, &g, at) && NAME(pass_cut)(&w.p, COPY);
                made = made && run(&w, a[1], taps, w.p.outs * taps);
                if (!finished(&w, made)) return 1;
            }
    return 0;
}
