/* Convolution with kernels of 3 x 3 that move by one, in 16 multiplications for each 2 x 2 outputs
instead of 36.

The 4 x 4 inputs of such a tile, transformed by B' d B, times the kernel, transformed by G g G', are
summed over the input channels: for each of the 16 numbers a matrix product of kernels by tiles. A' m
A makes the outputs of the sums. All transforms are additions and halvings; what rounding adds is
about what the sums save. But numbers of a tile meet that no window has together: where some are not
finite more outputs would be than should. The kernels tell when any is not, and leave it to conv.c.

Source: Lavin and Gray 2016, Fast algorithms for convolutional neural networks, section 4.1. */

#include "conv.h"

#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define VECTORS 3
#define BLOCK 262144 /* numbers of a block's tiles and outputs, transformed: in the second-level cache */

/* ------------------------------------------------------------------ tiles */

void NAME(tiles_pass)(pass *p, const geometry *g, int transposed) {
    const size none[AXES] = {0};
    if (transposed)
        NAME(pass_transposed)(p, g, none);
    else
        NAME(pass_forward)(p, g);
    size low[2] = {p->shift[0][1], p->shift[0][2]};
    if (transposed) low[0] -= 2, low[1] -= 2;
    for (int axis = 1; axis < AXES; axis++) {
        p->count[axis] = blocks_of(p->count[axis], 2);
        p->apart[axis] = p->step[axis] = 2;
    }
    p->taps = 16;
    p->least = 1;
    for (size t = 0; t < 16; t++) {
        p->shift[t][0] = 0;
        p->shift[t][1] = low[0] + t / 4;
        p->shift[t][2] = low[1] + t % 4;
    }
}

INLINE void transform_4(const vec d[4], vec to[4]) {
    to[0] = d[0] - d[2];
    to[1] = d[1] + d[2];
    to[2] = d[2] - d[1];
    to[3] = d[1] - d[3];
}

/* Each row of tiles is written after the one before, over what that wrote beyond its end. */
void NAME(tiles_transform)(const pass *p, const real *copy, const size count[AXES], real *to,
                           size apart, size pitch) {
    for (size c = 0; c < p->ins; c++, copy += p->channel, to += pitch)
        for (size y = 0; y < count[1]; y++)
            for (size x = 0; x < count[2]; x += LANES) {
                const real *from = copy + y * p->room[2] + x;
                real *there = to + y * count[2] + x;
                vec rows[4][4], column[4], made[4];
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) {
#pragma GCC unroll 4
                    for (int i = 0; i < 4; i++) column[i] = load(from + p->at[i * 4 + j]);
                    transform_4(column, made);
#pragma GCC unroll 4
                    for (int i = 0; i < 4; i++) rows[i][j] = made[i];
                }
#pragma GCC unroll 4
                for (int i = 0; i < 4; i++) {
                    transform_4(rows[i], made);
#pragma GCC unroll 4
                    for (int j = 0; j < 4; j++) store(there + (i * 4 + j) * apart, made[j]);
                }
            }
}

/* ------------------------------------------------------------------ kernels */

typedef struct {
    pass p;
    const real *x, *weight, *bias;
    size row, channel; /* distances in the weight of output and of input channels */
    int turned;        /* the kernel is read backwards */
    real *kernels, *out;
    size blocks;
    int odd; /* something is not finite */
} work;

INLINE size rows_at(size i, size n) {
    return n - i >= ROWS ? ROWS : n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
}

INLINE void transform_kernel(const real *g, int turned, real to[16]) {
    real half[4][3];
    for (int j = 0; j < 3; j++) {
        real a = g[turned ? 8 - j : j], b = g[turned ? 5 - j : 3 + j], c = g[turned ? 2 - j : 6 + j];
        half[0][j] = a;
        half[1][j] = (a + b + c) / 2;
        half[2][j] = (a - b + c) / 2;
        half[3][j] = c;
    }
    for (int i = 0; i < 4; i++) {
        const real *h = half[i];
        to[i * 4] = h[0];
        to[i * 4 + 1] = (h[0] + h[1] + h[2]) / 2;
        to[i * 4 + 2] = (h[0] - h[1] + h[2]) / 2;
        to[i * 4 + 3] = h[2];
    }
}

/* The kernels of ROWS output channels: for each of the 16 numbers in the order they are read. */
static void pack_chunk(void *context, size chunk) {
    const work *s = context;
    size outs = s->p.outs, ins = s->p.ins;
    for (size i = chunk * ROWS, rows; i < least_of(outs, (chunk + 1) * ROWS); i += rows) {
        rows = rows_at(i, outs);
        for (size c = 0; c < ins; c++)
            for (size r = 0; r < rows; r++) {
                real made[16];
                transform_kernel(s->weight + (i + r) * s->row + c * s->channel, s->turned, made);
                for (size f = 0; f < 16; f++)
                    s->kernels[(f * outs + i) * ins + c * rows + r] = made[f];
            }
    }
}

/* ------------------------------------------------------------------ products */

/* `rows` and `vectors` are constants where it is called, so that the sums stay in registers. */
INLINE void tile(int rows, int vectors, size k, const real *kernels, const real *x, size pitch,
                 real *to) {
    vec sums[ROWS][VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) sums[i][v] = (vec){0};
    for (size c = 0; c < k; c++, kernels += rows) {
        vec row[VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) row[v] = held(load(x + c * pitch + v * LANES));
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            vec kernel = splat(kernels[i]);
#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++) sums[i][v] += kernel * row[v];
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) store(to + i * pitch + v * LANES, sums[i][v]);
}

#define TILES(rows)                                                                                \
    static __attribute__((noinline)) void tile_##rows(size vectors, size k, const real *kernels,   \
                                                      const real *x, size pitch, real *to) {       \
        if (vectors == 3)                                                                          \
            tile(rows, 3, k, kernels, x, pitch, to);                                               \
        else if (vectors == 2)                                                                     \
            tile(rows, 2, k, kernels, x, pitch, to);                                               \
        else                                                                                       \
            tile(rows, 1, k, kernels, x, pitch, to);                                               \
    }
TILES(1)
TILES(2)
TILES(4)
#if ROWS == 8
TILES(8)
#endif

/* One of the 16 products: kernels by tiles. */
static void multiply(const work *s, size tiles, const real *kernels, const real *x, size pitch,
                     real *to) {
    size outs = s->p.outs, k = s->p.ins, vectors = blocks_of(tiles, LANES);
    for (size v = 0, n; v < vectors; v += n) {
        n = vectors - v == 4 || vectors - v == 2 ? 2 : vectors - v == 1 ? 1 : 3;
        for (size i = 0, rows; i < outs; i += rows) {
            rows = rows_at(i, outs);
            (rows == 1   ? tile_1
             : rows == 2 ? tile_2
#if ROWS == 8
             : rows == 8 ? tile_8
#endif
                         : tile_4)(n, k, kernels + i * k, x + v * LANES, pitch,
                                   to + i * pitch + v * LANES);
        }
    }
}

/* ------------------------------------------------------------------ outputs */

INLINE void outputs_of(const vec m[4], vec to[2]) {
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] - m[3];
}

/* One channel's outputs of the block at `from`; whether one of them is not finite. */
static int put(const work *s, const real *sums, size apart, const size from[AXES],
               const size count[AXES], real bias, real *out) {
    const pass *p = &s->p;
    vec odd = {0};
    real rest = 0;
    for (size y = 0; y < count[1]; y++)
        for (size x = 0; x < count[2]; x += LANES) {
            const real *m = sums + y * count[2] + x;
            vec half[4][2], made[2][2], column[4];
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) column[j] = load(m + (i * 4 + j) * apart);
                outputs_of(column, half[i]);
            }
#pragma GCC unroll 2
            for (int j = 0; j < 2; j++) {
                for (int i = 0; i < 4; i++) column[i] = half[i][j];
                outputs_of(column, made[j]);
            }
            size at = 2 * (from[2] + x), row = 2 * (from[1] + y);
            size n = least_of(2 * (count[2] - x), p->out[2] - at);
#pragma GCC unroll 2
            for (int i = 0; i < 2; i++) {
                if (row + i >= p->out[1]) break;
                real *to = out + (row + i) * p->out[2] + at;
                vec a = made[0][i] + splat(bias), b = made[1][i] + splat(bias);
                vec low = MIX(a, b, LOW), high = MIX(a, b, HIGH);
                if (n >= LANES) {
                    store(to, low);
                    odd += low * 0;
                }
                if (n >= 2 * LANES) {
                    store(to + LANES, high);
                    odd += high * 0;
                    continue;
                }
                real lanes[VECTOR_BYTES / sizeof(real)];
                size done = n >= LANES ? LANES : 0;
                store(lanes, done ? high : low);
                for (size l = 0; l < n - done; l++) {
                    to[done + l] = lanes[l];
                    rest += lanes[l] * 0;
                }
            }
        }
    real sum = sum_of(odd) + rest;
    return sum != sum;
}

/* ------------------------------------------------------------------ all of it */

static void block_of(void *context, size number) {
    work *s = context;
    const pass *p = &s->p;
    size from[AXES], count[AXES], image = number / s->blocks;
    NAME(pass_block)(p, number % s->blocks, from, count);
    size tiles = count[1] * count[2], most = p->block[1] * p->block[2];
    size pitch = blocks_of(most, LANES) * LANES + LANES;
    size apart[] = {p->ins * pitch + 16, p->outs * pitch + 16}; /* not a multiple of 4096 bytes */
    real *copy = scratch(3, (p->ins * p->channel + 64) * (size)sizeof(real));
    real *x = scratch(4, 16 * (apart[0] + apart[1]) * (size)sizeof(real));
    real *sums = x + 16 * apart[0];
    NAME(pass_copy)(p, s->x + image * p->ins * p->in[1] * p->in[2], from, count, p->ins, copy);
    NAME(tiles_transform)(p, copy, count, x, apart[0], pitch);
    for (size f = 0; f < 16; f++)
        multiply(s, tiles, s->kernels + f * p->outs * p->ins, x + f * apart[0], pitch,
                 sums + f * apart[1]);
    for (size o = 0; o < p->outs; o++)
        if (put(s, sums + o * pitch, apart[1], from, count, s->bias ? s->bias[o] : 0,
                s->out + (image * p->outs + o) * p->out[1] * p->out[2]))
            __atomic_store_n(&s->odd, 1, __ATOMIC_RELAXED);
}

/* x, weight, out, bias or None; the geometry; whether it is the transposed one. Returns 1 where
something is not finite. */
KERNEL(convolve_tiles) {
    geometry g = NAME(geometry_of)(n);
    work w = {.x = a[0], .weight = a[1], .out = a[2], .bias = a[3], .turned = (int)n[4 + 6 * AXES]};
    NAME(tiles_pass)(&w.p, &g, w.turned);
    w.row = w.turned ? 9 : w.p.ins * 9;
    w.channel = w.turned ? w.p.outs * 9 : 9;
    NAME(pass_cut)(&w.p, w.p.ins, BLOCK, (w.p.ins + w.p.outs) * 16);
    w.kernels = scratch(2, (16 * w.p.ins * w.p.outs + 64) * (size)sizeof(real));
    w.blocks = w.p.blocks[0] * w.p.blocks[1] * w.p.blocks[2];
    parallel(blocks_of(w.p.outs, ROWS), pack_chunk, &w);
    parallel(w.p.n * w.blocks, block_of, &w);
    NAME(pass_end)(&w.p);
    return w.odd;
}
