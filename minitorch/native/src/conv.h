/* Where the windows of a convolution are, and copies of images in which they lie in one piece. */

#ifndef CONV_H
#define CONV_H

#include "runtime.h"

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
    size low[AXES], reach[AXES], room[AXES];
    size phases, channel; /* planes of a channel that are read; their elements together */
    size (*phase)[AXES];
    int32_t *at;
} pass;

/* Both return 0 where there is no memory, and fill all but the part about the copy. */
int NAME(pass_forward)(pass *p, const geometry *g);
int NAME(pass_transposed)(pass *p, const geometry *g, const size remainder[AXES]);
void NAME(pass_end)(pass *p);

/* Cut the outputs into blocks: some `elements` for the copy of `run` channels, and as many for `more`
numbers for each output. */
void NAME(pass_cut)(pass *p, size run, size elements, size more);
void NAME(pass_block)(const pass *p, size number, size from[AXES], size count[AXES]);
/* Copy so many channels of a block; the next image's copy begins `run * channel` after it. */
void NAME(pass_copy)(const pass *p, const real *image, const size from[AXES],
                     const size count[AXES], size channels, real *to);

geometry NAME(geometry_of)(const size *n);

#endif
