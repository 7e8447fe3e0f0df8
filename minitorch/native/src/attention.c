/* Scaled dot-product attention: softmax(scale q k^T + mask) v, and its gradients.

A thread takes some queries of one head at a time: their scores stay in its cache, are made chances
there, and meet the values; the matrix of chances is nowhere kept. Forwards leaves for each query its
largest score and the inverse of what the exponentials sum to, from which backwards computes the
chances again: a product more, where reading them would cost as much. Keys come in blocks; a block
whose mask is minus infinity for all queries at hand is left out, which halves a causal mask's work.

Source: Dao et al. 2022, https://arxiv.org/abs/2205.14135 */

#include "elementary.h"

#define MEMORY 2    /* slot of scratch memory */
#define PADDING 16  /* rows of scores are not a power of two apart: they would share cache sets */

/* Where an operand lies: strides by batch, head, row, in elements; columns lie next to each other. */
typedef struct {
    real *at;
    size batch, head, row;
} operand;

typedef struct {
    size batches, heads, queries, keys, width, value_width; /* B, H, L, S, E, D */
    real scale;
    operand q, k, v, mask, kept, out, g, g_q, g_k, g_v, g_scores;
    real *tops, *inverses; /* (B, H, L) */
    size query_block, key_block, blocks_each; /* query blocks of a chunk, forwards */
} attention;

/* One head in the memory of a thread. */
typedef struct {
    const attention *a;
    size batch, head;
    size blocks; /* of keys */
    size k_size, v_size; /* elements of a packed block */
    size row; /* distance of two rows of scores */
    real *packed_kt, *packed_k, *packed_v, *scores, *g_scores, *packed_q, *packed_g;
    size *open; /* the blocks of keys that some query at hand may see */
    size n_open;
} head;

static real *row_of(const head *t, operand x, size row) {
    return x.at ? x.at + t->batch * x.batch + t->head * x.head + row * x.row : NULL;
}

static size keys_of(const head *t, size block) {
    return least_of(t->a->key_block, t->a->keys - block * t->a->key_block);
}

/* Blocks of `columns` numbers are laid out for `rows` of them. */
static size packed_block(size rows, size columns) {
    return blocks_of(NAME(packed_size)(rows, columns), 16) * 16;
}

static void prepare(head *t, const attention *a, size which, int backwards) {
    size each = a->key_block, rows = a->query_block;
    *t = (head){.a = a, .batch = which / a->heads, .head = which % a->heads};
    t->blocks = blocks_of(a->keys, each);
    t->row = t->blocks * each + PADDING;
    size kt = packed_block(a->width, each), k = packed_block(each, a->width);
    size v = backwards ? packed_block(a->value_width, each) : packed_block(each, a->value_width);
    size q = packed_block(rows, a->width), g = packed_block(rows, a->value_width);
    size room = t->blocks * (kt + v + (backwards ? k : 0)) + rows * t->row * (backwards ? 2 : 1);
    if (backwards) room += q + g;
    room = blocks_of(room, 16) * 16;
    char *memory = scratch(MEMORY, room * (size)sizeof(real) + t->blocks * (size)sizeof(size));
    real *next = (real *)memory;
    t->k_size = kt, t->v_size = v;
    t->packed_kt = next, next += t->blocks * kt;
    t->packed_v = next, next += t->blocks * v;
    t->scores = next, next += rows * t->row;
    if (backwards) {
        t->packed_k = next, next += t->blocks * k;
        t->packed_q = next, next += q;
        t->packed_g = next, next += g;
        t->g_scores = next;
    }
    t->open = (size *)(memory + room * (size)sizeof(real));
    for (size j = 0; j < t->blocks; j++) {
        size n = keys_of(t, j);
        const real *from = row_of(t, a->k, j * each), *value = row_of(t, a->v, j * each);
        NAME(pack)(a->width, n, from, 1, a->k.row, t->packed_kt + j * kt);
        if (!backwards) {
            NAME(pack)(n, a->value_width, value, a->v.row, 1, t->packed_v + j * v);
            continue;
        }
        NAME(pack)(a->value_width, n, value, 1, a->v.row, t->packed_v + j * v);
        NAME(pack)(n, a->width, from, a->k.row, 1, t->packed_k + j * k);
    }
}

/* Whether the mask closes all of a block to the queries [first, first + rows). */
static int is_closed(const head *t, size first, size rows, size block) {
    const real *mask = row_of(t, t->a->mask, first);
    if (!mask) return 0;
    size n = keys_of(t, block);
    mask += block * t->a->key_block;
    if (!t->a->mask.row) rows = 1;
    for (size i = rows - 1; i >= 0; i--) /* the last query sees the most keys */
        for (size j = 0; j < n; j++)
            if (mask[i * t->a->mask.row + j] != -INFINITY) return 0;
    return 1;
}

static void find_open(head *t, size first, size rows) {
    t->n_open = 0;
    for (size j = 0; j < t->blocks; j++)
        if (!is_closed(t, first, rows, j)) t->open[t->n_open++] = j;
}

/* scores = x y^T for the open blocks, y packed. */
static void multiply(const head *t, operand x, size first, size rows, size width,
                     const real *packed, size each, real *scores) {
    const real *from = row_of(t, x, first);
    int dense = each == width * t->a->key_block && width <= 128; /* blocks are as one, laid out */
    for (size i = 0, last; i < t->n_open; i = last) {
        last = i + 1;
        while (dense && last < t->n_open && t->open[last] == t->open[last - 1] + 1) last++;
        size n = (last - i - 1) * t->a->key_block + keys_of(t, t->open[last - 1]);
        NAME(gemm_packed)(rows, n, width, from, x.row, 1, packed + t->open[i] * each,
                          scores + i * t->a->key_block, t->row, NULL, 0);
    }
}

/* e ** x for x <= 0, and 0 where that is no normal number: two thirds of what vexp takes. */
#ifdef DOUBLE
#define EXP_NORMAL -708
#else
#define EXP_NORMAL -87
#endif
INLINE vec chance(vec x) {
    mask n;
    vec y = exp_of_rest(reduced(x, &n)) * two_to(n);
    return choose(x < splat(EXP_NORMAL), (vec){0}, y);
}

/* The first `left` numbers, zeros after them. */
INLINE vec take(const real *p, size left) {
    return left >= LANES ? load(p) : left > 0 ? load_part(p, left, 0) : (vec){0};
}
INLINE void give(real *p, vec x, size left) {
    if (left >= LANES) store(p, x);
    else if (left > 0) store_part(p, x, left);
}

/* The scores of one query, scaled and masked, minus infinity after the last; returns the largest. */
static real finish_scores(const head *t, real *s, const real *mask) {
    const attention *a = t->a;
    vec top = splat(-INFINITY), low = splat(-INFINITY);
    for (size i = 0; i < t->n_open; i++) {
        size n = keys_of(t, t->open[i]);
        const real *more = mask ? mask + t->open[i] * a->key_block : NULL;
        for (size j = 0; j < a->key_block; j += LANES, s += LANES) {
            vec x = take(s, n - j) * a->scale;
            if (more) {
                vec add = take(more + j, n - j);
                x = choose(add == low, low, x + add);
            }
            for (size k = most_of(0, n - j); k < LANES; k++) x[k] = -INFINITY;
            store(s, x);
            top = larger(x, top);
        }
    }
    return largest_of(top);
}

/* Exponentials of the scores of one query, as dropout leaves them; returns their sum before that. */
static real raise(const head *t, real *s, real top, const real *kept) {
    vec sum = {0};
    for (size i = 0; i < t->n_open; i++) {
        size n = keys_of(t, t->open[i]), from = t->open[i] * t->a->key_block;
        for (size j = 0; j < t->a->key_block; j += LANES, s += LANES) {
            vec x = chance(load(s) - top);
            sum += x;
            store(s, kept ? x * take(kept + from + j, n - j) : x);
        }
    }
    return sum_of(sum);
}

/* ------------------------------------------------------------------ forwards */

static void attend_block(head *t, size first, size rows) {
    const attention *a = t->a;
    find_open(t, first, rows);
    multiply(t, a->q, first, rows, a->width, t->packed_kt, t->k_size, t->scores);
    size at = (t->batch * a->heads + t->head) * a->queries + first;
    for (size i = 0; i < rows; i++) {
        real *s = t->scores + i * t->row;
        real top = finish_scores(t, s, row_of(t, a->mask, first + i));
        if (a->mask.at && top == -INFINITY) top = 0; /* nothing is seen: all are 0 */
        real total = raise(t, s, top, row_of(t, a->kept, first + i));
        a->tops[at + i] = top;
        a->inverses[at + i] = a->mask.at && total == 0 ? 0 : 1 / total;
    }
    real *out = row_of(t, a->out, first);
    for (size i = 0; i < t->n_open; i++)
        NAME(gemm_packed)(rows, a->value_width, keys_of(t, t->open[i]),
                          t->scores + i * a->key_block, t->row, 1,
                          t->packed_v + t->open[i] * t->v_size, out, a->out.row, NULL, i > 0);
    for (size i = 0; i < rows; i++, out += a->out.row) {
        real inverse = a->inverses[at + i];
        if (!t->n_open) memset(out, 0, sizeof(real) * (size_t)a->value_width);
        else
            for (size j = 0; j < a->value_width; j++) out[j] *= inverse;
    }
}

static void attend_chunk(void *context, size chunk) {
    const attention *a = context;
    size each = a->query_block * a->blocks_each, per_head = blocks_of(a->queries, each);
    head t;
    prepare(&t, a, chunk / per_head, 0);
    size first = chunk % per_head * each, last = least_of(a->queries, first + each);
    for (; first < last; first += a->query_block)
        attend_block(&t, first, least_of(a->query_block, last - first));
}

/* ------------------------------------------------------------------ backwards */

/* From the scores s and the gradient g of the chances of one query: s becomes the chances as dropout
leaves them, g the gradient of the products q k: scale P (dP - sum(P dP)), `unscaled` that of the
mask. */
static void bend(const head *t, real *s, real *g, real top, real inverse, const real *kept,
                 real *unscaled) {
    vec dot = {0};
    size each = t->a->key_block;
    for (size i = 0, at = 0; i < t->n_open; i++) {
        size n = keys_of(t, t->open[i]), from = t->open[i] * each;
        for (size j = 0; j < each; j += LANES, at += LANES) {
            vec p = chance(load(s + at) - top) * inverse, x = take(g + at, n - j);
            if (kept) x *= take(kept + from + j, n - j);
            dot += x * p;
            store(s + at, p), store(g + at, x);
        }
    }
    real sum = sum_of(dot);
    for (size i = 0, at = 0; i < t->n_open; i++) {
        size n = keys_of(t, t->open[i]), from = t->open[i] * each;
        for (size j = 0; j < each; j += LANES, at += LANES) {
            vec p = load(s + at), x = (load(g + at) - sum) * p;
            if (unscaled) give(unscaled + from + j, x, n - j);
            store(g + at, x * t->a->scale);
            if (kept) store(s + at, p * take(kept + from + j, n - j));
        }
    }
}

/* to (keys of each open block) += x^T y, for scores x and packed y. */
static void gather(const head *t, size rows, const real *x, const real *y, size width,
                   operand to) {
    for (size i = 0; i < t->n_open; i++)
        NAME(gemm_packed)(keys_of(t, t->open[i]), width, rows, x + i * t->a->key_block, 1, t->row,
                          y, row_of(t, to, t->open[i] * t->a->key_block), to.row, NULL, 1);
}

static void clear(const head *t, operand x, size rows, size width) {
    for (size i = 0; i < rows; i++) memset(row_of(t, x, i), 0, sizeof(real) * (size_t)width);
}

static void attend_block_back(head *t, size first, size rows) {
    const attention *a = t->a;
    find_open(t, first, rows);
    if (!t->n_open) {
        operand rest = a->g_q;
        rest.at += first * rest.row;
        clear(t, rest, rows, a->width);
        return;
    }
    multiply(t, a->q, first, rows, a->width, t->packed_kt, t->k_size, t->scores);
    multiply(t, a->g, first, rows, a->value_width, t->packed_v, t->v_size, t->g_scores);
    size at = (t->batch * a->heads + t->head) * a->queries + first;
    for (size i = 0; i < rows; i++) {
        real *s = t->scores + i * t->row;
        finish_scores(t, s, row_of(t, a->mask, first + i));
        bend(t, s, t->g_scores + i * t->row, a->tops[at + i], a->inverses[at + i],
             row_of(t, a->kept, first + i), row_of(t, a->g_scores, first + i));
    }
    real *g_q = row_of(t, a->g_q, first);
    size k_size = packed_block(a->key_block, a->width);
    for (size i = 0; i < t->n_open; i++)
        NAME(gemm_packed)(rows, a->width, keys_of(t, t->open[i]), t->g_scores + i * a->key_block,
                          t->row, 1, t->packed_k + t->open[i] * k_size, g_q, a->g_q.row, NULL,
                          i > 0);
    NAME(pack)(rows, a->width, row_of(t, a->q, first), a->q.row, 1, t->packed_q);
    NAME(pack)(rows, a->value_width, row_of(t, a->g, first), a->g.row, 1, t->packed_g);
    gather(t, rows, t->g_scores, t->packed_q, a->width, a->g_k);
    gather(t, rows, t->scores, t->packed_g, a->value_width, a->g_v);
}

static void attend_chunk_back(void *context, size chunk) {
    const attention *a = context;
    head t;
    prepare(&t, a, chunk, 1);
    clear(&t, a->g_k, a->keys, a->width);
    clear(&t, a->g_v, a->keys, a->value_width);
    for (size first = 0; first < a->queries; first += a->query_block)
        attend_block_back(&t, first, least_of(a->query_block, a->queries - first));
}

/* ------------------------------------------------------------------ for Python */

static operand operand_of(void *at, const size *strides) {
    return (operand){at, strides[0], strides[1], strides[2]};
}

/* Among the integers come first B, H, L, S, E, D. */
static attention attention_of(const size *n, double scale) {
    attention a = {.batches = n[0], .heads = n[1], .queries = n[2], .keys = n[3], .width = n[4],
                   .value_width = n[5], .scale = (real)scale};
    a.key_block = a.keys <= 512 ? 32 : 64; /* small ones leave more of a causal mask out */
    a.query_block = a.keys <= 1024 ? 32 : 16;
    return a;
}

/* q, k, v, mask, kept, out, tops, inverses; the sizes, the strides by batch, head and row of the
first six; the scale. */
STRIDED_KERNEL(attend) {
    attention job = attention_of(n, s[0]);
    job.q = operand_of(a[0], n + 6), job.k = operand_of(a[1], n + 9);
    job.v = operand_of(a[2], n + 12), job.mask = operand_of(a[3], n + 15);
    job.kept = operand_of(a[4], n + 18), job.out = operand_of(a[5], n + 21);
    job.tops = a[6], job.inverses = a[7];
    size heads = job.batches * job.heads, blocks = blocks_of(job.queries, job.query_block);
    size parts = blocks_of(4 * threads_wanted(), heads); /* a block is computed alike in any part */
    job.blocks_each = blocks_of(blocks, parts);
    parallel(heads * blocks_of(blocks, job.blocks_each), attend_chunk, &job);
    return 0;
}

/* g, q, k, v, mask, kept, tops, inverses, g_q, g_k, g_v, g_scores; the sizes, the strides of g, q,
k, v, mask, kept, g_q, g_k, g_v, g_scores; the scale. */
STRIDED_KERNEL(attend_back) {
    attention job = attention_of(n, s[0]);
    job.g = operand_of(a[0], n + 6), job.q = operand_of(a[1], n + 9);
    job.k = operand_of(a[2], n + 12), job.v = operand_of(a[3], n + 15);
    job.mask = operand_of(a[4], n + 18), job.kept = operand_of(a[5], n + 21);
    job.tops = a[6], job.inverses = a[7];
    job.g_q = operand_of(a[8], n + 24), job.g_k = operand_of(a[9], n + 27);
    job.g_v = operand_of(a[10], n + 30), job.g_scores = operand_of(a[11], n + 33);
    parallel(job.batches * job.heads, attend_chunk_back, &job);
    return 0;
}
