/* The gradient of a 3 x 3 kernel that moves by one, in 16 multiplications for each tile and pair of
channels: conv_tiles.c read backwards. The 2 x 2 gradients of a tile become A Y A', which times the
transformed inputs are summed over all tiles, and G' S G of the 16 sums is the gradient. */

#include "conv.h"

#define ROWS WEIGHT_ROWS
#define COLUMNS WEIGHT_COLUMNS
#define BLOCK 98304   /* numbers of a block's tiles, transformed: in the second-level cache */
#define SUMS 2097152  /* numbers of all sums, at most, where the images are cut into parts */
#define PARTS 8       /* pieces of work to have, at least */

typedef struct {
    pass p;
    const real *g, *x;
    real *sums, *out;
    size tiles; /* of COLUMNS output channels */
    size parts, images, pieces, each;
    int odd;
} work;

/* Number f of tile t, of 4 of its gradients, for COLUMNS channels: zeros where there is none. */
static void lay_out(const pass *p, const real *g, size channels, const size from[AXES],
                    const size count[AXES], real *to) {
    size n = count[1] * count[2], plane = p->out[1] * p->out[2];
    size left = p->out[2] - 2 * from[2];
    if (channels < COLUMNS || left < 2 * count[2] || p->out[1] < 2 * (from[1] + count[1]))
        memset(to, 0, (size_t)(4 * n * COLUMNS) * sizeof(real));
    for (size y = 0; y < 2 * count[1]; y++) {
        if (2 * from[1] + y >= p->out[1]) break;
        const real *row = g + (2 * from[1] + y) * p->out[2] + 2 * from[2];
        real *even = to + ((y % 2 * 2 * n) + y / 2 * count[2]) * COLUMNS, *odd = even + n * COLUMNS;
        size evens = least_of(count[2], (left + 1) / 2), odds = least_of(count[2], left / 2);
        for (size c = 0; c < channels; c++, row += plane) {
            for (size x = 0; x < evens; x++) even[x * COLUMNS + c] = row[2 * x];
            for (size x = 0; x < odds; x++) odd[x * COLUMNS + c] = row[2 * x + 1];
        }
    }
}

INLINE void spread(vec a, vec b, vec to[4]) {
    to[0] = a;
    to[1] = a + b;
    to[2] = a - b;
    to[3] = -b;
}

/* The 16 numbers of each tile from its 4. */
static void transform_gradients(size n, const real *g, real *to) {
    size apart = n * COLUMNS;
    for (size i = 0; i < apart; i += LANES) {
        vec rows[2][4], made[4];
        spread(load(g + i), load(g + 2 * apart + i), rows[0]);
        spread(load(g + apart + i), load(g + 3 * apart + i), rows[1]);
#pragma GCC unroll 4
        for (int y = 0; y < 4; y++) {
            spread(rows[0][y], rows[1][y], made);
#pragma GCC unroll 4
            for (int x = 0; x < 4; x++) store(to + (y * 4 + x) * apart + i, made[x]);
        }
    }
}

/* Add what a block of an image gives to the tiles of channels [first, last). */
static void add_block(const work *s, const real *x, const real *g, const size from[AXES],
                      const size count[AXES], size first, size last, real *sums) {
    const pass *p = &s->p;
    size n = count[1] * count[2], most = p->block[1] * p->block[2];
    size pitch = blocks_of(most, LANES) * LANES + LANES, apart = p->ins * pitch + 16;
    real *copy = scratch(2, (p->ins * p->channel + 64) * (size)sizeof(real));
    real *tiles = scratch(3, 16 * apart * (size)sizeof(real));
    real *laid = scratch(4, 20 * most * COLUMNS * (size)sizeof(real)), *made = laid + 4 * n * COLUMNS;
    int32_t *in_order = scratch(6, (most + p->ins) * (size)sizeof(int32_t)), *at = in_order + most;
    for (size i = 0; i < n; i++) in_order[i] = (int32_t)i;
    for (size c = 0; c < p->ins; c++) at[c] = (int32_t)(c * pitch);
    NAME(pass_copy)(p, x, from, count, p->ins, copy);
    NAME(tiles_transform)(p, copy, count, tiles, apart, pitch);
    for (size o = first; o < last; o++) {
        lay_out(p, g + o * COLUMNS * p->out[1] * p->out[2], least_of(COLUMNS, p->outs - o * COLUMNS),
                from, count, laid);
        transform_gradients(n, laid, made);
        for (size f = 0; f < 16; f++) {
            real *out = sums + (o * 16 + f) * p->ins * COLUMNS;
            for (size c = 0; c < p->ins; c += ROWS)
                NAME(weight_tile)(least_of(ROWS, p->ins - c), n, tiles + f * apart, at + c,
                                  in_order, made + f * n * COLUMNS, out + c * COLUMNS);
        }
    }
}

/* Some output channels, over some of the images. */
static void portion(void *context, size number) {
    const work *s = context;
    const pass *p = &s->p;
    size first = number % s->pieces * s->each, last = least_of(s->tiles, first + s->each);
    size part = number / s->pieces, each = 16 * p->ins * COLUMNS;
    real *sums = s->sums + part * s->tiles * each;
    memset(sums + first * each, 0, (size_t)((last - first) * each) * sizeof(real));
    for (size i = part * s->images; i < least_of(p->n, (part + 1) * s->images); i++)
        for (size b = 0; b < p->blocks[1] * p->blocks[2]; b++) {
            size from[AXES], count[AXES];
            NAME(pass_block)(p, b, from, count);
            add_block(s, s->x + i * p->ins * p->in[1] * p->in[2],
                      s->g + i * p->outs * p->out[1] * p->out[2], from, count, first, last, sums);
        }
}

INLINE void gather_4(const vec s[4], vec to[3]) {
    vec half = splat((real)0.5);
    to[0] = s[0] + half * (s[1] + s[2]);
    to[1] = half * (s[1] - s[2]);
    to[2] = half * (s[1] + s[2]) + s[3];
}

/* Add the parts, and transform the sums to the gradients of COLUMNS output channels. */
static void gather(void *context, size o) {
    work *s = context;
    const pass *p = &s->p;
    size channels = least_of(COLUMNS, p->outs - o * COLUMNS), each = 16 * p->ins * COLUMNS;
    real *sums = s->sums + o * each;
    vec odd = {0};
    for (size part = 1; part < s->parts; part++)
        for (size i = 0; i < each; i += LANES)
            store(sums + i, load(sums + i) + load(sums + part * s->tiles * each + i));
    for (size c = 0; c < p->ins; c++)
        for (size v = 0; v < COLUMNS; v += LANES) {
            vec column[4], half[4][3], made[3];
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 4; x++)
                    column[x] = load(sums + ((y * 4 + x) * p->ins + c) * COLUMNS + v);
                gather_4(column, half[y]);
            }
            for (int x = 0; x < 3; x++) {
                for (int y = 0; y < 4; y++) column[y] = half[y][x];
                gather_4(column, made);
                for (int y = 0; y < 3; y++) {
                    real lanes[VECTOR_BYTES / sizeof(real)];
                    store(lanes, made[y]);
                    odd += made[y] * 0;
                    for (size l = 0; l < least_of(LANES, channels - v); l++)
                        s->out[((o * COLUMNS + v + l) * p->ins + c) * 9 + y * 3 + x] = lanes[l];
                }
            }
        }
    real sum = sum_of(odd);
    if (sum != sum) __atomic_store_n(&s->odd, 1, __ATOMIC_RELAXED);
}

/* gradient, x, out; the geometry. Returns 1 where something is not finite. */
KERNEL(convolve_tiles_weight) {
    geometry g = NAME(geometry_of)(n);
    work w = {.g = a[0], .x = a[1], .out = a[2]};
    const pass *p = &w.p;
    NAME(tiles_pass)(&w.p, &g, 0);
    NAME(pass_cut)(&w.p, p->ins, BLOCK, (p->ins + COLUMNS) * 16);
    w.tiles = blocks_of(p->outs, COLUMNS);
    size all = w.tiles * 16 * p->ins * COLUMNS;
    w.parts = least_of(least_of(PARTS, p->n), most_of(1, SUMS / all));
    w.images = blocks_of(p->n, w.parts);
    w.parts = blocks_of(p->n, w.images);
    w.each = blocks_of(w.tiles, least_of(w.tiles, blocks_of(PARTS, w.parts)));
    w.pieces = blocks_of(w.tiles, w.each);
    w.sums = scratch(5, (w.parts * all + 64) * (size)sizeof(real));
    parallel(w.parts * w.pieces, portion, &w);
    parallel(w.tiles, gather, &w);
    NAME(pass_end)(&w.p);
    return w.odd;
}
