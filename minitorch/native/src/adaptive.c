/* Pooling whose windows cover an image evenly, and elements of images by their flat position. */

#include "runtime.h"

#define TABLES 7    /* slots of the scratch memory */
#define ROW 6
#define CHUNK 16384 /* elements of images: 64 KiB stay in the cache between two passes */

/* ------------------------------------------------------------------ windows that cover evenly */

typedef struct adaptive {
    void (*plane)(const struct adaptive *, size plane);
    const real *x;
    real *y;
    int64_t *places;
    size planes, in[3], out[3], in_area, out_area, chunk;
    size *from[3], *until[3]; /* each window, along each axis */
} adaptive;

static void adaptive_chunk(void *context, size chunk) {
    const adaptive *a = context;
    size end = least_of(a->planes, (chunk + 1) * a->chunk);
    for (size i = chunk * a->chunk; i < end; i++) a->plane(a, i);
}

static size run(const size *n, adaptive a) {
    a.planes = n[0], a.in_area = a.out_area = 1;
    size *table = scratch(TABLES, 2 * (n[4] + n[5] + n[6]) * (size)sizeof(size));
    for (int i = 0; i < 3; i++) {
        a.in_area *= a.in[i] = n[1 + i], a.out_area *= a.out[i] = n[4 + i];
        a.from[i] = table, a.until[i] = table + a.out[i], table += 2 * a.out[i];
        for (size w = 0; w < a.out[i]; w++) {
            a.from[i][w] = w * a.in[i] / a.out[i];
            a.until[i][w] = blocks_of((w + 1) * a.in[i], a.out[i]);
        }
    }
    a.chunk = most_of(1, CHUNK / most_of(1, most_of(a.in_area, a.out_area)));
    parallel(blocks_of(a.planes, a.chunk), adaptive_chunk, &a);
    return 0;
}

INLINE size width_of(const adaptive *a, int axis, size w) {
    return a->until[axis][w] - a->from[axis][w];
}

/* y += x */
INLINE void add_to(real *y, const real *x, size n) {
    size i = 0;
    for (; i + LANES <= n; i += LANES) store(y + i, load(y + i) + load(x + i));
    for (; i < n; i++) y[i] += x[i];
}

static real sum(const real *x, size n) {
    vec totals[2] = {{0}, {0}};
    real rest = 0;
    size i = 0;
    if (n >= 2 * LANES) {
        for (; i + 2 * LANES <= n; i += 2 * LANES)
            totals[0] += load(x + i), totals[1] += load(x + i + LANES);
        rest = sum_of(totals[0] + totals[1]);
    }
    for (; i < n; i++) rest += x[i];
    return rest;
}

static void mean_plane(const adaptive *a, size plane) {
    const real *x = a->x + plane * a->in_area;
    real *y = a->y + plane * a->out_area;
    if (a->out_area == 1) {
        *y = sum(x, a->in_area) / (real)a->in_area;
        return;
    }
    size width = a->in[2];
    real *line = scratch(ROW, width * (size)sizeof(real)); /* the sums of columns */
    for (size i = 0; i < a->out[0] * a->out[1]; i++) {
        size d = i / a->out[1], h = i % a->out[1];
        size rows = width_of(a, 0, d) * width_of(a, 1, h);
        memset(line, 0, (size_t)width * sizeof(real));
        for (size z = a->from[0][d]; z < a->until[0][d]; z++)
            for (size row = a->from[1][h]; row < a->until[1][h]; row++)
                add_to(line, x + (z * a->in[1] + row) * width, width);
        for (size w = 0; w < a->out[2]; w++)
            *y++ = sum(line + a->from[2][w], width_of(a, 2, w)) / (real)(rows * width_of(a, 2, w));
    }
}

static void share_plane(const adaptive *a, size plane) {
    const real *g = a->x + plane * a->out_area;
    real *y = a->y + plane * a->in_area;
    size width = a->in[2];
    real *line = scratch(ROW, width * (size)sizeof(real)); /* what each column gets */
    memset(y, 0, (size_t)a->in_area * sizeof(real));
    for (size i = 0; i < a->out[0] * a->out[1]; i++) {
        size d = i / a->out[1], h = i % a->out[1];
        size rows = width_of(a, 0, d) * width_of(a, 1, h);
        memset(line, 0, (size_t)width * sizeof(real));
        for (size w = 0; w < a->out[2]; w++) {
            real share = *g++ / (real)(rows * width_of(a, 2, w));
            for (size k = a->from[2][w]; k < a->until[2][w]; k++) line[k] += share;
        }
        for (size z = a->from[0][d]; z < a->until[0][d]; z++)
            for (size row = a->from[1][h]; row < a->until[1][h]; row++)
                add_to(y + (z * a->in[1] + row) * width, line, width);
    }
}

static void largest_plane(const adaptive *a, size plane) {
    const real *x = a->x + plane * a->in_area;
    size at = plane * a->out_area;
    for (size i = 0; i < a->out_area; i++, at++) {
        size w = i % a->out[2], h = i / a->out[2] % a->out[1], d = i / a->out[2] / a->out[1];
        size place = (a->from[0][d] * a->in[1] + a->from[1][h]) * a->in[2] + a->from[2][w];
        real top = x[place];
        for (size z = a->from[0][d]; z < a->until[0][d]; z++)
            for (size row = a->from[1][h]; row < a->until[1][h]; row++) {
                size first = (z * a->in[1] + row) * a->in[2];
                for (size k = first + a->from[2][w]; k < first + a->until[2][w]; k++)
                    if (x[k] > top || x[k] != x[k]) top = x[k], place = k;
            }
        a->y[at] = top;
        a->places[at] = place;
    }
}

/* x, y; images, by axis their sizes and the windows. */
KERNEL(pool_even_mean) {
    return run(n, (adaptive){.plane = mean_plane, .x = a[0], .y = a[1]});
}

/* g, y; the same: the adjoint. */
KERNEL(pool_even_share) {
    return run(n, (adaptive){.plane = share_plane, .x = a[0], .y = a[1]});
}

/* x, y, places; the same. */
KERNEL(pool_even_largest) {
    return run(n, (adaptive){.plane = largest_plane, .x = a[0], .y = a[1], .places = a[2]});
}

/* ------------------------------------------------------------------ by position */

typedef struct {
    const real *x;
    real *y;
    const int64_t *places;
    size planes, area, windows, chunk;
    int give, add;
    _Atomic int wrong;
} positions;

static void position_chunk(void *context, size chunk) {
    positions *p = context;
    size end = least_of(p->planes, (chunk + 1) * p->chunk);
    for (size plane = chunk * p->chunk; plane < end; plane++) {
        const int64_t *at = p->places + plane * p->windows;
        const real *x = p->x + plane * (p->give ? p->windows : p->area);
        real *y = p->y + plane * (p->give ? p->area : p->windows);
        if (p->give) memset(y, 0, (size_t)p->area * sizeof(real));
        for (size i = 0; i < p->windows; i++) {
            if (at[i] < 0 || at[i] >= p->area)
                p->wrong = 1;
            else if (!p->give)
                y[i] = x[at[i]];
            else if (p->add)
                y[at[i]] += x[i];
            else
                y[at[i]] = x[i];
        }
    }
}

/* x, y, places; images, elements of one, places in one, whether y is zeros with x at the places or
x at them, whether it is added there. Returns whether a place was outside. */
KERNEL(pool_positions) {
    positions p = {.x = a[0], .y = a[1], .places = a[2], .planes = n[0], .area = n[1],
                   .windows = n[2], .give = (int)n[3], .add = (int)n[4]};
    p.chunk = most_of(1, CHUNK / most_of(1, most_of(p.area, p.windows)));
    parallel(blocks_of(p.planes, p.chunk), position_chunk, &p);
    return p.wrong;
}
