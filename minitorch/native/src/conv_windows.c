/* Where the windows of a convolution are: conv.h says what this computes. */

#include "conv.h"

geometry NAME(geometry_of)(const size *n) {
    geometry g = {n[0], n[1], n[2], n[3]};
    size *parts[] = {g.in, g.kernel, g.count, g.stride, g.padding, g.dilation};
    for (int i = 0; i < 6; i++) memcpy(parts[i], n + 4 + AXES * i, sizeof g.in);
    return g;
}

static void make_room(pass *p, const geometry *g) {
    size most = most_of(16, g->kernel[0] * g->kernel[1] * g->kernel[2]);
    p->taps = 0;
    p->shift = memory_of(most * (size)sizeof *p->shift);
    p->phase = memory_of(most * (size)sizeof *p->phase);
    p->tap = memory_of(most * (size)sizeof *p->tap);
    p->at = memory_of((most * p->ins + 1) * (size)sizeof *p->at);
}

void NAME(pass_end)(pass *p) {
    free(p->shift);
    free(p->phase);
    free(p->tap);
    free(p->at);
}

static void tap_at(const size kernel[AXES], size number, size at[AXES]) {
    for (int axis = AXES - 1; axis >= 0; axis--) {
        at[axis] = number % kernel[axis];
        number /= kernel[axis];
    }
}

void NAME(pass_forward)(pass *p, const geometry *g) {
    *p = (pass){g->n, g->groups, g->channels / g->groups, g->outs / g->groups};
    make_room(p, g);
    for (int axis = 0; axis < AXES; axis++) {
        p->in[axis] = g->in[axis];
        p->out[axis] = p->count[axis] = g->count[axis];
        p->apart[axis] = 1;
        p->step[axis] = g->stride[axis];
    }
    size all = g->kernel[0] * g->kernel[1] * g->kernel[2], at[AXES];
    for (size t = 0; t < all; t++, p->taps++) {
        tap_at(g->kernel, t, at);
        p->tap[t] = t;
        for (int axis = 0; axis < AXES; axis++)
            p->shift[t][axis] = at[axis] * g->dilation[axis] - g->padding[axis];
    }
}

/* The position y = i * stride + k * dilation - padding receives the input i times the tap k. */
void NAME(pass_transposed)(pass *p, const geometry *g, const size remainder[AXES]) {
    *p = (pass){g->n, g->groups, g->outs / g->groups, g->channels / g->groups};
    make_room(p, g);
    for (int axis = 0; axis < AXES; axis++) {
        p->in[axis] = g->count[axis];
        p->out[axis] = g->in[axis];
        p->apart[axis] = g->stride[axis];
        p->first[axis] = remainder[axis];
        p->count[axis] = blocks_of(g->in[axis] - remainder[axis], g->stride[axis]);
        p->step[axis] = 1;
    }
    size all = g->kernel[0] * g->kernel[1] * g->kernel[2], at[AXES];
    for (size t = 0; t < all; t++) {
        tap_at(g->kernel, t, at);
        int meets = 1;
        for (int axis = 0; axis < AXES; axis++) {
            size far = remainder[axis] + g->padding[axis] - at[axis] * g->dilation[axis];
            if (far % g->stride[axis]) meets = 0;
            p->shift[p->taps][axis] = far / g->stride[axis];
        }
        if (meets) p->tap[p->taps++] = t;
    }
}

/* ------------------------------------------------------------------ blocks, and their copies */

/* The plane of the copy that a tap lies in, entered when it is new. */
static size phase_of(pass *p, const size at[AXES]) {
    for (size i = 0; i < p->phases; i++)
        if (!memcmp(p->phase[i], at, sizeof p->phase[i])) return i;
    memcpy(p->phase[p->phases], at, sizeof p->phase[0]);
    return p->phases++;
}

/* Outputs of an axis in a block: as many as fit, equally many in each, and not too few. */
static void cut_axis(pass *p, int axis, size elements, size more) {
    size others = p->run * p->phases;
    for (int i = 0; i < AXES; i++)
        if (i != axis) others *= p->block[i] + p->reach[i], more *= p->block[i];
    size fit = elements / most_of(others, 1) - p->reach[axis];
    if (more) fit = least_of(fit, elements / more);
    size least = axis == AXES - 1 ? 8 * LANES : p->least ? p->least : 4;
    fit = least_of(p->count[axis], most_of(fit, most_of(least, p->reach[axis])));
    p->blocks[axis] = blocks_of(p->count[axis], fit);
    p->block[axis] = blocks_of(p->count[axis], p->blocks[axis]);
}

void NAME(pass_cut)(pass *p, size run, size elements, size more) {
    p->run = run;
    for (int axis = 0; axis < AXES; axis++) {
        size low = p->taps ? p->shift[0][axis] : 0, high = low;
        for (size t = 1; t < p->taps; t++) {
            low = least_of(low, p->shift[t][axis]);
            high = most_of(high, p->shift[t][axis]);
        }
        p->low[axis] = low;
        p->reach[axis] = (high - low) / p->step[axis];
        p->block[axis] = p->count[axis];
    }
    p->phases = 0;
    for (size t = 0; t < p->taps; t++) {
        size at[AXES];
        for (int axis = 0; axis < AXES; axis++)
            at[axis] = (p->shift[t][axis] - p->low[axis]) % p->step[axis];
        phase_of(p, at);
    }
    size plane = 1;
    for (int axis = 0; axis < AXES; axis++) {
        cut_axis(p, axis, elements, more);
        p->room[axis] = p->block[axis] + p->reach[axis];
        plane *= p->room[axis];
    }
    /* an odd number of cache lines: the same place of all channels is in different sets */
    size line = 64 / (size)sizeof(real);
    p->channel = blocks_of(plane * most_of(1, p->phases), line) * line;
    if (p->channel / line % 2 == 0) p->channel += line;
    for (size t = 0; t < p->taps; t++) {
        size at[AXES], place = 0;
        for (int axis = 0; axis < AXES; axis++) {
            size far = p->shift[t][axis] - p->low[axis];
            at[axis] = far % p->step[axis];
            place = place * p->room[axis] + far / p->step[axis];
        }
        place += phase_of(p, at) * plane;
        for (size c = 0; c < run; c++) p->at[c * p->taps + t] = (int32_t)(c * p->channel + place);
    }
}

void NAME(pass_block)(const pass *p, size number, size from[AXES], size count[AXES]) {
    for (int axis = AXES - 1; axis >= 0; axis--) {
        from[axis] = number % p->blocks[axis] * p->block[axis];
        count[axis] = least_of(p->block[axis], p->count[axis] - from[axis]);
        number /= p->blocks[axis];
    }
}

/* What of a row is copied: its numbers `step` apart from the position `at` on, zeros outside. */
typedef struct {
    size at, step, n, first, last; /* within [first, last) of n they are in the row */
} stretch;

static stretch stretch_of(size length, size at, size step, size n) {
    size first = at < 0 ? least_of(n, blocks_of(-at, step)) : 0;
    size last = at < length ? least_of(n, blocks_of(length - at, step)) : 0;
    return (stretch){at, step, n, first, most_of(first, last)};
}

INLINE void copy_row(const real *row, stretch s, real *to) {
    const real *from = row + s.at;
    size i = s.first;
    for (size z = 0; z < i; z++) to[z] = 0;
    if (s.step == 1) {
        for (; i + LANES <= s.last; i += LANES) store(to + i, load(from + i));
        for (; i + 4 <= s.last; i += 4) *(loose_quad *)(to + i) = *(const loose_quad *)(from + i);
    } else if (s.step == 2) {
        for (; i + LANES < s.last; i += LANES)
            store(to + i, MIX(load(from + 2 * i), load(from + 2 * i + LANES), EVEN));
        for (; i + 4 <= s.last; i += 4) { /* and not a number beyond the last */
            quad a = *(const loose_quad *)(from + 2 * i), b = *(const loose_quad *)(from + 2 * i + 3);
            *(loose_quad *)(to + i) = MIX_FOURS(a, b, 0, 2, 5, 7);
        }
    }
    for (; i < s.last; i++) to[i] = from[i * s.step];
    for (; i < s.n; i++) to[i] = 0;
}

void NAME(pass_copy)(const pass *p, const real *image, const size from[AXES],
                     const size count[AXES], size channels, real *to) {
    const size *in = p->in, *room = p->room, *step = p->step;
    size at[AXES], n[AXES];
    for (int axis = 0; axis < AXES; axis++) n[axis] = count[axis] + p->reach[axis];
    for (size c = 0; c < channels; c++) {
        const real *plane = image + c * in[0] * in[1] * in[2];
        for (size f = 0; f < p->phases; f++) {
            for (int axis = 0; axis < AXES; axis++)
                at[axis] = from[axis] * step[axis] + p->phase[f][axis] + p->low[axis];
            stretch s = stretch_of(in[2], at[2], step[2], n[2]);
            real *there = to + c * p->channel + f * room[0] * room[1] * room[2];
            for (size i = 0; i < n[0]; i++)
                for (size j = 0; j < n[1]; j++) {
                    real *row = there + (i * room[1] + j) * room[2];
                    size y = at[0] + i * step[0], x = at[1] + j * step[1];
                    if (y < 0 || y >= in[0] || x < 0 || x >= in[1])
                        memset(row, 0, (size_t)n[2] * sizeof(real));
                    else
                        copy_row(plane + (y * in[1] + x) * in[2], s, row);
                }
        }
    }
}
