/* The updates of optimizers, over all parameters of a group in one call.

A rule is a function of one vector out of each column: the parameter, its gradient, and the averages
kept for it. All elements of all parameters are numbered through and cut into chunks of one size, so
many small parameters cost no more than a large one. Each rule does the operations of its namesake
in minitorch/optim one by one, in its order: this file is compiled without fusing products and sums,
so the numbers are the same to the last bit. Every element is read once and written once. */

#include "runtime.h"

#define CHUNK 16384
#define COLUMNS 5
#define NUMBERS 16

/* One vector of each column: the parameter, its gradient, its averages. Those absent are zero. */
typedef struct {
    vec p, g, s0, s1, s2;
} place;

/* The constants of a rule in its order: a number that is absent, and a condition that is false, has
no bit in `given`. */
typedef struct {
    vec number[NUMBERS];
    size given;
} constants;

#define has(i) (c->given >> (i) & 1)

typedef void (*rule)(const constants *c, place *x);

/* ------------------------------------------------------------------ what rules share */

INLINE vec root(vec x) {
    real lanes[VECTOR_BYTES / sizeof(real)] __attribute__((aligned(VECTOR_BYTES)));
    memcpy(lanes, &x, sizeof x);
#ifdef DOUBLE
    for (size i = 0; i < LANES; i++) lanes[i] = sqrt(lanes[i]);
#else
    for (size i = 0; i < LANES; i++) lanes[i] = sqrtf(lanes[i]);
#endif
    memcpy(&x, lanes, sizeof x);
    return x;
}

INLINE vec without_sign(vec x) { return (vec)((mask)x & ~(mask)splat((real)-0.0)); }

/* The gradient to descend: `maximize` and `decay` are the places of those constants. */
INLINE vec descent(const constants *c, const place *x, int decay, int maximize) {
    vec g = has(maximize) ? -x->g : x->g;
    return has(decay) ? g + x->p * c->number[decay] : g;
}

/* m moved towards g by number[from_g], which number[from_g + 1] is 1 minus, where it is given. */
INLINE vec lerp(const constants *c, vec m, vec g, int from_g) {
    vec d = g - m;
    return has(from_g + 1) ? g - d * c->number[from_g + 1] : m + d * c->number[from_g];
}

INLINE vec mean_square(vec v, vec g, vec keep, vec from_g) { return v * keep + g * from_g * g; }

/* ------------------------------------------------------------------ the rules */

INLINE void sgd(const constants *c, place *x) {
    enum { FIRST, LR, MOMENTUM, UNDAMPED, DECAY, NESTEROV, MAXIMIZE };
    vec g = descent(c, x, DECAY, MAXIMIZE);
    if (has(MOMENTUM)) {
        vec momentum = c->number[MOMENTUM], v = g;
        if (!has(FIRST)) v = x->s0 * momentum + (has(UNDAMPED) ? g * c->number[UNDAMPED] : g);
        x->s0 = v;
        g = has(NESTEROV) ? g + v * momentum : v;
    }
    x->p -= g * c->number[LR];
}

INLINE void adam(const constants *c, place *x) {
    enum { STEP_SIZE, V_SCALE, FROM_G, KEEP_M, BETA2, FROM_G2, EPS, DECAY, SHRINK, MAXIMIZE };
    enum { AMSGRAD = MAXIMIZE + 2 }; /* by its column */
    if (has(SHRINK)) x->p *= c->number[SHRINK];
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec m = x->s0 = lerp(c, x->s0, g, FROM_G);
    vec v = x->s1 = mean_square(x->s1, g, c->number[BETA2], c->number[FROM_G2]);
    if (has(AMSGRAD)) v = x->s2 = larger(x->s2, v);
    vec d = root(v) / c->number[V_SCALE] + c->number[EPS];
    x->p -= m * c->number[STEP_SIZE] / d;
}

INLINE void nadam(const constants *c, place *x) {
    enum { G_SIZE, M_SIZE, V_SCALE, FROM_G, KEEP_M, BETA2, FROM_G2, EPS, DECAY, SHRINK, MAXIMIZE };
    if (has(SHRINK)) x->p *= c->number[SHRINK];
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec m = x->s0 = lerp(c, x->s0, g, FROM_G);
    vec v = x->s1 = mean_square(x->s1, g, c->number[BETA2], c->number[FROM_G2]);
    vec d = root(v / c->number[V_SCALE]) + c->number[EPS];
    x->p -= g * c->number[G_SIZE] / d;
    x->p -= m * c->number[M_SIZE] / d;
}

INLINE void radam(const constants *c, place *x) {
    enum { STEP_SIZE, SCALED, FROM_G, KEEP_M, BETA2, FROM_G2, EPS, DECAY, SHRINK, MAXIMIZE };
    if (has(SHRINK)) x->p *= c->number[SHRINK];
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec m = x->s0 = lerp(c, x->s0, g, FROM_G);
    vec v = x->s1 = mean_square(x->s1, g, c->number[BETA2], c->number[FROM_G2]);
    vec d = m * c->number[STEP_SIZE];
    if (has(SCALED)) d = d / (root(v) + c->number[EPS]);
    x->p -= d;
}

INLINE void adamax(const constants *c, place *x) {
    enum { STEP_SIZE, FROM_G, KEEP_M, BETA2, EPS, DECAY, MAXIMIZE };
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec m = x->s0 = lerp(c, x->s0, g, FROM_G);
    vec u = larger(x->s1 * c->number[BETA2], without_sign(g) + c->number[EPS]);
    x->s1 = u;
    x->p -= m * c->number[STEP_SIZE] / u;
}

INLINE void rmsprop(const constants *c, place *x) {
    enum { LR, FROM_G, KEEP_MEAN, ALPHA, EPS, MOMENTUM, DECAY, MAXIMIZE };
    enum { WITH_BUFFER = MAXIMIZE + 1, CENTERED }; /* by their columns */
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec v = x->s0 = mean_square(x->s0, g, c->number[ALPHA], c->number[FROM_G]);
    if (has(CENTERED)) {
        vec mean = x->s2 = lerp(c, x->s2, g, FROM_G);
        v = v - mean * mean;
    }
    vec d = g / (root(v) + c->number[EPS]);
    if (has(WITH_BUFFER)) d = x->s1 = x->s1 * c->number[MOMENTUM] + d;
    x->p -= d * c->number[LR];
}

INLINE void adagrad(const constants *c, place *x) {
    enum { LR, EPS, DECAY, MAXIMIZE };
    vec g = descent(c, x, DECAY, MAXIMIZE);
    x->s0 += g * g;
    x->p -= g * c->number[LR] / (root(x->s0) + c->number[EPS]);
}

INLINE void adadelta(const constants *c, place *x) {
    enum { LR, RHO, REST, EPS, DECAY, MAXIMIZE };
    vec eps = c->number[EPS], rho = c->number[RHO], rest = c->number[REST];
    vec g = descent(c, x, DECAY, MAXIMIZE);
    vec v = x->s0 = mean_square(x->s0, g, rho, rest);
    vec d = g / root(v + eps) * root(x->s1 + eps);
    x->s1 = mean_square(x->s1, d, rho, rest);
    x->p -= d * c->number[LR];
}

INLINE void asgd(const constants *c, place *x) {
    enum { ETA, SHRINK, MU, DECAY, MAXIMIZE };
    vec g = descent(c, x, DECAY, MAXIMIZE);
    x->p = x->p * c->number[SHRINK] - g * c->number[ETA];
    x->s0 = has(MU) ? x->s0 + (x->p - x->s0) * c->number[MU] : x->p;
}

INLINE void rprop(const constants *c, place *x) {
    enum { SMALLER, LARGER, LEAST, MOST, ZERO, ONE, MAXIMIZE };
    vec zero = {0}, g = has(MAXIMIZE) ? -x->g : x->g;
    vec product = g * x->s0;
    mask turned = product < zero;
    vec factor = choose(turned, c->number[SMALLER], c->number[ONE]);
    factor = choose(product > zero, c->number[LARGER], factor);
    vec width = larger(x->s1 * factor, c->number[LEAST]);
    x->s1 = width = smaller(width, c->number[MOST]);
    x->s0 = g = choose(turned, zero, g);
    x->p -= choose(g > zero, width, choose(g < zero, -width, zero));
}

/* ------------------------------------------------------------------ over all parameters */

/* `columns` arrays for each of `parameters`, column by column; an absent column has none. */
typedef struct {
    void (*run)(const constants *c, real *const column[], size n);
    constants c;
    size parameters, total;
    const size *sizes;
    void **column[COLUMNS]; /* NULL for an absent one */
} update;

/* A vector at `i` of every column; `part` of it where that is less than a whole one. */
INLINE vec get(const real *column, size i, size part) {
    if (!column) return (vec){0};
    return part < LANES ? load_part(column + i, part, 0) : load(column + i);
}
INLINE void put(real *column, size i, size part, vec x) {
    if (!column) return;
    if (part < LANES) store_part(column + i, x, part);
    else store(column + i, x);
}
INLINE void at(rule step, int states, const constants *c, real *const column[], size i, size part) {
    place x = {get(column[0], i, part), get(column[1], i, part)};
    if (states > 0) x.s0 = get(column[2], i, part);
    if (states > 1) x.s1 = get(column[3], i, part);
    if (states > 2) x.s2 = get(column[4], i, part);
    step(c, &x);
    put(column[0], i, part, x.p);
    if (states > 0) put(column[2], i, part, x.s0);
    if (states > 1) put(column[3], i, part, x.s1);
    if (states > 2) put(column[4], i, part, x.s2);
}

/* `n` elements of one parameter. The rule and how many averages it has are constants where this is
called, so it becomes part of the loop; jumps for what is absent always go the same way. */
INLINE void over(rule step, int states, const constants *c, real *const column[], size n) {
    size i = 0;
    for (; i + LANES <= n; i += LANES) at(step, states, c, column, i, LANES);
    if (i < n) at(step, states, c, column, i, n - i);
}

/* The elements from chunk * CHUNK on, of as many parameters as they lie in. */
static void update_chunk(void *context, size chunk) {
    const update *u = context;
    size start = chunk * CHUNK, stop = least_of(start + CHUNK, u->total), begin = 0;
    for (size i = 0; i < u->parameters && begin < stop; begin += u->sizes[i++]) {
        size from = most_of(start - begin, 0), to = least_of(stop - begin, u->sizes[i]);
        if (from >= to) continue;
        real *column[COLUMNS] = {0};
        for (int k = 0; k < COLUMNS; k++)
            if (u->column[k]) column[k] = (real *)u->column[k][i] + from;
        u->run(&u->c, column, to - from);
    }
}

/* Whether two parameters share memory. */
static int overlap(void **p, const size *sizes, size count) {
    for (size i = 0; i < count; i++)
        for (size j = 0; j < i; j++)
            if ((real *)p[i] < (real *)p[j] + sizes[j] && (real *)p[j] < (real *)p[i] + sizes[i])
                return 1;
    return 0;
}

/* The integers: parameters, constants, columns, a bit for each constant that is given, one for each
column there is, then the sizes of all arrays. Returns 1, with nothing changed, where arrays of one
parameter differ in size, one may not be written to, or parameters share memory. */
static size update_all(void (*run)(const constants *, real *const[], size), void **a,
                       const size *n, const double *s) {
    update u = {.run = run, .parameters = n[0]};
    size count = n[0], numbers = n[1], columns = n[2], present = n[4];
    u.c.given = n[3] | present >> 3 << numbers; /* the second column of state and those after it */
    u.sizes = n + 5;
    for (size i = 0; i < numbers && i < NUMBERS; i++) u.c.number[i] = splat((real)s[i]);
    for (size k = 0, at = 0; k < columns; k++) {
        if (!(present >> k & 1)) continue;
        u.column[k] = a + at * count;
        const size *sizes = n + 5 + at++ * count;
        for (size i = 0; i < count; i++) {
            size each = k == 1 && sizes[i] < 0 ? ~sizes[i] : sizes[i]; /* a gradient is only read */
            if (each < 0 || each != u.sizes[i]) return 1;
        }
    }
    if (overlap(a, u.sizes, count)) return 1;
    for (size i = 0; i < count; i++) u.total += u.sizes[i];
    parallel(blocks_of(u.total, CHUNK), update_chunk, &u);
    return 0;
}

#define UPDATE(name, states)                                                                        \
    static void NAME(name##_over)(const constants *c, real *const column[], size n) {               \
        real *const here[COLUMNS] = {column[0], column[1], column[2], column[3], column[4]};        \
        over(name, states, c, here, n);                                                             \
    }                                                                                               \
    KERNEL(name##_update) { return update_all(NAME(name##_over), a, n, s); }
UPDATE(sgd, 1)
UPDATE(adam, 3)
UPDATE(nadam, 2)
UPDATE(radam, 2)
UPDATE(adamax, 2)
UPDATE(rmsprop, 3)
UPDATE(adagrad, 1)
UPDATE(adadelta, 2)
UPDATE(asgd, 1)
UPDATE(rprop, 2)
