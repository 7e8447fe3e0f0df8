/* The threads. One pool for all kernels: two pools that spin take each other's cores.

A call hands out its chunks from one range per thread, so that in a chain of calls over the same
array a thread meets what it wrote before; who is done with his own range takes from the others'.
Nobody waits for a thread that has not come: a neighbour who keeps a core busy costs that core, no
more. A thread that finds no work spins for some ten microseconds, then sleeps. */

#define _GNU_SOURCE /* sched_getaffinity */
#include "runtime.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 64
#define SPIN_NS 60000 /* between two kernels of a training step pass 5 to 50 us of Python */

#if defined(__x86_64__) || defined(__i386__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ volatile("yield")
#else
#define relax() ((void)0)
#endif

/* A range's next chunk, with the number of the call it belongs to above it: a thread that comes
late can take nothing of a call that is over. */
typedef struct {
    _Atomic uint64_t next;
    char apart[56]; /* a cache line each */
} range;

static struct {
    pthread_mutex_t calling;  /* held by the thread whose call is at work */
    pthread_mutex_t sleeping; /* guards `asleep` and the conditions */
    pthread_cond_t wake;      /* there is a call */
    pthread_cond_t wanting;   /* more threads are wanted than were */
    int asleep;
    size workers;
    _Atomic size wanted;
    _Atomic uint32_t call;
    _Atomic size left; /* chunks that are not done */
    range ranges[MOST_THREADS];
    _Atomic size stop[MOST_THREADS];
    _Atomic size parts;
    _Atomic int lacked; /* a chunk found no memory */
    task run;
    void *context;
} pool = {.calling = PTHREAD_MUTEX_INITIALIZER, .sleeping = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER, .wanting = PTHREAD_COND_INITIALIZER};

static _Thread_local int inside; /* this thread is at work on a chunk */
static _Thread_local jmp_buf *way_out;

void no_memory(void) {
    if (!way_out) abort();
    _longjmp(*way_out, 1);
}

int kernel_run(kernel run, void **arrays, const size *n, const double *numbers, size *found) {
    jmp_buf here, *before = way_out;
    int was_inside = inside;
    if (_setjmp(here)) {
        way_out = before;
        inside = was_inside;
        return 0;
    }
    way_out = &here;
    *found = run(arrays, n, numbers);
    way_out = before;
    return 1;
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Take chunks of call `number` until there are none, the own range's first. */
static void work(size me, uint32_t number) {
    inside = 1;
    size parts = pool.parts;
    for (size step = 0; step < parts; step++) {
        size at = (me + step) % parts;
        for (;;) {
            uint64_t next = atomic_load_explicit(&pool.ranges[at].next, memory_order_acquire);
            if ((uint32_t)(next >> 32) != number) goto over;
            size chunk = (size)(next & 0xffffffffu);
            if (chunk >= atomic_load_explicit(&pool.stop[at], memory_order_relaxed)) break;
            if (!atomic_compare_exchange_weak(&pool.ranges[at].next, &next, next + 1)) continue;
            pool.run(pool.context, chunk);
            atomic_fetch_sub_explicit(&pool.left, 1, memory_order_release);
        }
    }
over:
    inside = 0;
}

/* The same; a chunk that finds no memory counts as done. */
static void attempt(size me, uint32_t number) {
    jmp_buf here, *before = way_out;
    if (_setjmp(here)) {
        atomic_store(&pool.lacked, 1);
        atomic_fetch_sub_explicit(&pool.left, 1, memory_order_release);
    }
    way_out = &here;
    work(me, number);
    way_out = before;
}

/* Sleep while fewer threads are wanted than there are. */
static void stand_aside(size me) {
    pthread_mutex_lock(&pool.sleeping);
    while (me >= pool.wanted) pthread_cond_wait(&pool.wanting, &pool.sleeping);
    pthread_mutex_unlock(&pool.sleeping);
}

static void *worker(void *argument) {
    size me = (size)(intptr_t)argument;
    uint32_t seen = 0;
    for (;;) {
        if (me >= pool.wanted) stand_aside(me);
        uint64_t since = 0;
        int spins = 0;
        uint32_t number;
        while ((number = atomic_load_explicit(&pool.call, memory_order_acquire)) == seen) {
            relax();
            if (++spins % 64) continue;
            uint64_t t = now();
            if (!since) since = t;
            if (t - since < SPIN_NS) continue;
            pthread_mutex_lock(&pool.sleeping);
            pool.asleep++;
            while (atomic_load(&pool.call) == seen) pthread_cond_wait(&pool.wake, &pool.sleeping);
            pool.asleep--;
            pthread_mutex_unlock(&pool.sleeping);
            since = 0;
        }
        seen = number;
        if (me < pool.wanted) attempt(me, number);
    }
    return NULL;
}

/* A child has only the thread that forked: it starts with an empty pool, which fills when used. */
static void in_child(void) {
    pthread_mutex_init(&pool.calling, NULL);
    pthread_mutex_init(&pool.sleeping, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.wanting, NULL);
    pool.asleep = 0;
    pool.workers = 0;
    pool.lacked = 0;
    for (size i = 0; i < MOST_THREADS; i++) atomic_store(&pool.ranges[i].next, 0);
    inside = 0;
}

/* The cores that this process may use: a container may be held to fewer than it sees. */
static size cores(void) {
    size found = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) found = CPU_COUNT(&set);
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    long long quota, period;
    if (file && fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0)
        found = least_of(found, blocks_of(quota, period));
    if (file) fclose(file);
#endif
    return found;
}

__attribute__((constructor)) static void start(void) {
    pthread_atfork(NULL, NULL, in_child);
    const char *told = getenv("OMP_NUM_THREADS"); /* as torch does */
    size n = told ? atoll(told) : 0;
    pool.wanted = most_of(1, least_of(n > 0 ? n : cores(), MOST_THREADS));
}

size threads_wanted(void) { return pool.wanted; }

void threads_set(size n) {
    pthread_mutex_lock(&pool.calling); /* not while a call is at work */
    pthread_mutex_lock(&pool.sleeping);
    pool.wanted = most_of(1, least_of(n, MOST_THREADS));
    pthread_cond_broadcast(&pool.wanting);
    pthread_mutex_unlock(&pool.sleeping);
    pthread_mutex_unlock(&pool.calling);
}

/* Start the threads that are missing; fewer, where the system gives no more. Signals are for the
program's own threads: one that came to a worker would interrupt nobody's sleep. */
static void grow(void) {
    if (pool.workers >= pool.wanted - 1) return;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t how;
    pthread_attr_init(&how);
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    while (pool.workers < pool.wanted - 1) {
        pthread_t thread;
        if (pthread_create(&thread, &how, worker, (void *)(intptr_t)(pool.workers + 1))) {
            pool.wanted = pool.workers + 1;
            break;
        }
        pool.workers++;
    }
    pthread_attr_destroy(&how);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void parallel(size chunks, task run, void *context) {
    if (chunks <= 0) return;
    if (chunks == 1 || inside || pool.wanted == 1 || chunks > 0x7fffffff ||
        pthread_mutex_trylock(&pool.calling)) {
        int before = inside;
        inside = 1;
        for (size i = 0; i < chunks; i++) run(context, i);
        inside = before;
        return;
    }
    grow();
    size parts = least_of(pool.wanted, chunks);
    pool.run = run;
    pool.context = context;
    pool.parts = parts;
    atomic_store_explicit(&pool.left, chunks, memory_order_relaxed);
    uint32_t number = atomic_load_explicit(&pool.call, memory_order_relaxed) + 1;
    if (!number) number = 1; /* a new thread has seen call 0 */
    for (size i = 0; i < parts; i++) atomic_store(&pool.ranges[i].next, 0); /* before its stop */
    for (size i = 0; i < parts; i++) {
        atomic_store_explicit(&pool.stop[i], (i + 1) * chunks / parts, memory_order_relaxed);
        uint64_t first = (uint64_t)number << 32 | (uint64_t)(i * chunks / parts);
        atomic_store_explicit(&pool.ranges[i].next, first, memory_order_release);
    }
    atomic_store(&pool.call, number);
    pthread_mutex_lock(&pool.sleeping);
    if (pool.asleep) pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.sleeping);
    attempt(0, number);
    for (int spins = 0; atomic_load_explicit(&pool.left, memory_order_acquire);) {
        relax();
        if (++spins % 2048 == 0) sched_yield(); /* the thread we wait for may want this core */
    }
    int lacked = atomic_exchange(&pool.lacked, 0);
    pthread_mutex_unlock(&pool.calling);
    if (lacked) no_memory();
}

/* ------------------------------------------------------------------ scratch memory */

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
typedef struct {
    void *block[SLOTS];
    size bytes[SLOTS];
} blocks;

/* Under AddressSanitizer what was not asked for may not be touched. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
static void fence(char *block, size bytes, size room) {
    __asan_unpoison_memory_region(block, (size_t)bytes);
    __asan_poison_memory_region(block + bytes, (size_t)(room - bytes));
}
#else
static void fence(char *block, size bytes, size room) { (void)block, (void)bytes, (void)room; }
#endif

static void free_blocks(void *of_thread) {
    blocks *mine = of_thread;
    for (int i = 0; i < SLOTS; i++) {
        fence(mine->block[i], mine->bytes[i], mine->bytes[i]);
        free(mine->block[i]);
    }
    free(mine);
}
static void make_key(void) { pthread_key_create(&key, free_blocks); }

void *scratch(int slot, size bytes) {
    pthread_once(&key_once, make_key);
    blocks *mine = pthread_getspecific(key);
    if (!mine) {
        mine = calloc(1, sizeof *mine);
        if (!mine) no_memory();
        pthread_setspecific(key, mine);
    }
    if (mine->bytes[slot] < bytes) {
        fence(mine->block[slot], mine->bytes[slot], mine->bytes[slot]);
        free(mine->block[slot]);
        mine->bytes[slot] = 0;
        size room = blocks_of(bytes + bytes / 4, 4096) * 4096;
        mine->block[slot] = aligned_alloc(64, (size_t)room);
        if (!mine->block[slot]) no_memory();
        mine->bytes[slot] = room;
    }
    fence(mine->block[slot], bytes, mine->bytes[slot]);
    return mine->block[slot];
}
