/* NumPy's memory, kept for the next array.

A training step makes the same arrays again and again; each large one costs the system a page fault
for every 4 KB, which is more than most kernels take to fill it. So blocks that arrays leave behind
wait here, by size, for the next array of that size. Blocks start at different offsets of a page,
since equal ones share sets of the cache. What waits is bounded, and a thread of our own gives back
what has waited for some seconds. Small requests stay with NumPy, which caches those itself. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NO_IMPORT_ARRAY
#define PY_ARRAY_UNIQUE_SYMBOL minitorch_array_api
#include <numpy/arrayobject.h>

#include "memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define SMALL 4096                  /* bytes; below, NumPy's own */
#define MAPPED ((size_t)1 << 20)    /* from here on each block is a mapping of its own */
#define MOST_WAITING ((size_t)256 << 20)
#define LITTLE ((size_t)8 << 20) /* what may wait for good */
#define CLASSES 128
#define TICK_S 1
#define PATIENCE 5 /* ticks: who waits for input or a turn has his memory still */
#define ROOM 1024 /* bytes before the data: a head, and the offset in the page */

typedef struct block {
    struct block *next;
    void *base;
    size_t bytes; /* of the data */
    uint64_t since; /* the tick it was left at */
    uint64_t unused[3];
    uint64_t tag; /* the word before the data: whose it is */
} block; /* the 64 bytes right before the data */

typedef struct {
    uint64_t bytes, tag;
} small_head; /* the 16 bytes before small data, which is NumPy's */

enum { LARGE = 0x6d696e69, SMALL_ONE = 0x746f7263 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t much; /* more than a little waits */
    int on;              /* else nothing is kept */
    int keeper;          /* the thread that gives back: none, at work, asleep, cannot be had */
    uint64_t tick;
    block *waiting[CLASSES];
    size_t waiting_bytes, live_bytes, live_peak;
    uint64_t made, reused;
    PyDataMem_Handler *numpys;
    PyObject *ours;
} cache = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};

enum { NONE, AT_WORK, ASLEEP, UNAVAILABLE };

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

/* Give back a chain of blocks; the lock is not held, since that takes long. */
static void give_back_all(block *chain) {
    size_t of_malloc = 0;
    while (chain) {
        block *b = chain;
        chain = b->next;
        if (b->bytes < MAPPED) of_malloc += b->bytes;
        give_back(b);
    }
#ifdef __GLIBC__
    if (of_malloc >= MAPPED) malloc_trim(0);
#else
    (void)of_malloc;
#endif
}

/* Take out what has waited since `tick` or before, as a chain. The lock is held. */
static block *take_out(uint64_t tick) {
    block *chain = NULL;
    for (int i = 0; i < CLASSES; i++)
        for (block **at = &cache.waiting[i]; *at;) {
            block *b = *at;
            if (b->since > tick) {
                at = &b->next;
                continue;
            }
            *at = b->next;
            cache.waiting_bytes -= b->bytes;
            b->next = chain;
            chain = b;
        }
    return chain;
}

static void *keep(void *none) {
    (void)none;
    for (;;) {
        pthread_mutex_lock(&cache.lock);
        while (cache.waiting_bytes <= LITTLE) {
            cache.keeper = ASLEEP;
            pthread_cond_wait(&cache.much, &cache.lock);
        }
        cache.keeper = AT_WORK;
        cache.tick++;
        block *chain = cache.tick > PATIENCE ? take_out(cache.tick - PATIENCE) : NULL;
        pthread_mutex_unlock(&cache.lock);
        give_back_all(chain);
        nanosleep(&(struct timespec){TICK_S, 0}, NULL);
    }
    return NULL;
}

/* Let the keeper look, now that more than a little waits. The lock is held. */
static void call_keeper(void) {
    if (cache.keeper == ASLEEP) {
        cache.keeper = AT_WORK;
        pthread_cond_signal(&cache.much);
    }
    if (cache.keeper != NONE) return;
    sigset_t all, before; /* signals are for the program's own threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    cache.keeper = pthread_create(&thread, NULL, keep, NULL) ? UNAVAILABLE : AT_WORK;
    if (cache.keeper == AT_WORK) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
            give_back_all(take_out(UINT64_MAX));
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
    block *b = head_of(data), *chain = NULL;
    size_t bytes = b->bytes;
    int at = class_of(&bytes);
    pthread_mutex_lock(&cache.lock);
    cache.live_bytes -= b->bytes;
    int full = cache.waiting_bytes + b->bytes > MOST_WAITING;
    if (at < 0 || b->bytes > MOST_WAITING / 4 || !cache.on || full) {
        if (full && cache.keeper == UNAVAILABLE) chain = take_out(UINT64_MAX);
        b->next = chain;
        chain = b;
    } else {
        b->since = cache.tick;
        b->next = cache.waiting[at];
        cache.waiting[at] = b;
        cache.waiting_bytes += b->bytes;
        if (cache.waiting_bytes > LITTLE && cache.keeper != AT_WORK) call_keeper();
    }
    pthread_mutex_unlock(&cache.lock);
    if (chain) give_back_all(chain);
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
    if (!is_small(data) && bytes <= before && bytes > before / 2) return data;
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
static void in_parent(void) { pthread_mutex_unlock(&cache.lock); }
static void in_child(void) {
    pthread_mutex_init(&cache.lock, NULL);
    pthread_cond_init(&cache.much, NULL);
    cache.keeper = NONE;
}

/* NumPy keeps the handler by thread, or rather by context: the others follow when they next run a
kernel. `turn` counts what was asked for. */
static unsigned turn;
static _Thread_local unsigned followed;

static int set_handler(void) {
    PyObject *before = PyDataMem_SetHandler(cache.on ? cache.ours : NULL); /* NULL: NumPy's own */
    if (!before) return -1;
    Py_DECREF(before);
    followed = turn;
    return 0;
}

void memory_follow(void) {
    if (followed != turn && set_handler()) PyErr_Clear();
}

static PyObject *turned(int on) {
    cache.on = on;
    turn++;
    if (set_handler()) return NULL;
    Py_RETURN_NONE;
}

PyObject *memory_on(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    if (!cache.ours) {
        cache.numpys = PyCapsule_GetPointer(PyDataMem_DefaultHandler, "mem_handler");
        cache.ours = cache.numpys ? PyCapsule_New(&handler, "mem_handler", NULL) : NULL;
        if (!cache.ours) return NULL;
        pthread_atfork(before_fork, in_parent, in_child);
    }
    return turned(1);
}

PyObject *memory_off(PyObject *self, PyObject *none) {
    if (!cache.ours) Py_RETURN_NONE;
    Py_XDECREF(memory_trim(self, none));
    return turned(0);
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
    block *chain = take_out(UINT64_MAX);
    pthread_mutex_unlock(&cache.lock);
    give_back_all(chain);
    Py_RETURN_NONE;
}
