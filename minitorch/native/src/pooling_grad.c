/* The adjoints of pooling: each window's gradient goes to the element that was chosen, or is shared
among all. */

#include "pooling.h"

typedef uint8_t bytes
    __attribute__((vector_size(VECTOR_BYTES / sizeof(real)), aligned(1), may_alias));

/* ------------------------------------------------------------------ what was chosen */

/* Call `each` for every window: its place among the results, and the flat position in the image of
what it chose, -1 for a place in the padding. */
INLINE void for_chosen(const pooling *p, size chunk,
                       void (*each)(const pooling *p, size image, size at, size place)) {
    size end = least_of(p->planes, (chunk + 1) * p->chunk);
    for (size plane = chunk * p->chunk; plane < end; plane++) {
        size at = plane * p->out_area;
        for (size d = 0; d < p->out[0]; d++)
            for (size h = 0; h < p->out[1]; h++) {
                size z = start(p, 0, d), y = start(p, 1, h), x = -p->padding[2];
                size first = (z * p->in[1] + y) * p->in[2];
                for (size w = 0; w < p->out[2]; w++, at++, x += p->stride[2]) {
                    size k = p->nth[at], place = first + x + p->offset[k];
                    if (p->may_miss) {
                        const size *s = p->step[k];
                        size i = z + s[0], j = y + s[1], l = x + s[2];
                        if (i < 0 || i >= p->in[0] || j < 0 || j >= p->in[1] || l < 0 ||
                            l >= p->in[2])
                            place = -1;
                    }
                    each(p, plane * p->in_area, at, place);
                }
            }
    }
}

INLINE void give(const pooling *p, size image, size at, size place) {
    if (place >= 0) p->y[image + place] += p->x[at];
}
INLINE void take(const pooling *p, size image, size at, size place) {
    p->y[at] = place < 0 ? 0 : p->x[image + place];
}

/* Windows of 2 by 2 side by side: both rows of the image at once, with no zeros written first. */
static void give_pairs(const pooling *p, size plane, size end) {
    const real *g = p->x + plane * p->out_area;
    const uint8_t *nth = p->nth + plane * p->out_area;
    real *y = p->y + plane * p->in_area, *last = p->y + end * p->in_area;
    size width = p->in[2];
    for (size h = 0; h < p->out[1]; h++)
        for (int row = 0; row < 2; row++, y += width) {
            const real *from = g + h * p->out[2];
            const uint8_t *chosen = nth + h * p->out[2];
            size i = 0;
            for (; i + LANES <= p->out[2] ||
                   (i < p->out[2] && last - (y + 2 * i) >= 2 * LANES &&
                    p->x + p->planes * p->out_area - (from + i) >= LANES);
                 i += LANES) {
                vec x = load(from + i);
                mask k = __builtin_convertvector(*(const bytes *)(chosen + i), mask);
                vec even = (vec)((mask)x & (k == 2 * row)), odd = (vec)((mask)x & (k == 2 * row + 1));
                store(y + 2 * i, MIX(even, odd, LOW));
                store(y + 2 * i + LANES, MIX(even, odd, HIGH));
            }
            for (; i < p->out[2]; i++) {
                y[2 * i] = chosen[i] == 2 * row ? from[i] : 0;
                y[2 * i + 1] = chosen[i] == 2 * row + 1 ? from[i] : 0;
            }
            for (size w = 2 * p->out[2]; w < width; w++) y[w] = 0;
        }
    memset(y, 0, (size_t)((p->in[1] - 2 * p->out[1]) * width) * sizeof(real));
}

static void give_chunk(void *context, size chunk) {
    const pooling *p = context;
    size first = chunk * p->chunk, end = least_of(p->planes, first + p->chunk);
    const size *k = p->kernel, *s = p->stride;
    int fits = 2 * p->out[1] <= p->in[1] && 2 * p->out[2] <= p->in[2] && p->in[0] == 1;
    int beside = k[1] == 2 && k[2] == 2 && s[1] == 2 && s[2] == 2 && k[0] == 1;
    if (fits && beside && p->padding[1] + p->padding[2] == 0 && p->dilation[1] == 1 &&
        p->dilation[2] == 1) {
        for (size plane = first; plane < end; plane++) give_pairs(p, plane, end);
        return;
    }
    memset(p->y + first * p->in_area, 0, (size_t)((end - first) * p->in_area) * sizeof(real));
    for_chosen(p, chunk, give);
}

/* g, y, nth; the geometry: y is zeros with g added at what each window chose. */
KERNEL(pool_give) {
    pooling p = geometry(n, a[0], a[1], a[2]);
    parallel(blocks_of(p.planes, p.chunk), give_chunk, &p);
    return 0;
}

static void take_chunk(void *context, size chunk) { for_chosen(context, chunk, take); }

/* x, y, nth; the geometry: y is what each window chose of x, 0 in the padding. */
KERNEL(pool_take) {
    pooling p = geometry(n, a[0], a[1], a[2]);
    parallel(blocks_of(p.planes, p.chunk), take_chunk, &p);
    return 0;
}

#ifndef DOUBLE
INLINE void tell(const pooling *p, size image, size at, size place) {
    (void)image;
    p->places[at] = place;
}
static void tell_chunk(void *context, size chunk) { for_chosen(context, chunk, tell); }

/* nth, places; the geometry: the flat position in its image of what each window chose. */
KERNEL(pool_places) {
    pooling p = geometry(n, NULL, NULL, a[0]);
    p.places = a[1];
    p.may_miss = 0; /* it is told all the same */
    parallel(blocks_of(p.planes, p.chunk), tell_chunk, &p);
    return 0;
}
#endif

/* ------------------------------------------------------------------ the mean */

/* y += x */
INLINE void add_to(real *y, const real *x, size n) {
    size i = 0;
    for (; i + LANES <= n; i += LANES) store(y + i, load(y + i) + load(x + i));
    for (; i < n; i++) y[i] += x[i];
}

/* What each column of the padded image gets from a row of windows: g / divisors, in `line`. */
static void share_row(const pooling *p, const real *g, const real *divisors, real *share,
                      real *line) {
    size n = p->out[2], kernel = p->kernel[2], stride = p->stride[2], i = 0;
    for (; i + LANES <= n; i += LANES) store(share + i, load(g + i) / load(divisors + i));
    for (; i < n; i++) share[i] = g[i] / divisors[i];
    i = 0;
    if (kernel == 2 && stride == 2)
        for (; i + LANES <= n; i += LANES) {
            vec x = load(share + i);
            store(line + 2 * i, MIX(x, x, LOW));
            store(line + 2 * i + LANES, MIX(x, x, HIGH));
        }
    memset(line + i * stride, 0, (size_t)(p->pitch - i * stride) * sizeof(real));
    if (stride == 1)
        for (size k = 0; k < kernel; k++) add_to(line + k, share, n);
    else
        for (; i < n; i++)
            for (size k = 0; k < kernel; k++) line[i * stride + k] += share[i];
}

static void share_chunk(void *context, size chunk) {
    const pooling *p = context;
    size first = chunk * p->chunk, end = least_of(p->planes, first + p->chunk);
    const reach *z = reaches(p), *y = z + p->out[0];
    const real *g = p->x + first * p->out_area;
    real *share = scratch(ROW, (p->out[2] + p->pitch) * (size)sizeof(real));
    real *line = share + p->out[2], *to = p->y + first * p->in_area;
    memset(to, 0, (size_t)((end - first) * p->in_area) * sizeof(real));
    for (size plane = first; plane < end; plane++, to += p->in_area) {
        const real *divisors = p->divisors;
        for (size i = 0; i < p->out[0]; i++)
            for (size j = 0; j < p->out[1]; j++, g += p->out[2], divisors += p->out[2]) {
                share_row(p, g, divisors, share, line);
                for (size d = z[i].first; d < z[i].last; d++)
                    for (size h = y[j].first; h < y[j].last; h++) {
                        size row = (z[i].start + d) * p->in[1] + y[j].start + h;
                        add_to(to + row * p->in[2], line + p->padding[2], p->in[2]);
                    }
            }
    }
}

/* g, y, the divisors; the geometry: the adjoint of pool_mean. */
KERNEL(pool_share) {
    pooling p = geometry(n, a[0], a[1], NULL);
    p.divisors = a[2];
    parallel(blocks_of(p.planes, p.chunk), share_chunk, &p);
    return 0;
}
