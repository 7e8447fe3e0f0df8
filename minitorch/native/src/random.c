/* torch's random streams out of the state of a Mersenne twister, bit for bit.

The twister's recurrence reaches 227 words back at least, so eight words are made at once, in a row
as long as is needed; its first and last 624 are the states before and after. One thread makes the
words of the next piece while the others turn those of the last into numbers.

What a number is made of is said in _random_streams.py, how torch rounds in _random_numerics.py.
This file is compiled so that no multiplication and addition are fused but by `fused`.

Sources: Matsumoto and Nishimura 1998, Mersenne twister; Cephes' logf, sinf and cosf (Moshier). */

#include "runtime.h"

#include <tgmath.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "two words are read as one of 64 bits"
#endif

#define WORDS 624
#define MIDDLE 397
#define PIECE 32768 /* words: two pieces lie in the second-level cache */
#define CHUNK 2048  /* numbers, a multiple of 16 */
#define SLOT 7      /* of the scratch memory */
#define GROUP ((size)(32 / sizeof(real))) /* numbers that eight words make */
#define EACH ((size)(sizeof(real) / 4))   /* words for one of them */

typedef struct { /* as NumPy's MT19937 has it */
    uint32_t key[WORDS];
    int32_t next;
} twister;

typedef uint32_t words __attribute__((vector_size(32)));
typedef uint32_t loose_words __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t signs __attribute__((vector_size(32)));
typedef int64_t pairs __attribute__((vector_size(32)));
typedef double doubles __attribute__((vector_size(32)));
typedef real group __attribute__((vector_size(32)));
typedef whole group_mask __attribute__((vector_size(32)));
typedef real loose_group __attribute__((vector_size(32), aligned(sizeof(real)), may_alias));
typedef real four __attribute__((vector_size(4 * sizeof(real))));
typedef whole four_mask __attribute__((vector_size(4 * sizeof(real))));
typedef real loose_four
    __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));

/* ------------------------------------------------------------------ words */

INLINE words words_at(const uint32_t *p) { return *(const loose_words *)p; }

/* The n words, a multiple of 8, that follow the WORDS at x. */
static void twist(uint32_t *x, size n) {
    for (size i = 0; i < n; i += 8) {
        words next = words_at(x + i + 1);
        words y = (words_at(x + i) & 0x80000000u) | (next & 0x7fffffffu);
        words odd = (words)-(signs)(next & 1);
        *(loose_words *)(x + i + WORDS) = words_at(x + i + MIDDLE) ^ (y >> 1) ^ (odd & 0x9908b0dfu);
    }
}

INLINE words temper(words y) {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

/* The next n words before they are tempered; where the state does not have them, in `room`. */
static const uint32_t *draw(twister *t, uint32_t *room, size n) {
    size first = t->next, end = first + n, blocks = (end - 1) / WORDS;
    if (end <= WORDS) {
        t->next = (int32_t)end;
        return t->key + first;
    }
    memcpy(room, t->key, sizeof t->key);
    twist(room, blocks * WORDS);
    memcpy(t->key, room + blocks * WORDS, sizeof t->key);
    t->next = (int32_t)(end - blocks * WORDS);
    return room + first;
}

/* ------------------------------------------------------------------ many numbers */

/* What is drawn: `convert` makes the numbers [first, last) of a piece out of their words. */
typedef struct job {
    void (*convert)(const struct job *, const uint32_t *raw, size at, size n);
    twister *state;
    size each; /* words for a number */
    void *out;
    const real *chances;
    real first, length, end; /* whatever the stream calls them */
    double factor;
    int64_t low, span;
    int flag;
    /* the piece at work */
    const uint32_t *raw, *next_raw;
    uint32_t *room;
    size at, count, next_count;
} job;

static void chunk(void *context, size i) {
    job *j = context;
    if (j->next_count && !i--) {
        j->next_raw = draw(j->state, j->room, j->next_count * j->each);
        return;
    }
    size first = i * CHUNK, n = least_of(CHUNK, j->count - first);
    j->convert(j, j->raw + first * j->each, j->at + first, n);
}

static uint32_t *room(void) { return scratch(SLOT, 2 * (PIECE + 2 * WORDS + 16) * 4); }

/* Draw n numbers. */
static void fill(job *j, size n) {
    uint32_t *both = room();
    if (!n) return;
    size piece = PIECE / j->each;
    int turn = 0;
    j->count = least_of(piece, n);
    j->raw = draw(j->state, both, j->count * j->each);
    for (j->at = 0; j->at < n; j->at += j->count, j->count = j->next_count, j->raw = j->next_raw) {
        j->next_count = least_of(piece, n - j->at - j->count);
        turn = !turn;
        j->room = both + turn * (PIECE + 2 * WORDS + 16);
        parallel(blocks_of(j->count, CHUNK) + (j->next_count > 0), chunk, j);
    }
}

/* ------------------------------------------------------------------ numbers */

INLINE group group_of(real x) { return x - (group){0}; }
INLINE void put(real *p, group x) { *(loose_group *)p = x; }

/* Four times W mod 2**53, the first of two words high. */
INLINE pairs low_53(const uint32_t *raw) {
    pairs both = (pairs)temper(words_at(raw));
    return (both & 0x1fffff) << 32 | (both >> 32 & 0xffffffff);
}

INLINE doubles double_units(const uint32_t *raw) {
    pairs bits = low_53(raw);
    doubles high = (doubles)((bits >> 32) | 0x4530000000000000); /* 2**84 + 2**32 bits */
    doubles low = (doubles)((bits & 0xffffffff) | 0x4330000000000000);
    return ((high - (0x1p84 + 0x1p52)) + low) * 0x1p-53; /* all of it exact */
}

/* GROUP numbers of [0, 1) out of eight words. */
INLINE group units(const uint32_t *raw) {
#ifdef DOUBLE
    return double_units(raw);
#else
    signs bits = (signs)(temper(words_at(raw)) & 0xffffffu);
    return __builtin_convertvector(bits, group) * 0x1p-24f;
#endif
}

/* x y + z, rounded once. */
INLINE group fused(group x, group y, group z) {
    group out;
#ifdef DOUBLE
    for (size i = 0; i < GROUP; i++) out[i] = __builtin_fma(x[i], y[i], z[i]);
#else
    for (size i = 0; i < GROUP; i++) out[i] = __builtin_fmaf(x[i], y[i], z[i]);
#endif
    return out;
}

/* Words for the last numbers, fewer than a group: nothing may be read behind the state. */
INLINE const uint32_t *last_words(uint32_t copy[8], const uint32_t *raw, size n) {
    memset(copy, 0, 32);
    return memcpy(copy, raw, (size_t)n * 4);
}

/* ------------------------------------------------------------------ uniform */

static void to_units(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    for (; n >= GROUP; n -= GROUP, out += GROUP, raw += 8) put(out, units(raw));
    uint32_t copy[8];
    group last = units(last_words(copy, raw, n * EACH));
    for (size i = 0; i < n; i++) out[i] = last[i];
}

INLINE group shifted(const job *j, group u) {
    group first = group_of(j->first), x = fused(u, group_of(j->length), first);
    group_mask is_end = x == j->end;
    return (group)(((group_mask)first & is_end) | ((group_mask)x & ~is_end));
}

static void to_uniform(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    for (; n >= GROUP; n -= GROUP, out += GROUP, raw += 8) put(out, shifted(j, units(raw)));
    uint32_t copy[8];
    group last = shifted(j, units(last_words(copy, raw, n * EACH)));
    for (size i = 0; i < n; i++) out[i] = last[i];
}

/* state, out; how many, whether they are bounded; low, high - low, high. */
KERNEL(random_uniform) {
    job j = {.convert = n[1] ? to_uniform : to_units, .state = a[0], .out = a[1], .each = EACH};
    if (n[1]) j.first = (real)s[0], j.length = (real)s[1], j.end = (real)s[2];
    fill(&j, n[0]);
    return 0;
}

/* ------------------------------------------------------------------ normal */

/* Box-Muller by the C library. */
INLINE void polar(real a, real b, real *x, real *y) {
    real r = sqrt((real)-2 * log(a)), angle = (real)(2 * M_PI * (double)b);
    *x = r * cos(angle);
    *y = r * sin(angle);
}

#ifndef DOUBLE
INLINE group horner(const float *c, int n, group x) {
    group y = group_of(c[0]);
#pragma GCC unroll 16
    for (int i = 1; i < n; i++) y = fused(y, x, group_of(c[i]));
    return y;
}

/* log x for x in (0, 1], x = 2**e (1 + m) with 1 + m around 1. */
INLINE group log_lanes(group x) {
    static const float c[] = {
        7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
        -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
    signs bits = (signs)x, exponent = (bits - 0x3f3504f3) >> 23;
    group m = (group)(bits - (exponent << 23)) - 1.0f;
    group e = __builtin_convertvector(exponent, group);
    group square = m * m;
    group y = horner(c, 9, m) * m;
    y = fused(y, square, e * -2.12194440e-4f);
    y -= square * 0.5f;
    return (m + y) + e * 0.693359375f;
}

/* cos x and sin x for x in [0, 2 pi], reduced by the octant. */
INLINE void cos_sin_lanes(group x, group *cosine, group *sine) {
    static const float of_cos[] = {
        2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
    static const float of_sin[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
    signs j = (__builtin_convertvector(x * (float)(4 / M_PI), signs) + 1) & ~1;
    group octant = __builtin_convertvector(j, group);
    x = x - octant * 0.78515625f;
    x -= octant * 2.4187564849853515625e-4f;
    x = fused(-octant, group_of(3.77489497744594108e-8f), x);
    group square = x * x;
    group cos = horner(of_cos, 3, square) * square;
    cos = fused(cos, square, -(square * 0.5f)) + 1.0f;
    group sin = horner(of_sin, 3, square) * square;
    sin = fused(sin, x, x);
    signs swap = (j & 2) != 0, c = (signs)cos, s = (signs)sin;
    *cosine = (group)(((s & swap) | (c & ~swap)) ^ (~(j - 2) & 4) << 29);
    *sine = (group)(((c & swap) | (s & ~swap)) ^ (j & 4) << 29);
}
#endif

/* Sixteen numbers: the first eight units are for the radii, the others for the angles. */
INLINE void sixteen(const job *j, const uint32_t *raw, real *out) {
    group scale = group_of(j->length), shift = group_of(j->first);
#ifndef DOUBLE
    if (j->flag) {
        group r = -2.0f * log_lanes(1.0f - units(raw)), cos, sin;
        for (size i = 0; i < 8; i++) r[i] = __builtin_sqrtf(r[i]);
        cos_sin_lanes((float)(2 * M_PI) * units(raw + 8), &cos, &sin);
        put(out, fused(r * cos, scale, shift));
        put(out + 8, fused(r * sin, scale, shift));
        return;
    }
#endif
    real u[16];
    for (size i = 0; i < 16; i += GROUP) put(u + i, units(raw + i * EACH));
    for (int i = 0; i < 8; i++) polar(1 - u[i], u[i + 8], out + i, out + 8 + i);
    for (size i = 0; i < 16; i += GROUP) {
        group z = *(loose_group *)(out + i);
        put(out + i, fused(z, scale, shift));
    }
}

static void to_normal(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    for (size i = 0; i < n; i += 16) sixteen(j, raw + i * EACH, out + i);
}

/* state, out; how many, at least 16, whether torch has the lanes; mean, std. Where the number is no
multiple of 16, so many words go unused and the last 16 are drawn anew. */
KERNEL(random_normal) {
    job j = {.convert = to_normal, .state = a[0], .out = a[1], .each = EACH, .flag = (int)n[1]};
    j.first = (real)s[0], j.length = (real)s[1];
    size rest = n[0] % 16;
    fill(&j, n[0] - rest);
    if (rest) {
        draw(j.state, room(), rest * EACH);
        sixteen(&j, draw(j.state, room(), 16 * EACH), (real *)a[1] + n[0] - 16);
    }
    return 0;
}

/* state, out, the second of a pair that was left over (bits of a double); how many, whether one
was; mean, std. Returns whether one is now. */
KERNEL(random_pairs) {
    double *kept = a[2], std = s[1], mean = s[0];
    real *out = a[1], *end = out + n[0];
    if (n[1] && n[0]) *out++ = (real)__builtin_fma(*kept, std, mean);
    int left = n[1] && !n[0];
    while (out < end) {
        uint32_t copy[8];
        uint32_t *words = room();
        doubles u = double_units(last_words(copy, draw(a[0], words, 4), 4));
        double r = sqrt(-2 * log1p(-u[1])), angle = 2 * M_PI * u[0];
        double second = r * sin(angle);
        *out++ = (real)__builtin_fma(r * cos(angle), std, mean);
        if (out < end)
            *out++ = (real)__builtin_fma(second, std, mean);
        else
            *kept = second, left = 1;
    }
    return left;
}

/* -log(1 - u) / lambd, in double precision. */
static void to_exponential(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    uint32_t copy[8];
    for (; n > 0; n -= 4, out += 4, raw += 8) {
        size m = least_of(4, n);
        doubles u = double_units(m == 4 ? raw : last_words(copy, raw, 2 * m));
        for (size i = 0; i < m; i++) out[i] = (real)(j->factor * log1p(-u[i]));
    }
}

/* state, out; how many; -1 / lambd. */
KERNEL(random_exponential) {
    job j = {.convert = to_exponential, .state = a[0], .out = a[1], .each = 2, .factor = s[0]};
    fill(&j, n[0]);
    return 0;
}

/* ------------------------------------------------------------------ Bernoulli */

INLINE four one_where(pairs below, real one) {
    return (four)((four_mask)(one - (four){0}) & __builtin_convertvector(below, four_mask));
}

/* `first` where W mod 2**53 is below `span`, else 0. */
static void to_bernoulli(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    for (; n >= 4; n -= 4, out += 4, raw += 8)
        *(loose_four *)out = one_where(low_53(raw) < j->span, j->first);
    uint32_t copy[8];
    four last = one_where(low_53(last_words(copy, raw, 2 * n)) < j->span, j->first);
    for (size i = 0; i < n; i++) out[i] = last[i];
}

/* state, out; how many, the chance times 2**53; what stands for 1. */
KERNEL(random_bernoulli) {
    job j = {.convert = to_bernoulli, .state = a[0], .out = a[1], .each = 2, .first = (real)s[0]};
    j.span = n[1];
    fill(&j, n[0]);
    return 0;
}

/* 1 where u is below the element's own chance. */
static void to_chances(const job *j, const uint32_t *raw, size at, size n) {
    real *out = (real *)j->out + at;
    const real *p = j->chances + at;
    uint32_t copy[8];
    for (size i = 0; i < n; i += GROUP, raw += 8) {
        size m = least_of(GROUP, n - i);
        group u = units(m == GROUP ? raw : last_words(copy, raw, m * EACH));
        for (size k = 0; k < m; k++) out[i + k] = u[k] < p[i + k];
    }
}

/* state, out, chances; how many. */
KERNEL(random_chances) {
    job j = {.convert = to_chances, .state = a[0], .out = a[1], .chances = a[2], .each = EACH};
    fill(&j, n[0]);
    return 0;
}

/* ------------------------------------------------------------------ integers */

#ifndef DOUBLE
static void to_words(const job *j, const uint32_t *raw, size at, size n) {
    uint64_t *out = (uint64_t *)j->out + at;
    uint32_t copy[8];
    for (; n > 0; n -= 8, out += 8, raw += 8) {
        size m = least_of(8, n);
        words w = temper(words_at(m == 8 ? raw : last_words(copy, raw, m)));
        for (size i = 0; i < m; i++) out[i] = w[i];
    }
}

/* state, out; how many. */
KERNEL(random_words) {
    job j = {.convert = to_words, .state = a[0], .out = a[1], .each = 1};
    fill(&j, n[0]);
    return 0;
}

/* w mod span for a span below 2**32: the fraction of w / span, of 64 bits, times span. */
INLINE uint64_t remainder_of(uint64_t w, uint64_t span, uint64_t inverse) {
    return (uint64_t)((unsigned __int128)(inverse * w) * span >> 64);
}

static void to_integers(const job *j, const uint32_t *raw, size at, size n) {
    int64_t *out = (int64_t *)j->out + at;
    uint64_t span = (uint64_t)j->span, inverse = UINT64_MAX / most_of(j->span, 1) + 1;
    uint32_t copy[8];
    for (; n > 0; n -= 8 / j->each, out += 8 / j->each, raw += 8) {
        size m = least_of(8 / j->each, n);
        words w = temper(words_at(m == 8 / j->each ? raw : last_words(copy, raw, m * j->each)));
        for (size i = 0; i < m; i++) {
            uint64_t x = j->each == 1 ? w[i] : (uint64_t)w[2 * i] << 32 | w[2 * i + 1];
            if (j->each == 1)
                x = remainder_of(x, span, inverse);
            else if (span)
                x %= span;
            out[i] = (int64_t)(x + (uint64_t)j->low);
        }
    }
}

/* state, out; how many, low, high - low (0 for 2**64), whether two words make one. */
KERNEL(random_integers) {
    job j = {.convert = to_integers, .state = a[0], .out = a[1], .each = n[3] ? 2 : 1};
    j.low = n[1], j.span = n[2];
    fill(&j, n[0]);
    return 0;
}

/* state, out; how many: 0 ... n-1 shuffled, by w for each but the last. */
KERNEL(random_permutation) {
    int64_t *x = a[1];
    size count = n[0];
    uint32_t *words_room = room();
    for (size i = 0; i < count; i++) x[i] = i;
    for (size i = 0; i < count - 1;) {
        size m = least_of(PIECE, count - 1 - i);
        const uint32_t *raw = draw(a[0], words_room, m);
        for (size k = 0; k < m; k++, i++) {
            uint32_t y = raw[k];
            y ^= y >> 11;
            y ^= (y << 7) & 0x9d2c5680u;
            y ^= (y << 15) & 0xefc60000u;
            y ^= y >> 18;
            size to = i + (size)(y % (uint32_t)(count - i));
            int64_t taken = x[to];
            x[to] = x[i];
            x[i] = taken;
        }
    }
    return 0;
}
#endif
