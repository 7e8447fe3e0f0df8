/* The loss of log-probabilities x at a class of each place, and its gradient.

x is (images, classes, places), the target (images, places). Places whose target is to be ignored
count for nothing. A target that is no class is told to the caller, who has the words for it. */

#include "runtime.h"

#define BLOCK 4096 /* places of a chunk, whose sums are added in order */

typedef struct {
    size images, classes, places, ignored, each;
    const real *x, *weight;
    const int64_t *target;
    real *losses;      /* of each place, NULL where they are not wanted */
    double *sums;      /* of each chunk: of losses, of weights */
    _Bool *wrong;      /* whether a chunk met a target that is no class */
} loss;

/* Sums over the places of a chunk; a place is an image's, then its own. */
static void loss_chunk(void *context, size chunk) {
    const loss *l = context;
    size i = chunk * BLOCK, last = least_of(l->images * l->places, i + BLOCK);
    double total = 0, weights = 0;
    l->wrong[chunk] = 0;
    for (; i < last; i++) {
        size class = l->target[i];
        if (class == l->ignored) {
            if (l->losses) l->losses[i] = 0;
            continue;
        }
        if (class < 0 || class >= l->classes) {
            l->wrong[chunk] = 1;
            return;
        }
        real weight = l->weight ? l->weight[class] : 1;
        weights += (double)weight;
        if (!l->x) continue;
        size image = l->places == 1 ? i : i / l->places, place = i - image * l->places;
        real found = -l->x[(image * l->classes + class) * l->places + place] * weight;
        if (l->losses) l->losses[i] = found;
        total += (double)found;
    }
    l->sums[2 * chunk] = total;
    l->sums[2 * chunk + 1] = weights;
}

/* The sums of losses and of weights; 0, or 1 where a target is no class. */
static size add_losses(loss *l, double sums[2]) {
    size chunks = blocks_of(l->images * l->places, BLOCK), wrong = 0;
    double few[2];
    _Bool one;
    l->sums = few, l->wrong = &one;
    if (chunks > 1) {
        l->sums = scratch(2, chunks * (size)(2 * sizeof(double) + sizeof(_Bool)));
        l->wrong = (_Bool *)(l->sums + 2 * chunks);
    }
    parallel(chunks, loss_chunk, l);
    sums[0] = sums[1] = 0;
    for (size i = 0; i < chunks; i++) {
        wrong |= l->wrong[i];
        sums[0] += l->sums[2 * i], sums[1] += l->sums[2 * i + 1];
    }
    return wrong;
}

/* x, target, weight, losses or the reduced loss; images, classes, places, the ignored target, and
0 for each loss, 1 for their sum, 2 for their mean. Returns 1 where a target is no class. */
KERNEL(class_loss) {
    loss l = {.images = n[0], .classes = n[1], .places = n[2], .ignored = n[3], .x = a[0],
              .target = a[1], .weight = a[2], .losses = n[4] ? NULL : a[3]};
    double sums[2];
    if (add_losses(&l, sums)) return 1;
    if (n[4]) *(real *)a[3] = (real)(n[4] == 2 ? sums[0] / sums[1] : sums[0]);
    return 0;
}

/* ------------------------------------------------------------------ the gradient */

typedef struct {
    loss of;
    const real *g;
    size g_step; /* 0 where all places have one */
    double divisor;
    real *out;
} gradient;

static void gradient_chunk(void *context, size chunk) {
    const gradient *d = context;
    const loss *l = &d->of;
    size last = least_of(l->images, (chunk + 1) * l->each);
    for (size i = chunk * l->each; i < last; i++) {
        real *out = d->out + i * l->classes * l->places;
        memset(out, 0, sizeof(real) * (size_t)(l->classes * l->places));
        for (size j = 0; j < l->places; j++) {
            size at = i * l->places + j, class = l->target[at];
            if (class == l->ignored) continue;
            double share = (double)d->g[at * d->g_step] / d->divisor;
            out[class * l->places + j] = (real)(-share * (l->weight ? l->weight[class] : 1));
        }
    }
}

/* g, target, weight, the gradient of x; images, classes, places, the ignored target, whether the
loss is a mean, the distance of two places of g. Returns 1 where a target is no class. */
KERNEL(class_loss_grad) {
    gradient d = {.of = {.images = n[0], .classes = n[1], .places = n[2], .ignored = n[3],
                         .each = most_of(1, 4 * BLOCK / most_of(1, n[1] * n[2])), .target = a[1],
                         .weight = a[2]},
                  .g = a[0], .g_step = n[5], .divisor = 1, .out = a[3]};
    double sums[2];
    if (add_losses(&d.of, sums)) return 1;
    if (n[4]) d.divisor = sums[1];
    parallel(blocks_of(n[0], d.of.each), gradient_chunk, &d);
    return 0;
}
