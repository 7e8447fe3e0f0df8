/* Matrix products.

The innermost tile keeps ROWS x COLUMNS sums in registers and adds one outer product of a column of a
and a row of b for each k. b is copied into panels of COLUMNS columns first, so that the tile reads
it in order; a is read where it lies, or copied into panels of ROWS rows too where many tiles read it
again. The copying costs as much as some tenths of a small product: so the smaller of the two
operands becomes b, by computing the transpose where that is a. Large k are cut into runs of DEPTH,
over which a panel stays in the first-level cache.

Source: Goto and van de Geijn 2008, Anatomy of high-performance matrix multiplication. */

#include "runtime.h"
#include "shuffles.h"

#if VECTOR_BYTES == 64
#define ROWS 14
#define VECTORS 2
#elif defined(__aarch64__)
#define ROWS 8
#define VECTORS 3
#else
#define ROWS 6
#define VECTORS 2
#endif
#define COLUMNS (VECTORS * LANES)
#define DEPTH 256
#define A_BLOCK (22 * ROWS) /* rows of a that a thread copies at a time: they stay in L2 */
#define IN_PLACE (5 * ROWS) /* rows of c up to which b is not copied */
#define WAIT 400 /* steps of a tile, for each part, that it takes threads to meet */
#define LEAST_WORK 65536    /* multiplications that are worth a second thread: some 2 us */

/* ------------------------------------------------------------------ one tile */

/* A tile of c: its first element, and the distances of its rows and columns. */
typedef struct {
    real *c;
    size row, column;
    const real *bias;     /* by column of the tile, or NULL */
    const real *row_bias; /* by row, or NULL */
    int add;
} place;

/* `rows` rows of k numbers as k rows of `width`, all of some numbers that a line of the cache holds
before the next. */
INLINE void turn_all(size rows, size k, const real *from, size from_row, real *to, size width) {
    size p = 0, line = 64 / (size)sizeof(real);
    for (; rows >= 4 && p + line <= k; p += line)
        for (size i = 0, at; (at = least_of(i, rows - 4)), i < rows; i += 4) /* the last may overlap */
            for (size q = p; q < p + line; q += TURNED)
                turn(from + at * from_row + q, from_row, to + q * width + at, width);
    for (; p < k; p++)
        for (size i = 0; i < rows; i++) to[p * width + i] = from[i * from_row + p];
}

/* A tile that is not whole, or whose columns lie apart: that of a transposed product, row 1. `sums`
has room for whole fours of rows, and what is turned together beyond the last column. */
#define FOURS ((ROWS + 3) / 4 * 4)
#define ALL_TURNED ((VECTORS * VECTOR_BYTES / sizeof(real) + TURNED - 1) / TURNED * TURNED)
INLINE void put_columns(place to, size rows, size columns, const real *sums) {
    real turned[ALL_TURNED][FOURS];
    for (size i = 0; i < rows; i += 4)
        for (size j = 0; j < COLUMNS; j += TURNED)
            turn(sums + i * COLUMNS + j, COLUMNS, &turned[j][i], FOURS);
    for (size j = 0; j < columns; j++) {
        real *at = to.c + j * to.column, *x = turned[j];
        if (to.add)
            for (size i = 0; i < rows; i++) x[i] += at[i];
        if (to.bias)
            for (size i = 0; i < rows; i++) x[i] += to.bias[j];
        if (to.row_bias)
            for (size i = 0; i < rows; i++) x[i] += to.row_bias[i];
        if (rows == ROWS)
            memcpy(at, x, ROWS * sizeof(real));
        else
            for (size i = 0; i < rows; i++) at[i] = x[i];
    }
}

static __attribute__((noinline)) void put_part(place to, size rows, size columns,
                                               const real *sums) {
    if (to.row == 1) {
        put_columns(to, rows, columns, sums);
        return;
    }
    for (size i = 0; i < rows; i++, sums += COLUMNS)
        for (size j = 0; j < columns; j++) {
            real *at = to.c + i * to.row + j * to.column, x = sums[j];
            if (to.add) x += *at;
            if (to.bias) x += to.bias[j];
            if (to.row_bias) x += to.row_bias[i];
            *at = x;
        }
}

#define EACH_SUM                                                                                   \
    _Pragma("GCC unroll 16") for (int i = 0; i < rows; i++)                                        \
        _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++)

INLINE void put(place to, int rows, size columns, vec sums[ROWS][VECTORS]) {
    if (to.column != 1 || columns != COLUMNS) {
        real kept[FOURS * VECTORS * (VECTOR_BYTES / sizeof(real)) + TURNED];
        EACH_SUM store(kept + i * COLUMNS + v * LANES, sums[i][v]);
        put_part(to, rows, columns, kept);
        return;
    }
    if (to.add) EACH_SUM sums[i][v] += load(to.c + i * to.row + v * LANES);
    if (to.bias) EACH_SUM sums[i][v] += load(to.bias + v * LANES);
    if (to.row_bias) EACH_SUM sums[i][v] += splat(to.row_bias[i]);
    EACH_SUM store(to.c + i * to.row + v * LANES, sums[i][v]);
}

/* `rows` is a constant where it is called, so that the sums stay in registers. */
INLINE void tile(int rows, size k, const real *a, size a_row, size a_column, const real *b,
                 size b_row, place to, size columns) {
    vec sums[ROWS][VECTORS];
    EACH_SUM sums[i][v] = (vec){0};
    for (size p = 0; p < k; p++) {
        vec row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            vec x = splat(a[i * a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[i][v] += x * row[v];
        }
        a += a_column;
        b += b_row;
    }
    put(to, rows, columns, sums);
}

#define TILE(n)                                                                                    \
    case n:                                                                                        \
        tile(n, k, a, a_row, a_column, b, b_row, to, columns);                                          \
        break;

static __attribute__((noinline)) void tile_of(size rows, size k, const real *a, size a_row,
                                              size a_column, const real *b, size b_row,
                                              place to, size columns) {
    switch (rows) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if ROWS > 6
        TILE(7) TILE(8)
#endif
#if ROWS > 8
        TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#endif
    }
}

/* The same for a in panels: its strides are constants, which saves the address arithmetic. */
static __attribute__((noinline)) void tile_packed(size k, const real *a, const real *b, size b_row,
                                                  place to, size columns) {
    tile(ROWS, k, a, 1, ROWS, b, b_row, to, columns);
}

/* ------------------------------------------------------------------ copying into panels */

/* The length of the runs that k is cut into: about DEPTH, all about equal. */
static size run_of(size k) {
    size runs = most_of(1, (k + DEPTH / 2) / DEPTH);
    return blocks_of(most_of(k, 1), runs * 4) * 4;
}

static size panels(size n) { return blocks_of(n, COLUMNS); }

/* Columns [0, columns) of b as one panel of COLUMNS, zeros after them. */
static void pack_panel(size k, size columns, const real *b, size b_row, size b_column, real *to) {
    if (columns == COLUMNS && b_column == 1) {
        for (size p = 0; p < k; p++, b += b_row, to += COLUMNS)
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) store(to + v * LANES, load(b + v * LANES));
        return;
    }
    if (columns < COLUMNS) memset(to, 0, sizeof(real) * (size_t)(k * COLUMNS));
    if (b_row == 1)
        turn_all(columns, k, b, b_column, to, COLUMNS);
    else
        for (size p = 0; p < k; p++)
            for (size j = 0; j < columns; j++) to[p * COLUMNS + j] = b[j * b_column + p * b_row];
}

/* Rows of a as panels of ROWS; what is missing of the last is left as it is. */
static void pack_rows(size rows, size k, const real *a, size a_row, size a_column, real *to) {
    if (a_row == 1) { /* the lines of the cache that 16 rows of the transpose touch, all of each */
        size whole = rows / ROWS * ROWS;
        for (size first = 0; first < k; first += 16)
            for (size i = 0; i < whole; i += ROWS)
                for (size p = first; p < least_of(first + 16, k); p++)
                    memcpy(to + i * k + p * ROWS, a + p * a_column + i, ROWS * sizeof(real));
        rows -= whole, a += whole, to += whole * k;
    }
    for (size i = 0; i < rows; i += ROWS, a += ROWS * a_row, to += ROWS * k) {
        size n = least_of(ROWS, rows - i);
        if (a_column == 1)
            turn_all(n, k, a, a_row, to, ROWS);
        else
            for (size p = 0; p < k; p++)
                for (size q = 0; q < n; q++) to[p * ROWS + q] = a[q * a_row + p * a_column];
    }
}

/* ------------------------------------------------------------------ a block of c */

typedef struct {
    size m, n, k;
    const real *a;
    size a_row, a_column;
    const real *b;
    size b_row, b_column;
    real *packed;
    place to;
    size row_blocks, column_blocks, rows_each, panels_each;
    size from, depth; /* the run of k at work */
    int pack_a, in_place; /* whether b is read where it lies, but for a last panel that is not whole */
} product;

static place within(const product *p, size i, size j) {
    place to = p->to;
    to.c += i * to.row + j * to.column;
    int last = p->from + p->depth == p->k; /* bias comes once */
    to.bias = to.bias && last ? to.bias + j : NULL;
    to.row_bias = to.row_bias && last ? to.row_bias + i : NULL;
    to.add = to.add || p->from;
    return to;
}

/* Rows [first, last) of c at the panels [from, until). */
static void block(const product *p, size first, size last, size from, size until) {
    real *copy = p->pack_a ? scratch(1, A_BLOCK * p->depth * (size)sizeof(real)) : NULL;
    for (size i = first; i < last; i += A_BLOCK) {
        size rows = least_of(A_BLOCK, last - i);
        const real *a = p->a + i * p->a_row + p->from * p->a_column;
        if (copy) pack_rows(rows, p->depth, a, p->a_row, p->a_column, copy);
        for (size j = from; j < until; j++) {
            size columns = least_of(COLUMNS, p->n - j * COLUMNS), b_row = COLUMNS;
            const real *b = p->packed + j * COLUMNS * p->depth;
            if (p->in_place && columns == COLUMNS)
                b = p->b + p->from * p->b_row + j * COLUMNS, b_row = p->b_row;
            for (size r = 0; r < rows; r += ROWS) {
                place to = within(p, i + r, j * COLUMNS);
                size n = least_of(ROWS, rows - r);
                if (!copy)
                    tile_of(n, p->depth, a + r * p->a_row, p->a_row, p->a_column, b, b_row, to,
                            columns);
                else if (n == ROWS)
                    tile_packed(p->depth, copy + r * p->depth, b, b_row, to, columns);
                else
                    tile_of(n, p->depth, copy + r * p->depth, 1, ROWS, b, b_row, to, columns);
            }
        }
    }
}

static void pack_chunk(void *context, size chunk) {
    product *p = context;
    size first = chunk * p->panels_each, last = least_of(panels(p->n), first + p->panels_each);
    for (size j = p->in_place ? p->n / COLUMNS : first; j < last; j++)
        pack_panel(p->depth, least_of(COLUMNS, p->n - j * COLUMNS),
                   p->b + p->from * p->b_row + j * COLUMNS * p->b_column, p->b_row, p->b_column,
                   p->packed + j * COLUMNS * p->depth);
}

static void block_chunk(void *context, size chunk) {
    product *p = context;
    size i = chunk / p->column_blocks, j = chunk % p->column_blocks;
    block(p, i * p->rows_each, least_of(p->m, (i + 1) * p->rows_each), j * p->panels_each,
          least_of(panels(p->n), (j + 1) * p->panels_each));
}

/* Cut c into blocks of about equal work, several for each thread. */
static void cut(product *p, size parts) {
    size row_tiles = blocks_of(p->m, ROWS), all = panels(p->n);
    size by_rows = least_of(row_tiles, parts);
    size by_columns = least_of(all, blocks_of(parts, by_rows));
    if (p->pack_a && by_columns > 1) { /* a is copied once for each block of columns */
        by_columns = least_of(all, 2);
        by_rows = least_of(row_tiles, blocks_of(parts, by_columns));
    }
    p->rows_each = blocks_of(row_tiles, by_rows) * ROWS;
    p->row_blocks = blocks_of(p->m, p->rows_each);
    p->panels_each = blocks_of(all, by_columns);
    p->column_blocks = blocks_of(all, p->panels_each);
}

/* Whether b is read too seldom to be worth a copy, and not from page after page. */
static int in_place(size m, size b_row, size b_column) {
    return m <= IN_PLACE && b_column == 1 && b_row * (size)sizeof(real) <= 4096;
}

/* Whether each thread computes columns of its own from end to end, and waits for no other. */
static int in_slices(size m, size n, size parts) {
    return parts > 1 && panels(n) >= 4 &&
           (m <= 2 * parts * ROWS || (m <= 2 * A_BLOCK && panels(n) >= 2 * parts));
}

/* How long a product takes, in steps of a tile: tiles are whole, b is copied, c is turned where its
columns lie apart, and threads wait for each other. */
static double cost(const product *p, size parts) {
    size each = p->b_column == 1 ? 1 : 2;
    double tiles = (double)blocks_of(p->m, ROWS) * (double)panels(p->n);
    double copied = in_place(p->m, p->b_row, p->b_column) ? 0 : (double)(panels(p->n) * p->k * each);
    double runs = (double)blocks_of(p->k, run_of(p->k));
    double waits = parts == 1 || in_slices(p->m, p->n, parts) ? 0 : runs * WAIT * (double)parts;
    return tiles * ((double)p->k + runs * (p->to.column == 1 ? 6 : 60)) + copied + waits;
}

/* The same product as columns by rows. */
static product turned(product p) {
    product q = p;
    q.m = p.n, q.n = p.m;
    q.a = p.b, q.a_row = p.b_column, q.a_column = p.b_row;
    q.b = p.a, q.b_row = p.a_column, q.b_column = p.a_row;
    q.to.row = p.to.column, q.to.column = p.to.row;
    q.to.bias = p.to.row_bias, q.to.row_bias = p.to.bias;
    return q;
}

/* Run after run of k: b is copied, then c computed, each on all threads. */
static void in_runs(product p, size parts) {
    size room = panels(p.n) * COLUMNS * run_of(p.k);
    p.packed = scratch(0, room * (size)sizeof(real));
    p.pack_a = panels(p.n) >= (p.a_row == 1 ? 2 : 6) && p.m >= 4 * ROWS;
    p.in_place = in_place(p.m, p.b_row, p.b_column);
    p.from = p.depth = 0;
    do { /* k may be 0 */
        p.from += p.depth;
        p.depth = least_of(run_of(p.k), p.k - p.from);
        size each = p.panels_each = parts == 1 ? panels(p.n) : blocks_of(panels(p.n), parts);
        if (p.depth * p.n < 8192) each = p.panels_each = panels(p.n);
        if (!p.in_place || p.n % COLUMNS) parallel(blocks_of(panels(p.n), each), pack_chunk, &p);
        cut(&p, parts);
        parallel(p.row_blocks * p.column_blocks, block_chunk, &p);
    } while (p.from + p.depth < p.k);
}

/* Some columns of c, from their copy of b to the end, by the thread that is at it. */
static void slice_chunk(void *context, size chunk) {
    product p = *(const product *)context;
    size first = chunk * p.panels_each * COLUMNS;
    p.n = least_of(p.panels_each * COLUMNS, p.n - first);
    p.b += first * p.b_column;
    p.to.c += first * p.to.column;
    if (p.to.bias) p.to.bias += first;
    in_runs(p, 1);
}

static void multiply(product p, int alone) {
    if (p.m <= 0 || p.n <= 0) return;
    int few = alone || p.m * p.n * p.k < LEAST_WORK || threads_wanted() == 1;
    size parts = few ? 1 : threads_wanted() * 4;
    product other = turned(p);
    if (cost(&other, parts) < cost(&p, parts)) p = other;
    if (in_slices(p.m, p.n, parts)) {
        size slices = most_of(parts / 2, panels(p.n) / 16); /* a is copied once for each */
        p.panels_each = blocks_of(panels(p.n), p.m < 4 * ROWS ? parts : least_of(parts, slices));
        parallel(blocks_of(panels(p.n), p.panels_each), slice_chunk, &p);
    } else {
        in_runs(p, parts);
    }
}

static product of(size m, size n, size k, const real *a, size a_row, size a_column, const real *b,
                  size b_row, size b_column, real *c, size c_row, const real *bias, int add) {
    return (product){.m = m, .n = n, .k = k, .a = a, .a_row = a_row, .a_column = a_column, .b = b,
                     .b_row = b_row, .b_column = b_column,
                     .to = {.c = c, .row = c_row, .column = 1, .bias = bias, .add = add}};
}

void NAME(gemm)(size m, size n, size k, const real *a, size a_row, size a_column, const real *b,
                size b_row, size b_column, real *c, size c_row, const real *bias, int add) {
    multiply(of(m, n, k, a, a_row, a_column, b, b_row, b_column, c, c_row, bias, add), 0);
}

void NAME(gemm_here)(size m, size n, size k, const real *a, size a_row, size a_column,
                     const real *b, size b_row, size b_column, real *c, size c_row,
                     const real *bias, int add) {
    multiply(of(m, n, k, a, a_row, a_column, b, b_row, b_column, c, c_row, bias, add), 1);
}

/* ------------------------------------------------------------------ b packed once */

size NAME(packed_size)(size k, size n) { return panels(n) * COLUMNS * k; }

void NAME(pack)(size k, size n, const real *b, size b_row, size b_column, real *packed) {
    size run = run_of(k);
    for (size from = 0; from < k; from += run) { /* run after run, as they are read */
        size depth = least_of(run, k - from);
        for (size j = 0; j < n; j += COLUMNS)
            pack_panel(depth, least_of(COLUMNS, n - j), b + from * b_row + j * b_column, b_row,
                       b_column, packed + from * panels(n) * COLUMNS + j * depth);
    }
}

void NAME(gemm_packed)(size m, size n, size k, const real *a, size a_row, size a_column,
                       const real *packed, real *c, size c_row, const real *bias, int add) {
    product p = of(m, n, k, a, a_row, a_column, NULL, 0, 0, c, c_row, bias, add);
    if (m <= 0 || n <= 0) return;
    do {
        p.from += p.depth;
        p.depth = least_of(run_of(k), k - p.from);
        p.packed = (real *)packed + p.from * panels(n) * COLUMNS;
        block(&p, 0, m, 0, panels(n));
    } while (p.from + p.depth < k);
}

/* ------------------------------------------------------------------ for Python */

/* a, b, c, bias or None; m, n, k, the strides of a and b, add: c (m, n) = a b + bias (+ c). */
STRIDED_KERNEL(gemm) {
    NAME(gemm)(n[0], n[1], n[2], a[0], n[3], n[4], a[1], n[5], n[6], a[2], n[1], a[3], (int)n[7]);
    return 0;
}

typedef struct {
    const size *n;
    void **a;
    size each;
} stack;

static void stack_chunk(void *context, size chunk) {
    stack *s = context;
    const size *n = s->n;
    size last = least_of(n[0], (chunk + 1) * s->each);
    for (size i = chunk * s->each; i < last; i++)
        NAME(gemm_here)(n[1], n[2], n[3], (real *)s->a[0] + i * n[4], n[5], n[6],
                        (real *)s->a[1] + i * n[7], n[8], n[9], (real *)s->a[2] + i * n[1] * n[2],
                        n[2], NULL, 0);
}

/* a, b, c; how many, m, n, k, the strides of a and b with that from matrix to matrix first. */
STRIDED_KERNEL(gemm_stack) {
    size work = n[1] * n[2] * n[3];
    if (n[0] == 1 || (work > 16 * LEAST_WORK && n[0] < 4 * threads_wanted())) { /* each on all */
        for (size i = 0; i < n[0]; i++)
            NAME(gemm)(n[1], n[2], n[3], (real *)a[0] + i * n[4], n[5], n[6],
                       (real *)a[1] + i * n[7], n[8], n[9], (real *)a[2] + i * n[1] * n[2], n[2],
                       NULL, 0);
        return 0;
    }
    stack all = {n, a, most_of(1, LEAST_WORK / most_of(work, 1))};
    parallel(blocks_of(n[0], all.each), stack_chunk, &all);
    return 0;
}
