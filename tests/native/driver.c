/* The kernels without Python: products and elementary functions against simple loops, threads
against each other. It is what runs under ThreadSanitizer, and on processors that are not here.

Compiled twice, for float and for double. Prints what is wrong; ends with the number of it. */

#include "elementary.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static int wrong;

static uint64_t state = 88172645463325252u;
static double number(void) { /* in [-1, 1) */
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (double)(int64_t)state * 0x1p-63;
}

static void expect(const char *what, double found, double wanted, double limit) {
    if (found == wanted || (isnan(found) && isnan(wanted))) return;
    if (fabs(found - wanted) <= limit) return;
    if (wrong++ < 20)
        printf("%s of %d bytes: %.9g, not %.9g\n", what, (int)sizeof(real), found, wanted);
}

static real *filled(size n) {
    real *x = malloc(sizeof(real) * (size_t)most_of(n, 1));
    for (size i = 0; i < n; i++) x[i] = (real)number();
    return x;
}

/* ------------------------------------------------------------------ products */

static void check_product(size m, size n, size k, int left, int right, int add, int with_bias) {
    real *a = filled(m * k), *b = filled(k * n), *bias = filled(n), *c = filled(m * n);
    real *before = filled(m * n), *packed = filled(NAME(packed_size)(k, n));
    memcpy(before, c, sizeof(real) * (size_t)(m * n));
    size a_row = left ? 1 : k, a_column = left ? m : 1, b_row = right ? 1 : n;
    size b_column = right ? k : 1;
    for (int way = 0; way < 3; way++) {
        memcpy(c, before, sizeof(real) * (size_t)(m * n));
        real *given = with_bias ? bias : NULL;
        if (way == 0)
            NAME(gemm)(m, n, k, a, a_row, a_column, b, b_row, b_column, c, n, given, add);
        else if (way == 1)
            NAME(gemm_here)(m, n, k, a, a_row, a_column, b, b_row, b_column, c, n, given, add);
        else {
            NAME(pack)(k, n, b, b_row, b_column, packed);
            NAME(gemm_packed)(m, n, k, a, a_row, a_column, packed, c, n, given, add);
        }
        for (size i = 0; i < m; i++)
            for (size j = 0; j < n; j++) {
                double sum = (add ? before[i * n + j] : 0) + (with_bias ? bias[j] : 0);
                for (size p = 0; p < k; p++)
                    sum += (double)a[i * a_row + p * a_column] * b[p * b_row + j * b_column];
                expect("product", c[i * n + j], sum, EPSILON * (double)(k + 4));
            }
    }
    free(a), free(b), free(bias), free(c), free(before), free(packed);
}

static void check_products(void) {
    static const size sizes[] = {0, 1, 2, 5, 6, 7, 13, 14, 15, 16, 17, 31, 33, 48, 49, 70, 130};
    for (int i = 0; i < 300; i++) {
        size s[3];
        for (int j = 0; j < 3; j++) s[j] = sizes[(size)((number() + 1) * 0.5 * 17)];
        check_product(s[0], s[1], s[2], i & 1, i & 2, i & 4, i & 8);
    }
    check_product(70, 90, 600, 0, 0, 0, 1); /* several runs of k, all threads */
    check_product(150, 40, 300, 1, 1, 1, 0);
    for (int i = 0; i < 8; i++) { /* computed as columns by rows */
        check_product(1, 600, 40, i & 1, i & 2, i & 4, 1);
        check_product(9, 601, 100, i & 1, i & 2, i & 4, 0);
        check_product(64, 10, 300, i & 1, i & 2, i & 4, 1);
    }
}

/* ------------------------------------------------------------------ elementary functions */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

#define CHECK(function, exact, x)                                                                  \
    do {                                                                                           \
        real found = function(splat(x))[LANES - 1];                                                \
        double wanted = (double)(real)exact((double)(x));                                          \
        expect(#function, found, wanted, 16 * EPSILON * fabs(wanted) + (double)SMALLEST);          \
    } while (0)
#ifdef DOUBLE
#define SMALLEST 0x1p-1040
#else
#define SMALLEST 0x1p-130
#endif

static void check_functions(void) {
    static const double odd[] = {0.0, -0.0, 1, -1, 0.5, 1e-8, -1e-8, 30, -30, 87, -87, 200, -200};
    for (int i = 0; i < 20000; i++) {
        real x = (real)(i < 13 ? odd[i] : number() * (i % 3 ? 3 : 60));
        CHECK(vexp, exp, x);
        CHECK(vexpm1, expm1, x);
        CHECK(vsigmoid, sigmoid, x);
        CHECK(vtanh, tanh, x);
        CHECK(verf, erf, x);
        CHECK(vsoftplus, softplus, x);
        CHECK(vlog, log, (real)fabs((double)x));
        CHECK(vlog1p, log1p, (real)fabs((double)x));
    }
    real nan = (real)NAN;
    CHECK(vexp, exp, nan);
    CHECK(vtanh, tanh, nan);
    CHECK(vlog, log, (real)-1);
    CHECK(verf, erf, nan);
    CHECK(vexp, exp, (real)INFINITY);
    CHECK(vexp, exp, (real)-INFINITY);
    vec x = splat(nan), one = splat(1);
    expect("larger", larger(x, one)[0] + larger(one, x)[LANES - 1], NAN, 0);
    expect("smaller", smaller(one, splat(2))[LANES - 1], 1, 0);
    expect("sum_of", sum_of(one), (double)LANES, 0);
    expect("largest_of", largest_of(splat(3)), 3, 0);
}

int NAME(check)(void);
int NAME(check)(void) {
    check_products();
    check_functions();
    return wrong;
}

/* ------------------------------------------------------------------ threads */

#ifndef DOUBLE
int check_f64(void);

typedef struct {
    int64_t sums[200];
    size each;
} counting;

static void nested(void *context, size chunk) { ((counting *)context)->sums[chunk] += 1; }

static void count(void *context, size chunk) {
    counting *c = context;
    char *mine = scratch(2, 1000 + chunk * 100);
    memset(mine, (int)chunk, (size_t)(1000 + chunk * 100));
    for (size i = 0; i < c->each; i++) c->sums[chunk] += mine[i % 1000] == (char)chunk;
    if (chunk % 7 == 0) { /* within a chunk it runs at once */
        counting inner = {{0}, 1};
        parallel(5, nested, &inner);
        for (size i = 0; i < 5; i++) c->sums[chunk] += inner.sums[i] - 1;
    }
}

static void *caller(void *argument) {
    intptr_t me = (intptr_t)argument;
    intptr_t bad = 0;
    for (size round = 0; round < 1500; round++) {
        size chunks = 1 + (round * 7 + me) % 200;
        counting c = {{0}, 1 + round % 40};
        parallel(chunks, count, &c);
        for (size i = 0; i < 200; i++) bad += c.sums[i] != (i < chunks ? c.each : 0);
        if (round % 100 == 50) threads_set(1 + (round / 100 + me) % 5);
        if (round % 500 == 99) { /* until all sleep */
            struct timespec pause = {0, 2000000};
            nanosleep(&pause, NULL);
        }
    }
    return (void *)bad;
}

static int check_threads(void) {
    pthread_t threads[3];
    intptr_t bad = 0;
    threads_set(3);
    for (intptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, caller, (void *)i);
    for (int i = 0; i < 3; i++) {
        void *found;
        pthread_join(threads[i], &found);
        bad += (intptr_t)found;
    }
    if (bad) printf("threads: %ld chunks were not run once\n", (long)bad);
    return bad != 0;
}

int main(void) {
    int found = check_threads();
    threads_set(2);
    found += check_f32() + check_f64();
    printf("%d wrong, vectors of %d bytes\n", found, VECTOR_BYTES);
    return found != 0;
}
#endif
