/* What the library of the kernels for double takes from the one for float, which is loaded first: its
threads and its scratch memory, so that there is one pool, and the way out without memory. It keeps a registry of its own. */

#include "runtime.h"

static void (*lent_parallel)(size, task, void *);
static void *(*lent_scratch)(int, size);
static size (*lent_threads_wanted)(void);
static void (*lent_no_memory)(void);

void borrow(void parallel_(size, task, void *), void *scratch_(int, size), size wanted_(void),
            void no_memory_(void)) {
    lent_parallel = parallel_;
    lent_scratch = scratch_;
    lent_threads_wanted = wanted_;
    lent_no_memory = no_memory_;
}

void parallel(size chunks, task run, void *context) { lent_parallel(chunks, run, context); }
void *scratch(int slot, size bytes) { return lent_scratch(slot, bytes); }
size threads_wanted(void) { return lent_threads_wanted(); }
void no_memory(void) {
    lent_no_memory();
    abort();
}
