/* Where the windows of a convolution are, and copies of images in which they lie in one piece. */

#ifndef CONV_H
#define CONV_H

#include "runtime.h"
#include "shuffles.h"

#define AXES 3

/* A convolution as Python tells it, with axes of size 1 in front of those it has. */
typedef struct {
    size n, channels, outs, groups; /* images, their channels, those of the windows' side */
    size in[AXES], kernel[AXES], count[AXES], stride[AXES], padding[AXES], dilation[AXES];
} geometry;

/* One pass over a batch computes the outputs at first + i * apart, i < count, along each axis. Its
tap t reads for output i the input at i * step + shift[t], zero where that is outside. A convolution
is one pass; a transposed one is a pass for each remainder of the position by the stride, in each of
which only some taps meet an input.

Inputs are read from a copy of what a block of outputs needs. There each channel is a plane for each
remainder by the step, so that neighbouring windows are one element apart; `at` says where a tap of
a channel lies for the first window. */
typedef struct {
    size n, groups, ins, outs; /* images, groups, channels of a group in and out */
    size in[AXES], out[AXES];  /* sizes of the planes */
    size count[AXES], first[AXES], apart[AXES], step[AXES];
    size taps;
    size (*shift)[AXES];
    size *tap; /* their places in the kernel */

    size block[AXES], blocks[AXES]; /* outputs in a block, number of blocks */
    size run;                       /* channels that are copied at a time */
    size least;                     /* rows in a block, at least, or 0 */
    size low[AXES], reach[AXES], room[AXES];
    size phases, channel; /* planes of a channel that are read; their elements together */
    size (*phase)[AXES];
    int32_t *at;
} pass;

/* They fill all but the part about the copy. */
void NAME(pass_forward)(pass *p, const geometry *g);
void NAME(pass_transposed)(pass *p, const geometry *g, const size remainder[AXES]);
void NAME(pass_end)(pass *p);

/* Cut the outputs into blocks: some `elements` for the copy of `run` channels, and as many for `more`
numbers for each output. */
void NAME(pass_cut)(pass *p, size run, size elements, size more);
void NAME(pass_block)(const pass *p, size number, size from[AXES], size count[AXES]);
/* Copy so many channels of a block; the next image's copy begins `run * channel` after it. */
void NAME(pass_copy)(const pass *p, const real *image, const size from[AXES],
                     const size count[AXES], size channels, real *to);

geometry NAME(geometry_of)(const size *n);

/* ------------------------------------------------------------------ 3 x 3: conv_tiles.c */

/* The pass over tiles of 4 x 4 inputs, each for 2 x 2 outputs. */
void NAME(tiles_pass)(pass *p, const geometry *g, int transposed);
/* The tiles of a block, transformed: 16 numbers of a channel for each, of which number i of channel
c for all tiles is at to + i * apart + c * pitch. */
void NAME(tiles_transform)(const pass *p, const real *copy, const size count[AXES], real *to,
                           size apart, size pitch);

/* x, in a register: gcc would rather read it from memory again at each use. */
INLINE vec held(vec x) {
#if defined(__x86_64__)
    __asm__("" : "+x"(x));
#elif defined(__aarch64__)
    __asm__("" : "+w"(x));
#endif
    return x;
}

/* ------------------------------------------------------------------ weights: conv_weight.c */

#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define WEIGHT_ROWS 12
#else
#define WEIGHT_ROWS 6
#endif
#define WEIGHT_VECTORS 2
#define WEIGHT_COLUMNS (WEIGHT_VECTORS * LANES)

/* Add to `out` (rows, WEIGHT_COLUMNS), up to WEIGHT_ROWS of them, the sum over n windows of
x[at[row] + windows[i]] times row i of g (n, WEIGHT_COLUMNS). */
void NAME(weight_tile)(size rows, size n, const real *x, const int32_t *at, const int32_t *windows,
                       const real *g, real *out);

#endif
