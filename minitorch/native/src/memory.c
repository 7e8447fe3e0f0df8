/* NumPy's memory, kept for the next array.

A training step makes the same arrays again and again; each large one costs the system a page fault
for every 4 KB, which is more than most kernels take to fill it. So blocks that arrays leave behind
wait here, by size, for the next array of that size. Blocks start at different offsets of a page,
since equal ones share sets of the cache. What waits is bounded; what waited for a second is given
back; small requests stay with NumPy, which caches those itself. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NO_IMPORT_ARRAY
#define PY_ARRAY_UNIQUE_SYMBOL minitorch_array_api
#include <numpy/arrayobject.h>

#include "memory.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SMALL 4096                  /* bytes; below, NumPy's own */
#define MAPPED ((size_t)1 << 20)    /* from here on each block is a mapping of its own */
#define MOST_WAITING ((size_t)256 << 20)
#define CLASSES 128
#define PATIENCE_NS 1000000000u
#define ROOM 1024 /* bytes before the data: a head, and the offset in the page */

typedef struct block {
    struct block *next;
    void *base;
    size_t bytes; /* of the data */
    uint64_t since;
    uint64_t unused[3];
    uint64_t tag; /* the word before the data: whose it is */
} block; /* the 64 bytes right before the data */

typedef struct {
    uint64_t bytes, tag;
} small_head; /* the 16 bytes before small data, which is NumPy's */

enum { LARGE = 0x6d696e69, SMALL_ONE = 0x746f7263 };

static struct {
    pthread_mutex_t lock;
    block *waiting[CLASSES];
    size_t waiting_bytes, live_bytes, live_peak;
    uint64_t made, reused, frees, swept;
    PyDataMem_Handler *numpys;
    PyObject *before;
} cache = {PTHREAD_MUTEX_INITIALIZER};

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Four sizes for each doubling; `*bytes` becomes the class's. -1 for what is too large. */
static int class_of(size_t *bytes) {
    size_t n = *bytes - 1;
    if (n >> 40) return -1;
    int top = 63 - __builtin_clzll((unsigned long long)n);
    int step = top - 2;
    size_t part = (n >> step) + 1; /* 5 to 8 */
    *bytes = part << step;
    int found = (top - 11) * 4 + (int)part - 5;
    return found < CLASSES ? found : -1;
}

static block *head_of(void *data) { return (block *)((char *)data - 64); }

static void give_back(block *b) {
    if (b->bytes >= MAPPED)
        munmap(b->base, b->bytes + ROOM);
    else
        free(b->base);
}

/* Give back what has waited since before `limit`. The lock is held. */
static void sweep(uint64_t limit) {
    for (int i = 0; i < CLASSES; i++)
        for (block **at = &cache.waiting[i]; *at;) {
            block *b = *at;
            if (b->since > limit) {
                at = &b->next;
                continue;
            }
            *at = b->next;
            cache.waiting_bytes -= b->bytes;
            give_back(b);
        }
}

static void *fresh(size_t bytes) {
    void *base;
    if (bytes >= MAPPED) {
        base = mmap(NULL, bytes + ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED) return NULL;
#ifdef MADV_HUGEPAGE
        madvise(base, bytes + ROOM, MADV_HUGEPAGE);
#endif
    } else if (posix_memalign(&base, 64, bytes + ROOM)) {
        return NULL;
    }
    size_t offset = 64 + (cache.made++ % 8) * 128; /* 64 to 960 */
    block *b = (block *)((char *)base + offset - 64);
    b->base = base;
    b->bytes = bytes;
    b->tag = LARGE;
    return (char *)b + 64;
}

/* A block for `bytes`; `*is_zero` tells that it is new from the system. */
static void *take(size_t bytes, int *is_zero) {
    int at = class_of(&bytes);
    pthread_mutex_lock(&cache.lock);
    block *b = at < 0 ? NULL : cache.waiting[at];
    void *data;
    *is_zero = 0;
    if (b) {
        cache.waiting[at] = b->next;
        cache.waiting_bytes -= b->bytes;
        cache.reused++;
        data = (char *)b + 64;
    } else {
        data = fresh(bytes);
        if (!data && cache.waiting_bytes) {
            sweep(UINT64_MAX);
            data = fresh(bytes);
        }
        *is_zero = bytes >= MAPPED;
    }
    if (data) {
        cache.live_bytes += bytes;
        if (cache.live_bytes > cache.live_peak) cache.live_peak = cache.live_bytes;
    }
    pthread_mutex_unlock(&cache.lock);
    return data;
}

static void leave(void *data) {
    block *b = head_of(data);
    size_t bytes = b->bytes;
    int at = class_of(&bytes);
    pthread_mutex_lock(&cache.lock);
    cache.live_bytes -= b->bytes;
    if (at < 0 || b->bytes > MOST_WAITING / 4) {
        pthread_mutex_unlock(&cache.lock);
        give_back(b);
        return;
    }
    if (++cache.frees % 64 == 0 || cache.waiting_bytes + b->bytes > MOST_WAITING) {
        uint64_t t = now();
        if (t - cache.swept > PATIENCE_NS / 4) {
            cache.swept = t;
            sweep(t - PATIENCE_NS);
        }
        if (cache.waiting_bytes + b->bytes > MOST_WAITING) sweep(UINT64_MAX);
    }
    b->since = cache.swept;
    b->next = cache.waiting[at];
    cache.waiting[at] = b;
    cache.waiting_bytes += b->bytes;
    pthread_mutex_unlock(&cache.lock);
}

static void *mark(small_head *head, size_t bytes) {
    if (!head) return NULL;
    head->bytes = bytes;
    head->tag = SMALL_ONE;
    return head + 1;
}

static int is_small(void *data) { return ((small_head *)data - 1)->tag == SMALL_ONE; }

static void *on_malloc(void *context, size_t bytes) {
    (void)context;
    int is_zero;
    if (bytes >= SMALL) return take(bytes, &is_zero);
    PyDataMemAllocator *numpys = &cache.numpys->allocator;
    return mark(numpys->malloc(numpys->ctx, bytes + sizeof(small_head)), bytes);
}

static void *on_calloc(void *context, size_t count, size_t each) {
    (void)context;
    if (each && count > SIZE_MAX / 2 / each) return NULL;
    size_t bytes = count * each;
    int is_zero;
    if (bytes < SMALL) {
        PyDataMemAllocator *numpys = &cache.numpys->allocator;
        return mark(numpys->calloc(numpys->ctx, 1, bytes + sizeof(small_head)), bytes);
    }
    void *data = take(bytes, &is_zero);
    if (data && !is_zero) memset(data, 0, bytes);
    return data;
}

static void on_free(void *context, void *data, size_t bytes) {
    (void)context, (void)bytes;
    if (!data) return;
    if (!is_small(data)) {
        leave(data);
        return;
    }
    small_head *head = (small_head *)data - 1;
    PyDataMemAllocator *numpys = &cache.numpys->allocator;
    numpys->free(numpys->ctx, head, head->bytes + sizeof(small_head));
}

static void *on_realloc(void *context, void *data, size_t bytes) {
    if (!data) return on_malloc(context, bytes);
    size_t before = is_small(data) ? ((small_head *)data - 1)->bytes : head_of(data)->bytes;
    void *other = on_malloc(context, bytes);
    if (!other) return NULL;
    memcpy(other, data, before < bytes ? before : bytes);
    on_free(context, data, before);
    return other;
}

static PyDataMem_Handler handler = {
    "minitorch", 1, {NULL, on_malloc, on_calloc, on_realloc, on_free}};

/* ------------------------------------------------------------------ for Python */

static void before_fork(void) { pthread_mutex_lock(&cache.lock); }
static void after_fork(void) { pthread_mutex_unlock(&cache.lock); }

PyObject *memory_on(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    if (cache.before) Py_RETURN_NONE;
    if (!cache.numpys) {
        PyObject *default_ = PyDataMem_DefaultHandler;
        cache.numpys = PyCapsule_GetPointer(default_, "mem_handler");
        if (!cache.numpys) return NULL;
        pthread_atfork(before_fork, after_fork, after_fork);
    }
    PyObject *capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    if (!capsule) return NULL;
    cache.before = PyDataMem_SetHandler(capsule);
    Py_DECREF(capsule);
    if (!cache.before) return NULL;
    Py_RETURN_NONE;
}

PyObject *memory_off(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    if (!cache.before) Py_RETURN_NONE;
    PyObject *ours = PyDataMem_SetHandler(cache.before);
    Py_CLEAR(cache.before);
    if (!ours) return NULL;
    Py_DECREF(ours);
    Py_RETURN_NONE;
}

PyObject *memory_stats(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    pthread_mutex_lock(&cache.lock);
    size_t live = cache.live_bytes, peak = cache.live_peak, waiting = cache.waiting_bytes;
    uint64_t made = cache.made, reused = cache.reused;
    pthread_mutex_unlock(&cache.lock);
    return Py_BuildValue("{s:n,s:n,s:n,s:K,s:K}", "live", (Py_ssize_t)live, "peak",
                         (Py_ssize_t)peak, "waiting", (Py_ssize_t)waiting, "made",
                         (unsigned long long)made, "reused", (unsigned long long)reused);
}

PyObject *memory_trim(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    pthread_mutex_lock(&cache.lock);
    sweep(UINT64_MAX);
    pthread_mutex_unlock(&cache.lock);
    Py_RETURN_NONE;
}
