/* Numbers of vectors in another order. */

#ifndef SHUFFLES_H
#define SHUFFLES_H

#include "runtime.h"

/* Numbers of two vectors in an order given by constants; those of the second come after the first's.
gcc wants the order as a vector, of the type `as`. */
#ifdef __clang__
#define MIX_AS(as, x, y, order...) __builtin_shufflevector(x, y, order)
#else
#define MIX_AS(as, x, y, order...) __builtin_shuffle(x, y, (as){order})
#endif
#define MIX(x, y, order...) MIX_AS(mask, x, y, order)

/* MIX(x, y, LOW), MIX(x, y, HIGH): the numbers of x and y in turn, the first ones and the last; with
EVEN and ODD the way back. */
#if defined(DOUBLE) && VECTOR_BYTES == 16
#define LOW 0, 2
#define HIGH 1, 3
#define EVEN 0, 2
#define ODD 1, 3
#elif (defined(DOUBLE) && VECTOR_BYTES == 32) || (!defined(DOUBLE) && VECTOR_BYTES == 16)
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#elif defined(DOUBLE) || VECTOR_BYTES == 32
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#else
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#endif

/* ------------------------------------------------------------------ rows as columns */

typedef real quad __attribute__((vector_size(4 * sizeof(real))));
typedef real loose_quad
    __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef whole quad_order __attribute__((vector_size(4 * sizeof(real))));
#define MIX_FOURS(x, y, order...) MIX_AS(quad_order, x, y, order)

/* Four rows of TURNED numbers as columns of four. */
#if VECTOR_BYTES >= 32 && !defined(DOUBLE)
#define TURNED 8
typedef real oct __attribute__((vector_size(8 * sizeof(real))));
typedef real loose_oct
    __attribute__((vector_size(8 * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef whole oct_order __attribute__((vector_size(8 * sizeof(real))));
#define MIX_EIGHTS(x, y, order...) MIX_AS(oct_order, x, y, order)

INLINE void turn(const real *from, size from_row, real *to, size to_row) {
    oct row[4], pairs[4], columns[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) row[i] = *(const loose_oct *)(from + i * from_row);
#pragma GCC unroll 2
    for (int i = 0; i < 4; i += 2) {
        pairs[i] = MIX_EIGHTS(row[i], row[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1] = MIX_EIGHTS(row[i], row[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        columns[2 * i] = MIX_EIGHTS(pairs[i], pairs[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        columns[2 * i + 1] = MIX_EIGHTS(pairs[i], pairs[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        quad half[2];
        memcpy(half, &columns[i], sizeof half);
        *(loose_quad *)(to + i * to_row) = half[0];
        *(loose_quad *)(to + (4 + i) * to_row) = half[1];
    }
}
#else
#define TURNED 4

INLINE void turn(const real *from, size from_row, real *to, size to_row) {
    quad row[4], pairs[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) row[i] = *(const loose_quad *)(from + i * from_row);
#pragma GCC unroll 2
    for (int i = 0; i < 4; i += 2) {
        pairs[i] = MIX_FOURS(row[i], row[i + 1], 0, 4, 1, 5);
        pairs[i + 1] = MIX_FOURS(row[i], row[i + 1], 2, 6, 3, 7);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        *(loose_quad *)(to + 2 * i * to_row) = MIX_FOURS(pairs[i], pairs[i + 2], 0, 1, 4, 5);
        *(loose_quad *)(to + (2 * i + 1) * to_row) = MIX_FOURS(pairs[i], pairs[i + 2], 2, 3, 6, 7);
    }
}
#endif

#endif
