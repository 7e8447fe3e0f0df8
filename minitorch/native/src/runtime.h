/* What every kernel is written in: the element type, vectors, threads, scratch memory.

A source is compiled twice, for float and (with -DDOUBLE) for double; `real` is that type and
NAME(gelu) the name of a function of it, gelu_f32 or gelu_f64. `vec` is as many of them as the
machine computes at once: the width follows from what the compiler was told of the processor, so the
same source is SSE2, AVX2, AVX-512 or NEON. Nothing here is particular to a processor or to Python. */

#ifndef RUNTIME_H
#define RUNTIME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t size;

#ifdef DOUBLE
typedef double real;
typedef int64_t whole; /* an integer of the same width: masks, bits */
#define NAME(name) name##_f64
#define EPSILON 0x1p-52
#else
typedef float real;
typedef int32_t whole;
#define NAME(name) name##_f32
#define EPSILON 0x1p-23f
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define LANES ((size)(VECTOR_BYTES / sizeof(real)))

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
typedef whole mask __attribute__((vector_size(VECTOR_BYTES))); /* of a comparison: -1 or 0 */
typedef real loose __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vec load(const real *p) { return *(const loose *)p; }
INLINE void store(real *p, vec x) { *(loose *)p = x; }
INLINE vec splat(real x) { return x - (vec){0}; } /* -0 stays -0 */

/* The first `n` < LANES numbers; the rest of the vector is `rest`. */
INLINE vec load_part(const real *p, size n, real rest) {
    vec x = splat(rest);
    for (size i = 0; i < n; i++) x[i] = p[i];
    return x;
}
INLINE void store_part(real *p, vec x, size n) {
    for (size i = 0; i < n; i++) p[i] = x[i];
}

/* where the condition holds x, else y: on the bits, so NaN and infinity pass unharmed. */
INLINE vec choose(mask m, vec x, vec y) { return (vec)(((mask)x & m) | ((mask)y & ~m)); }
/* The larger, NaN where one is NaN, as torch's max. */
INLINE vec larger(vec x, vec y) { return choose((x > y) | (x != x), x, y); }
INLINE vec smaller(vec x, vec y) { return choose((x < y) | (x != x), x, y); }

/* A vector in pieces of 16 bytes, which every machine has. */
typedef real piece __attribute__((vector_size(16)));
#define PIECES (VECTOR_BYTES / 16)

INLINE real sum_of(vec x) {
    piece part[PIECES];
    memcpy(part, &x, sizeof x);
    for (int i = 1; i < PIECES; i++) part[0] += part[i];
#ifdef DOUBLE
    return part[0][0] + part[0][1];
#else
    return (part[0][0] + part[0][2]) + (part[0][1] + part[0][3]);
#endif
}
INLINE real larger_of(real x, real y) { return x > y || x != x ? x : y; }
INLINE real largest_of(vec x) { /* NaN where one is */
    piece part[PIECES], top;
    memcpy(part, &x, sizeof x);
    top = part[0];
    for (int i = 1; i < PIECES; i++) {
        __typeof__(top > top) m = (top > part[i]) | (top != top);
        top = (piece)(((__typeof__(m))top & m) | ((__typeof__(m))part[i] & ~m));
    }
#ifdef DOUBLE
    return larger_of(top[0], top[1]);
#else
    return larger_of(larger_of(top[0], top[2]), larger_of(top[1], top[3]));
#endif
}

INLINE size least_of(size x, size y) { return x < y ? x : y; }
INLINE size most_of(size x, size y) { return x > y ? x : y; }
INLINE size blocks_of(size n, size each) { return (n + each - 1) / each; }

/* ------------------------------------------------------------------ threads: pool.c */

/* Call run(context, i) for every i below `chunks`, on all threads, and return when all are done.
Which thread takes which chunk is not known, so a result must not depend on it: cut the work by its
size, never by the number of threads, and the same numbers come out of any number of them. Within a
chunk, and while another thread's call is at work, it runs on the calling thread alone. */
typedef void (*task)(void *context, size chunk);
void parallel(size chunks, task run, void *context);

size threads_wanted(void);      /* the number of threads, the calling one included */
void threads_set(size n);

/* Memory of this thread, at least so many bytes, aligned to 64; each slot is one block that stays.
What is in it lasts until the thread asks for the same slot again. Slots 0 and 1 are the matrix
products' own. */
#define SLOTS 8
void *scratch(int slot, size bytes);

/* Where a kernel finds no memory it is left, from any depth and on any thread, by no_memory():
`scratch` and `memory_of`, a malloc, do so. What it had of malloc by then is lost. */
__attribute__((noreturn)) void no_memory(void);
INLINE void *memory_of(size bytes) {
    void *found = malloc((size_t)bytes);
    if (!found) no_memory();
    return found;
}

/* ------------------------------------------------------------------ kernels: registry.c */

/* What Python calls, by kernel_run, which returns 0 where there was no memory: arrays by their first element (NULL for None), then integers, then numbers, in
the order of the call. What it returns arrives in Python as an int. */
typedef size (*kernel)(void **arrays, const size *n, const double *numbers);
void kernel_add(const char *name, kernel run, int is_double, int strided);
int kernel_run(kernel run, void **arrays, const size *n, const double *numbers, size *found);
kernel kernel_get(int i, const char **name, int *is_double, int *strided); /* NULL after the last */

/* `KERNEL(gelu) { ... }` defines a kernel whose arrays are contiguous, STRIDED_KERNEL one that is
told the strides among its integers. */
#ifdef DOUBLE
#define IS_DOUBLE 1
#else
#define IS_DOUBLE 0
#endif
#define DEFINE_KERNEL(name, strided)                                                                \
    static size NAME(kernel_##name)(void **, const size *, const double *);                         \
    __attribute__((constructor)) static void NAME(add_##name)(void) {                               \
        kernel_add(#name, NAME(kernel_##name), IS_DOUBLE, strided);                                 \
    }                                                                                               \
    static size NAME(kernel_##name)(                                                                \
        __attribute__((unused)) void **a, __attribute__((unused)) const size *n,                    \
        __attribute__((unused)) const double *s)
#define KERNEL(name) DEFINE_KERNEL(name, 0)
#define STRIDED_KERNEL(name) DEFINE_KERNEL(name, 1)

/* ------------------------------------------------------------------ products: gemm.c */

/* c (m, n) = a (m, k) b (k, n), + bias (n) if that is not NULL, + c if `add`. a and b by the
distance of two rows and of two columns, in elements; c has its columns next to each other.
`gemm` uses all threads, `gemm_here` the calling one. */
void NAME(gemm)(size m, size n, size k, const real *a, size a_row, size a_column, const real *b,
                size b_row, size b_column, real *c, size c_row, const real *bias, int add);
void NAME(gemm_here)(size m, size n, size k, const real *a, size a_row, size a_column,
                     const real *b, size b_row, size b_column, real *c, size c_row,
                     const real *bias, int add);

/* The same with b laid out once for many products: pack it into `packed_size(k, n)` elements. */
size NAME(packed_size)(size k, size n);
void NAME(pack)(size k, size n, const real *b, size b_row, size b_column, real *packed);
void NAME(gemm_packed)(size m, size n, size k, const real *a, size a_row, size a_column,
                       const real *packed, real *c, size c_row, const real *bias, int add);

#endif
