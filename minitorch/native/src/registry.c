/* The kernels by name. Each source adds its own while the library is loaded. */

#include "runtime.h"

#define MOST_KERNELS 512

static struct {
    const char *name;
    kernel run;
    int is_double, strided;
} table[MOST_KERNELS];
static int count;

void kernel_add(const char *name, kernel run, int is_double, int strided) {
    if (count == MOST_KERNELS) abort();
    table[count].name = name;
    table[count].run = run;
    table[count].is_double = is_double;
    table[count].strided = strided;
    count++;
}

kernel kernel_get(int i, const char **name, int *is_double, int *strided) {
    if (i >= count) return NULL;
    *name = table[i].name;
    *is_double = table[i].is_double;
    *strided = table[i].strided;
    return table[i].run;
}
