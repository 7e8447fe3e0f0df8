/* Pooling: one number for each window.

As many windows of a row are computed at once as a vector has lanes. For that the rows of an image
are read where they lie, or, where windows reach into the padding or a vector beyond the array, from
a copy with the padding in it. Results are written in order of memory: what a vector writes beyond
its row is written over by the next one, and only the last of a chunk is cut.

Of equal elements the first is chosen, of NaN the last, as torch does: better is what is larger, or
NaN. `nth` says which element of the window it is. */

#include "pooling.h"

#define LOWEST ((real)-INFINITY)

typedef whole loose_mask
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

/* The image of `plane` as the windows read it: rows p->pitch apart, each with its padding. */
static const real *image(const pooling *p, size plane) {
    const real *x = p->x + plane * p->in_area;
    size after = (p->planes - plane - 1) * p->in_area;
    if (p->pitch == p->in[2] && after >= p->beyond) return x;
    size rows = p->in[0] * p->in[1], width = p->in[2];
    real *copy = scratch(IMAGE, (rows * p->pitch + p->beyond) * (size)sizeof(real)), *to = copy;
    for (size i = 0; i < rows; i++, x += width, to += p->pitch) {
        size j = 0, last = p->padding[2] + width;
        for (; j < p->padding[2]; j++) to[j] = p->outside;
        if (after >= LANES) /* what is copied too much is written over */
            for (; j < last; j += LANES) store(to + j, load(x + j - p->padding[2]));
        else
            memcpy(to + j, x, (size_t)width * sizeof(real));
        for (j = last; j < p->pitch; j++) to[j] = p->outside;
    }
    return copy;
}

/* The rows of the image that the windows of a row of results meet: where they start in the padded
image, and the number of their first element. */
typedef struct {
    size count;
    const real *at[MOST_ELEMENTS];
    size nth[MOST_ELEMENTS];
} lines;

INLINE void lines_of(const pooling *p, const real *image, reach z, reach y, lines *found) {
    found->count = 0;
    for (size i = z.first; i < z.last; i++)
        for (size j = y.first; j < y.last; j++) {
            size at = (z.start + i * p->dilation[0]) * p->in[1] + y.start + j * p->dilation[1];
            found->at[found->count] = image + at * p->pitch;
            found->nth[found->count++] = (i * p->kernel[1] + j) * p->kernel[2];
        }
}

INLINE vec strided(const real *x, size stride) {
    if (stride == 1) return load(x);
    vec out = {0};
    for (size i = 0; i < LANES; i++) out[i] = x[i * stride];
    return out;
}

/* ------------------------------------------------------------------ the largest */

typedef struct {
    vec value;
    mask nth;
} best;

INLINE void consider(best *so_far, vec x, size nth) {
    mask better = (x > so_far->value) | (x != x);
    so_far->value = choose(better, x, so_far->value);
    so_far->nth = (better & (mask)((whole)nth - (mask){0})) | (so_far->nth & ~better);
}

/* The largest of LANES windows from the i-th of a row on. `kernel` and `stride` are constants where
this is called, for the usual ones. */
INLINE void largest(const lines *rows, size i, size kernel, size stride, size dilation,
                    best *found) {
    for (size r = 0; r < rows->count; r++) {
        const real *x = rows->at[r] + i * stride;
        if (stride == 2 && dilation == 1) {
            for (size k = 0; k < kernel; k += 2) {
                vec a = load(x + k), b = load(x + k + LANES);
                consider(found, MIX(a, b, EVEN), rows->nth[r] + k);
                if (k + 1 < kernel) consider(found, MIX(a, b, ODD), rows->nth[r] + k + 1);
            }
            continue;
        }
        for (size k = 0; k < kernel; k++)
            consider(found, strided(x + k * dilation, stride), rows->nth[r] + k);
    }
}

/* BYTES integers as bytes: many at once, for the compiler to find instructions. */
#define BYTES 32
INLINE void narrow(const whole *restrict x, uint8_t *to) {
    uint8_t out[BYTES];
    for (int i = 0; i < BYTES; i++) out[i] = (uint8_t)x[i];
    memcpy(to, out, BYTES);
}

/* A row of windows; `chosen` is room for it, `room` how many results there are until the end of the
chunk. */
INLINE void largest_row(const pooling *p, const lines *rows, const whole *before, whole first,
                        whole *chosen, real *y, uint8_t *nth, size room) {
    size n = p->out[2], kernel = p->kernel[2], stride = p->stride[2], dilation = p->dilation[2];
    for (size i = 0; i < n; i += LANES) {
        best found = {splat(LOWEST), *(const loose_mask *)(before + i) + first};
        if (kernel == 2 && stride == 2 && dilation == 1)
            largest(rows, i, 2, 2, 1, &found);
        else if (kernel == 3 && stride == 2 && dilation == 1)
            largest(rows, i, 3, 2, 1, &found);
        else if (kernel == 3 && stride == 1 && dilation == 1)
            largest(rows, i, 3, 1, 1, &found);
        else
            largest(rows, i, kernel, stride, dilation, &found);
        *(loose_mask *)(chosen + i) = found.nth;
        if (room - i >= LANES)
            store(y + i, found.value);
        else
            store_part(y + i, found.value, room - i);
    }
    for (size i = 0; i < n; i += BYTES) {
        if (room - i >= BYTES)
            narrow(chosen + i, nth + i);
        else
            for (size k = i; k < n; k++) nth[k] = (uint8_t)chosen[k];
    }
}

static void largest_chunk(void *context, size chunk) {
    const pooling *p = context;
    size row = p->out[2] + BYTES + LANES;
    whole *before = scratch(ROW, 2 * row * (size)sizeof(whole)), *chosen = before + row;
    for (size i = 0; i < p->out[2] + LANES; i++)
        before[i] = (whole)skipped(p, 2, start(p, 2, least_of(i, p->out[2] - 1)));
    size end = least_of(p->planes, (chunk + 1) * p->chunk), at = chunk * p->chunk * p->out_area;
    const reach *z = reaches(p), *y = z + p->out[0];
    lines rows;
    for (size plane = chunk * p->chunk; plane < end; plane++) {
        const real *x = image(p, plane);
        for (size d = 0; d < p->out[0]; d++)
            for (size h = 0; h < p->out[1]; h++, at += p->out[2]) {
                size first = (z[d].skipped * p->kernel[1] + y[h].skipped) * p->kernel[2];
                lines_of(p, x, z[d], y[h], &rows);
                largest_row(p, &rows, before, (whole)first, chosen, p->y + at, p->nth + at,
                            end * p->out_area - at);
            }
    }
}

/* x, the largest, nth; the geometry. */
KERNEL(pool_largest) {
    pooling p = geometry(n, a[0], a[1], a[2]);
    p.outside = LOWEST;
    parallel(blocks_of(p.planes, p.chunk), largest_chunk, &p);
    return 0;
}

/* ------------------------------------------------------------------ the mean */

INLINE void total(const lines *rows, size i, size kernel, size stride, vec *sum) {
    for (size r = 0; r < rows->count; r++) {
        const real *x = rows->at[r] + i * stride;
        if (stride == 2) {
            for (size k = 0; k < kernel; k += 2) {
                vec a = load(x + k), b = load(x + k + LANES);
                *sum += MIX(a, b, EVEN);
                if (k + 1 < kernel) *sum += MIX(a, b, ODD);
            }
            continue;
        }
        for (size k = 0; k < kernel; k++) *sum += strided(x + k, stride);
    }
}

/* The means of a row of windows; `room` results until the end of the chunk. */
INLINE void mean_row(const pooling *p, const lines *rows, const real *divisors, real *y,
                     size room) {
    size kernel = p->kernel[2], stride = p->stride[2];
    for (size i = 0; i < p->out[2]; i += LANES) {
        vec sum = {0};
        if (kernel == 2 && stride == 2)
            total(rows, i, 2, 2, &sum);
        else if (kernel == 3 && stride == 1)
            total(rows, i, 3, 1, &sum);
        else
            total(rows, i, kernel, stride, &sum);
        sum /= load(divisors + i); /* there are LANES more of them */
        if (room - i >= LANES)
            store(y + i, sum);
        else
            store_part(y + i, sum, room - i);
    }
}

static void mean_chunk(void *context, size chunk) {
    const pooling *p = context;
    size end = least_of(p->planes, (chunk + 1) * p->chunk), at = chunk * p->chunk * p->out_area;
    const reach *z = reaches(p), *y = z + p->out[0];
    lines rows;
    for (size plane = chunk * p->chunk; plane < end; plane++) {
        const real *x = image(p, plane), *divisors = p->divisors;
        for (size d = 0; d < p->out[0]; d++)
            for (size h = 0; h < p->out[1]; h++, at += p->out[2], divisors += p->out[2]) {
                lines_of(p, x, z[d], y[h], &rows);
                mean_row(p, &rows, divisors, p->y + at, end * p->out_area - at);
            }
    }
}

/* x, y, what the sum of each window is divided by, with some more after the last; the geometry. */
KERNEL(pool_mean) {
    pooling p = geometry(n, a[0], a[1], NULL);
    p.divisors = a[2];
    parallel(blocks_of(p.planes, p.chunk), mean_chunk, &p);
    return 0;
}
