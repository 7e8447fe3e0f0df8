/* How the kernels of elementwise.h go through their arrays.

Where all arrays are laid out alike they are one run of numbers. Else the inputs come in blocks: an
input's part of a block is read where it lies if its numbers lie next to each other there, and
collected into a buffer that stays in the first-level cache if they do not. A short row that every
row of the output meets is repeated in the buffer once and for all. The output is in row-major
order. Cut by size alone: chunks into threads, blocks into calls. */

#include "elementwise.h"

#define BLOCK (4096 / (size)sizeof(real))
#define MOST_DIMS 16
#define LONG_ROW 256 /* shorter rows are collected into blocks, longer ones are blocks themselves */

/* Of an input: as the output, one number, a short row again and again, a row for each index. */
enum { ALIKE, NUMBER, REPEATED, ROWS };

typedef struct {
    int kind;
    const char *at;
    real number;
    size each; /* bytes an element */
    int dims;  /* of ROWS, neighbours joined where that is possible */
    size shape[MOST_DIMS], stride[MOST_DIMS];
} input;

typedef struct {
    const recipe *how;
    input inputs[MOST_INPUTS];
    int alike;
    real *out;
    size count, chunk;
    const double *numbers;
    double *sums; /* by chunk */
} job;

/* ------------------------------------------------------------------ what an input is like */

/* Append a dimension outside of those that are there, or join it to the outermost one. The
dimensions are kept from the innermost on. */
static void wider(input *x, size count, size stride) {
    if (count == 1) return;
    int last = x->dims - 1;
    if (x->dims && stride == x->stride[last] * x->shape[last]) {
        x->shape[last] *= count;
        return;
    }
    x->shape[x->dims] = count;
    x->stride[x->dims++] = stride;
}

static void settle(input *x) {
    if (!x->dims || (x->dims == 1 && x->stride[0] == x->each)) x->kind = ALIKE;
    else if (x->dims == 1 && !x->stride[0] && x->each == sizeof(real)) x->kind = NUMBER;
    else if (x->dims == 2 && x->stride[0] == x->each && !x->stride[1] && x->shape[0] < LONG_ROW)
        x->kind = REPEATED;
    else x->kind = ROWS;
    if (x->kind == NUMBER) memcpy(&x->number, x->at, sizeof(real));
}

/* Read an input's own dimensions and fit them to those of the output; returns what follows. */
static const size *describe(input *x, int dims, const size *shape, const size *n) {
    int own = (int)n[0];
    const size *sizes = n + 1, *strides = sizes + own;
    for (int d = dims - 1; d >= 0; d--) {
        int at = d - (dims - own);
        wider(x, shape[d], at < 0 || sizes[at] == 1 ? 0 : strides[at]);
    }
    settle(x);
    return strides + own;
}

/* An input of `period` numbers that come again and again. */
static void repeat(input *x, size count, size period) {
    wider(x, period, x->each);
    if (period) wider(x, count / period, 0);
    settle(x);
}

/* ------------------------------------------------------------------ a part of an input */

static void copy(char *to, const char *from, size stride, size count, size each) {
    if (stride == each) {
        memcpy(to, from, (size_t)(count * each));
    } else if (each == 1) {
        for (size i = 0; i < count; i++) to[i] = from[i * stride];
    } else {
        real *numbers = (real *)to;
        if (!stride) {
            real x;
            memcpy(&x, from, sizeof x);
            for (size i = 0; i < count; i++) numbers[i] = x;
        } else {
            for (size i = 0; i < count; i++) memcpy(numbers + i, from + i * stride, sizeof(real));
        }
    }
}

/* The `count` numbers from place `start` on; through the buffer, unless they lie so already. */
static const void *part(const input *x, size start, size count, char *buffer) {
    if (x->kind == ALIKE) return x->at + start * x->each;
    if (x->kind == REPEATED) return buffer + start % x->shape[0] * x->each;
    size index[MOST_DIMS], rest = start;
    const char *from = x->at;
    for (int d = 0; d < x->dims; d++) {
        index[d] = rest % x->shape[d];
        rest /= x->shape[d];
        from += index[d] * x->stride[d];
    }
    if (x->stride[0] == x->each && index[0] + count <= x->shape[0]) return from;
    for (size done = 0; done < count;) {
        size some = least_of(count - done, x->shape[0] - index[0]);
        copy(buffer + done * x->each, from, x->stride[0], some, x->each);
        done += some;
        from += (some - 1) * x->stride[0];
        index[0] += some - 1;
        for (int d = 0; d < x->dims; d++) { /* to the next place */
            from += x->stride[d];
            if (++index[d] < x->shape[d]) break;
            from -= x->shape[d] * x->stride[d];
            index[d] = 0;
        }
    }
    return buffer;
}

/* How many of `count` places a block from `start` on takes: up to the end of a long row. */
static size block_size(const job *j, size start, size count) {
    for (int k = 0; k < j->how->inputs; k++) {
        const input *x = &j->inputs[k];
        if (x->kind == ROWS && x->stride[0] == x->each && x->shape[0] >= LONG_ROW)
            count = least_of(count, x->shape[0] - start % x->shape[0]);
    }
    return count;
}

/* ------------------------------------------------------------------ the work */

/* Fill the buffer of an input that needs no other part. */
static void fill(const input *x, char *buffer) {
    if (x->kind == NUMBER) copy(buffer, (const char *)&x->number, 0, BLOCK, x->each);
    if (x->kind == REPEATED) {
        size row = x->shape[0] * x->each, room = BLOCK * x->each + row;
        memcpy(buffer, x->at, (size_t)row);
        for (size done = row; done < room; done *= 2)
            memcpy(buffer + done, buffer, (size_t)least_of(done, room - done));
    }
}

/* The numbers that fill no vector are followed by ones: so a function stands once in the code, which
takes long enough to compile. */
static double run(const recipe *how, const void *const *x, real *out, size count, const double *s) {
    size rest = how->masks || how->sums ? 0 : count % LANES, whole = count - rest;
    double sum = whole ? how->run(x, out, whole, s) : 0;
    if (rest) {
        real given[MOST_INPUTS][VECTOR_BYTES / sizeof(real)], last[VECTOR_BYTES / sizeof(real)];
        const void *at[MOST_INPUTS];
        for (int k = 0; k < how->inputs; k++) {
            store(given[k], load_part((const real *)x[k] + whole, rest, 1));
            at[k] = given[k];
        }
        how->run(at, last, LANES, s);
        memcpy(out + whole, last, (size_t)rest * sizeof(real));
    }
    return sum;
}

static void run_chunk(void *context, size at) {
    job *j = context;
    const void *x[MOST_INPUTS];
    char buffers[MOST_INPUTS][(BLOCK + LONG_ROW) * sizeof(real)] __attribute__((aligned(64)));
    size start = at * j->chunk, end = least_of(start + j->chunk, j->count), step;
    double sum = 0;
    for (int k = 0; k < j->how->inputs; k++) fill(&j->inputs[k], buffers[k]);
    for (; start < end; start += step) {
        step = j->alike ? end - start : block_size(j, start, least_of(BLOCK, end - start));
        for (int k = 0; k < j->how->inputs; k++) {
            const input *from = &j->inputs[k];
            x[k] = from->kind == NUMBER ? buffers[k] : part(from, start, step, buffers[k]);
        }
        sum += run(j->how, x, j->out + (j->sums ? 0 : start), step, j->numbers);
    }
    if (j->sums) j->sums[at] = sum;
}

size NAME(elementwise)(const recipe *how, void **a, const size *n, const double *s) {
    job j = {.how = how, .alike = 1, .out = a[how->inputs], .count = n[0], .chunk = how->chunk};
    int dims = n[1] == 1 ? (int)n[2] : 0; /* n[1]: 0 all alike, 1 shapes follow, 2 periods */
    const size *shape = n + 3, *next = n[1] == 1 ? shape + dims : n + 2;
    for (int k = 0; k < how->inputs; k++) {
        input *x = &j.inputs[k];
        x->at = a[k];
        x->each = k < how->masks ? 1 : (size)sizeof(real);
        if (!a[k]) {
            x->kind = NUMBER;
            x->number = (real)*s++;
        } else if (n[1] == 1 && j.count) { /* an empty array has no number to read */
            next = describe(x, dims, shape, next);
        } else if (n[1] == 2) {
            repeat(x, j.count, *next++);
        }
        j.alike &= x->kind == ALIKE;
    }
    j.numbers = s;
    size chunks = blocks_of(j.count, j.chunk);
    if (how->sums) j.sums = memory_of(chunks * (size)sizeof(double));
    parallel(chunks, run_chunk, &j);
    if (how->sums) {
        double sum = 0;
        for (size i = 0; i < chunks; i++) sum += j.sums[i];
        j.out[0] = (real)(sum * s[how->numbers]);
        free(j.sums);
    }
    return 0;
}
