/* Where the windows of pooling are, over three axes; fewer are three with leading ones. */

#ifndef POOLING_H
#define POOLING_H

#include "runtime.h"
#include "shuffles.h"

#define IMAGE 7 /* slots of the scratch memory */
#define ROW 6
#define REACH 5
#define MOST_ELEMENTS 255 /* of a window: nth is a byte */
#define CHUNK 16384       /* elements of images: 64 KiB stay in the cache between two passes */

typedef struct {
    size planes, in[3], out[3], kernel[3], stride[3], padding[3], dilation[3];
    size in_area, out_area, elements;
    size chunk;   /* planes of one */
    size pitch;   /* from row to row of what the windows read */
    size beyond;  /* elements a vector may read behind the last */
    real outside; /* what the padding holds */
    const real *x;
    real *y;
    uint8_t *nth;
    const real *divisors; /* of the windows, or NULL */
    int64_t *places;
    size offset[MOST_ELEMENTS + 1]; /* of each element of a window from its first */
    size step[MOST_ELEMENTS + 1][3];
    int may_miss; /* a window reaches beyond the image, and may choose an element there */
} pooling;

/* n: planes; then by axis the sizes, the windows, kernel, stride, padding, dilation. */
__attribute__((unused)) static pooling geometry(const size *n, const real *x, real *y, uint8_t *nth) {
    pooling p = {.planes = n[0], .x = x, .y = y, .nth = nth};
    for (int i = 0; i < 3; i++) {
        p.in[i] = n[1 + i], p.out[i] = n[4 + i], p.kernel[i] = n[7 + i];
        p.stride[i] = n[10 + i], p.padding[i] = n[13 + i], p.dilation[i] = n[16 + i];
        size reach = (p.out[i] - 1) * p.stride[i] + (p.kernel[i] - 1) * p.dilation[i] + 1;
        p.may_miss |= p.padding[i] || reach > p.in[i];
        p.pitch = most_of(reach, p.in[i] + p.padding[i]); /* that of the last axis stays */
    }
    p.in_area = p.in[0] * p.in[1] * p.in[2];
    p.out_area = p.out[0] * p.out[1] * p.out[2];
    p.elements = p.kernel[0] * p.kernel[1] * p.kernel[2];
    p.beyond = 2 * LANES * p.stride[2] + p.kernel[2] * p.dilation[2];
    p.chunk = most_of(1, CHUNK / most_of(1, most_of(p.in_area, p.out_area)));
    for (size i = 0; i < p.elements && i < MOST_ELEMENTS; i++) {
        p.step[i][0] = i / p.kernel[2] / p.kernel[1] * p.dilation[0];
        p.step[i][1] = i / p.kernel[2] % p.kernel[1] * p.dilation[1];
        p.step[i][2] = i % p.kernel[2] * p.dilation[2];
        p.offset[i] = (p.step[i][0] * p.in[1] + p.step[i][1]) * p.in[2] + p.step[i][2];
    }
    return p;
}

/* Where the first of a window's elements lies, along an axis. */
INLINE size start(const pooling *p, int axis, size i) {
    return i * p->stride[axis] - p->padding[axis];
}

/* How many elements of the window at `from` lie before the image. */
INLINE size skipped(const pooling *p, int axis, size from) {
    return from < 0 ? blocks_of(-from, p->dilation[axis]) : 0;
}

/* Along an axis: where a window starts, its elements [first, last) that lie inside the image, and
how many lie before it. */
typedef struct {
    size start, first, last, skipped;
} reach;

/* Those of all windows, first along the first axis, then along the second: divisions take time. */
__attribute__((unused)) static const reach *reaches(const pooling *p) {
    reach *found = scratch(REACH, (p->out[0] + p->out[1]) * (size)sizeof(reach)), *r = found;
    for (int axis = 0; axis < 2; axis++)
        for (size i = 0; i < p->out[axis]; i++, r++) {
            size from = start(p, axis, i), room = p->in[axis] - from;
            size last = room <= 0 ? 0 : blocks_of(room, p->dilation[axis]);
            *r = (reach){.start = from, .skipped = skipped(p, axis, from)};
            r->first = least_of(r->skipped, p->kernel[axis]);
            r->last = least_of(last, p->kernel[axis]);
        }
    return found;
}

#endif
