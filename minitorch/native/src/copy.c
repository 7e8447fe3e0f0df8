/* Copies from any strides to any strides, and joining arrays in place.

Dimensions that lie as one in both arrays are taken as one, and the rest is sorted as the target lies.
Where the innermost is the same in both, rows are copied; where the source runs along another one,
squares are transposed in a small buffer, so that whole cache lines are read and written. */

#include "runtime.h"
#include "shuffles.h"

#define MOST_DIMS 16
#define SIDE ((size)(64 / sizeof(real))) /* of a square: a cache line */
#define STRIP 64                         /* of the source's innermost dimension, to an item */
#define WORK 16384                       /* numbers to a chunk */

typedef struct {
    const real *from;
    real *to;
    size dims; /* without the innermost, and without `across` */
    size n[MOST_DIMS], from_step[MOST_DIMS], to_step[MOST_DIMS];
    size inner, from_inner, to_inner;
    size across, to_across; /* the source's innermost dimension, where that is another one */
    size cuts, each;        /* of `across` or of `inner`, to an item */
    size items, together;
} copying;

INLINE void copy_row(const real *from, size from_step, real *to, size to_step, size n) {
    if (from_step == 1 && to_step == 1) {
        if (n >= 256) {
            memcpy(to, from, sizeof(real) * (size_t)n);
            return;
        }
        size i = 0;
        for (; i + LANES <= n; i += LANES) store(to + i, load(from + i));
        for (; i < n; i++) to[i] = from[i];
        return;
    }
    for (size i = 0; i < n; i++) to[i * to_step] = from[i * from_step];
}

/* to[a][i] = from[i][a] for a below `across`, i below `inner`; both at most SIDE. */
INLINE void square(const real *from, size from_step, real *to, size to_step, size across,
                   size inner) {
    real buffer[64 / sizeof(real)][64 / sizeof(real)];
    if (across == SIDE && inner == SIDE) {
        for (size i = 0; i < SIDE; i += 4)
            for (size a = 0; a < SIDE; a += TURNED)
                turn(from + i * from_step + a, from_step, &buffer[a][i], SIDE);
        for (size a = 0; a < SIDE; a++)
            for (size i = 0; i < SIDE; i += LANES) store(to + a * to_step + i, load(&buffer[a][i]));
        return;
    }
    size a = 0;
    for (; a + TURNED <= across; a += TURNED) {
        size i = 0;
        for (; i + 4 <= inner; i += 4)
            turn(from + i * from_step + a, from_step, to + a * to_step + i, to_step);
        for (; i < inner; i++)
            for (size b = a; b < a + TURNED; b++) to[b * to_step + i] = from[i * from_step + b];
    }
    for (; a < across; a++)
        for (size i = 0; i < inner; i++) to[a * to_step + i] = from[i * from_step + a];
}

/* One item: a strip of the innermost dimensions, from its first number on. */
INLINE void copy_item(const copying *t, const real *from, real *to, size first) {
    if (t->across == 1) {
        copy_row(from + first * t->from_inner, t->from_inner, to + first * t->to_inner, t->to_inner,
                 least_of(t->each, t->inner - first));
        return;
    }
    size until = least_of(t->across, first + t->each);
    for (size i = 0; i < t->inner; i += SIDE)
        for (size a = first; a < until; a += SIDE)
            square(from + i * t->from_inner + a, t->from_inner, to + i + a * t->to_across,
                   t->to_across, least_of(SIDE, until - a), least_of(SIDE, t->inner - i));
}

static void copy_chunk(void *context, size chunk) {
    const copying *t = context;
    size item = chunk * t->together, last = least_of(t->items, item + t->together);
    size at[MOST_DIMS], cut = item % t->cuts, rest = item / t->cuts;
    const real *from = t->from;
    real *to = t->to;
    for (size d = t->dims - 1; d >= 0; d--) {
        at[d] = rest % t->n[d];
        rest /= t->n[d];
        from += at[d] * t->from_step[d];
        to += at[d] * t->to_step[d];
    }
    for (; item < last; item++) {
        copy_item(t, from, to, cut * t->each);
        if (++cut < t->cuts) continue;
        cut = 0;
        for (size d = t->dims - 1; d >= 0; d--) { /* on to the next, as an odometer */
            from += t->from_step[d];
            to += t->to_step[d];
            if (++at[d] < t->n[d]) break;
            from -= t->n[d] * t->from_step[d];
            to -= t->n[d] * t->to_step[d];
            at[d] = 0;
        }
    }
}

/* The dimensions sorted as the target lies, those of one element gone, neighbours as one. */
static size sorted(size dims, const size *n, const size *from, const size *to, copying *t) {
    size order[MOST_DIMS], found = 0, made = 0;
    for (size d = 0; d < dims; d++) {
        if (n[d] == 1) continue;
        size at = found++;
        for (; at > 0 && to[order[at - 1]] < to[d]; at--) order[at] = order[at - 1];
        order[at] = d;
    }
    for (size i = 0; i < found; i++) {
        size d = order[i];
        if (made && t->from_step[made - 1] == from[d] * n[d] && t->to_step[made - 1] == to[d] * n[d])
            made--, t->n[made] *= n[d];
        else
            t->n[made] = n[d];
        t->from_step[made] = from[d];
        t->to_step[made++] = to[d];
    }
    if (!made) t->n[0] = t->from_step[0] = t->to_step[0] = 1, made = 1;
    return made;
}

static void take_out(copying *t, size at) {
    t->dims--;
    for (size d = at; d < t->dims; d++)
        t->n[d] = t->n[d + 1], t->from_step[d] = t->from_step[d + 1], t->to_step[d] = t->to_step[d + 1];
}

/* from, to; the number of dimensions, sizes, strides of from, strides of to. */
STRIDED_KERNEL(copy) {
    copying t = {.from = a[0], .to = a[1], .across = 1};
    size dims = n[0];
    if (dims > MOST_DIMS) return -1;
    t.dims = sorted(dims, n + 1, n + 1 + dims, n + 1 + 2 * dims, &t) - 1;
    t.inner = t.n[t.dims], t.from_inner = t.from_step[t.dims], t.to_inner = t.to_step[t.dims];
    if (t.from_inner != 1 && t.to_inner == 1)
        for (size d = t.dims - 1; d >= 0; d--)
            if (t.from_step[d] == 1) {
                t.across = t.n[d], t.to_across = t.to_step[d];
                take_out(&t, d);
                break;
            }
    size cut = t.across > 1 ? t.across : t.inner;
    t.each = least_of(cut, t.across > 1 ? STRIP : WORK);
    t.cuts = blocks_of(cut, t.each);
    t.items = t.cuts;
    for (size d = 0; d < t.dims; d++) t.items *= t.n[d];
    t.together = most_of(1, WORK / (t.across > 1 ? t.each * t.inner : t.each));
    parallel(blocks_of(t.items, t.together), copy_chunk, &t);
    return 0;
}

/* ------------------------------------------------------------------ one after another */

typedef struct {
    void **parts;
    const size *n; /* numbers of each part for one of `outer` */
    real *to;
    size count, outer, total;
} joining;

static void join_chunk(void *context, size chunk) {
    const joining *j = context;
    size at = chunk * WORK, last = least_of(j->outer * j->total, at + WORK);
    size outer = at / j->total, within = at % j->total, i = 0;
    while (within >= j->n[i]) within -= j->n[i++];
    while (at < last) {
        size n = least_of(last - at, j->n[i] - within);
        copy_row((const real *)j->parts[i] + outer * j->n[i] + within, 1, j->to + at, 1, n);
        at += n;
        within = 0;
        if (++i == j->count) i = 0, outer++;
    }
}

/* to (outer, ...), parts (outer, n_i); outer, how many parts, n_i of each: side by side. */
KERNEL(join) {
    joining j = {.parts = a + 1, .n = n + 2, .to = a[0], .outer = n[0], .count = n[1]};
    for (size i = 0; i < j.count; i++) j.total += j.n[i];
    parallel(blocks_of(j.outer * j.total, WORK), join_chunk, &j);
    return 0;
}

/* ------------------------------------------------------------------ adding in place */

typedef struct {
    real *to;
    const real *from;
    size n;
} addition;

static void add_chunk(void *context, size chunk) {
    const addition *sum = context;
    size i = chunk * WORK, last = least_of(sum->n, i + WORK);
    real *to = sum->to;
    for (; i + LANES <= last; i += LANES) store(to + i, load(to + i) + load(sum->from + i));
    for (; i < last; i++) to[i] += sum->from[i];
}

/* to, from; how many: to += from. */
KERNEL(add_into) {
    addition sum = {a[0], a[1], n[0]};
    parallel(blocks_of(sum.n, WORK), add_chunk, &sum);
    return 0;
}
