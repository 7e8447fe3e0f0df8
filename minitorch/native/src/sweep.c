/* `graph.sweep` without the interpreter between its steps: the plain backward pass.

What is done is what minitorch/graph.py says, node by node in the same order. Gradients that are
themselves differentiated, captured or looked at for NaN are swept there; hooks, sums to a broadcast
shape and several outputs are its functions here too. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NO_IMPORT_ARRAY
#define PY_ARRAY_UNIQUE_SYMBOL minitorch_array_api
#include <numpy/arrayobject.h>

#include "engine.h"
#include "runtime.h"

#define SMALL_SUM 8192   /* elements; larger ones are added by graph's own function */
#define SMALL_BIAS 32768 /* as `sums.py` has it; larger ones are summed by a row */

enum { PLAN, EDGES, SAVED, VERSIONS, SHAPE, DTYPE, OUTPUTS, SEQUENCE, HOOKS, NODE_HOOKS, FIELDS };
static const char *const field_names[FIELDS] = {
    "plan",    "edges",    "saved", "versions", "shape", "dtype",
    "outputs", "sequence", "hooks", "node_hooks"};

static struct {
    PyObject *names;           /* the module graph's */
    PyObject *sweep, *state;   /* its function, and the thread's switches */
    PyTypeObject *node, *leaf; /* Node, AccumulateGrad */
    PyObject *text[FIELDS];
    Py_ssize_t at[2][FIELDS]; /* in a Node, in a leaf; -1 where the class says it */
    PyObject *text_backward, *text_accumulate, *text_complete, *text_is_leaf;
    Py_ssize_t of_leaf, post_hooks; /* in a leaf's node */
    PyObject *acquire, *release;    /* the lock that is held while gradients are added */
    kernel sum_rows;
} graph;

/* A field of any node, borrowed where it is a slot: `*held` is what to let go of. */
static PyObject *field(PyObject *node, int which, PyObject **held) {
    Py_ssize_t offset = -1;
    if (Py_IS_TYPE(node, graph.node)) offset = graph.at[0][which];
    else if (Py_IS_TYPE(node, graph.leaf)) offset = graph.at[1][which];
    *held = NULL;
    if (offset >= 0 && SLOT(node, offset)) return SLOT(node, offset);
    return *held = PyObject_GetAttr(node, graph.text[which]);
}

static int set_field(PyObject *node, int which, PyObject *value) {
    return PyObject_SetAttr(node, graph.text[which], value);
}

/* One of graph's functions, called with `n` arguments. */
static PyObject *ask(const char *name, PyObject *const *args, size_t n) {
    PyObject *function = PyDict_GetItemString(graph.names, name);
    if (!function) return PyErr_Format(PyExc_NameError, "graph.%s", name);
    return PyObject_Vectorcall(function, args, n, NULL);
}

static long outputs_of(PyObject *node) {
    if (Py_IS_TYPE(node, graph.leaf)) return 1;
    PyObject *held, *value = field(node, OUTPUTS, &held);
    long found = value ? PyLong_AsLong(value) : -1;
    Py_XDECREF(held);
    return found;
}

static int is_leaf(PyObject *node) {
    if (Py_IS_TYPE(node, graph.node)) return 0;
    if (Py_IS_TYPE(node, graph.leaf)) return 1;
    PyObject *value = PyObject_GetAttr(node, graph.text_is_leaf);
    int found = value ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return found;
}

/* ------------------------------------------------------------------ the order */

typedef struct {
    long long sequence;
    PyObject *node; /* borrowed from `seen` */
} place;

static int later_first(const void *a, const void *b) {
    long long x = ((const place *)a)->sequence, y = ((const place *)b)->sequence;
    return (x < y) - (x > y);
}

typedef struct {
    place *all;
    size_t n, room;
    PyObject *seen; /* a set, which keeps the nodes alive */
} order;

static int add_node(order *o, PyObject *node) {
    int known = PySet_Contains(o->seen, node);
    if (known) return known < 0 ? -1 : 0;
    if (PySet_Add(o->seen, node)) return -1;
    if (o->n == o->room) {
        size_t room = o->room ? o->room * 2 : 64;
        place *all = realloc(o->all, room * sizeof *all);
        if (!all) {
            PyErr_NoMemory();
            return -1;
        }
        o->all = all, o->room = room;
    }
    PyObject *held, *sequence = field(node, SEQUENCE, &held);
    if (!sequence) return -1;
    o->all[o->n++] = (place){PyLong_AsLongLong(sequence), node};
    Py_XDECREF(held);
    return PyErr_Occurred() ? -1 : 0;
}

/* The nodes that a gradient may reach from those in `pending`, latest recorded first. */
static int reach(order *o, PyObject *pending) {
    PyObject *node, *g;
    Py_ssize_t at = 0;
    while (PyDict_Next(pending, &at, &node, &g))
        if (add_node(o, node)) return -1;
    for (size_t i = 0; i < o->n; i++) {
        if (Py_IS_TYPE(o->all[i].node, graph.leaf)) continue;
        PyObject *held, *edges = field(o->all[i].node, EDGES, &held);
        PyObject *list = edges ? PySequence_Fast(edges, "edges") : NULL;
        Py_XDECREF(held);
        if (!list) return -1;
        int failed = 0;
        for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(list) && !failed; k++)
            failed = add_node(o, PyTuple_GET_ITEM(PySequence_Fast_GET_ITEM(list, k), 0));
        Py_DECREF(list);
        if (failed) return -1;
    }
    qsort(o->all, o->n, sizeof *o->all, later_first);
    return 0;
}

/* ------------------------------------------------------------------ an edge */

static int has_shape(PyArrayObject *g, PyObject *shape) {
    if (!PyTuple_Check(shape) || PyTuple_GET_SIZE(shape) != PyArray_NDIM(g)) return 0;
    for (int i = 0; i < PyArray_NDIM(g); i++)
        if (PyLong_AsLongLong(PyTuple_GET_ITEM(shape, i)) != PyArray_DIM(g, i)) return 0;
    return 1;
}

/* Whether `g` is as the edge demands; see Note [edges correct]. */
static int fits(PyObject *g, PyObject *shape, PyObject *dtype) {
    if (PyArray_CheckExact(g))
        return (PyObject *)PyArray_DESCR((PyArrayObject *)g) == dtype &&
               has_shape((PyArrayObject *)g, shape);
    if (PyArray_IsScalar(g, Generic) && PyTuple_Check(shape) && !PyTuple_GET_SIZE(shape)) {
        PyArray_Descr *own = PyArray_DescrFromScalar(g);
        int found = (PyObject *)own == dtype;
        Py_XDECREF(own);
        return found;
    }
    return 0;
}

/* The rows of a small matrix of floats summed, as for a bias; NULL, and no error, for anything else. */
static PyObject *summed_rows(PyObject *gx, PyObject *shape, PyObject *dtype) {
    PyArrayObject *g = (PyArrayObject *)gx;
    if (!graph.sum_rows || !PyArray_CheckExact(gx) || PyArray_NDIM(g) != 2 ||
        PyArray_TYPE(g) != NPY_FLOAT || (PyObject *)PyArray_DESCR(g) != dtype ||
        !PyArray_ISCARRAY_RO(g) || !PyArray_SIZE(g) || PyArray_SIZE(g) >= SMALL_BIAS ||
        !PyTuple_CheckExact(shape) || PyTuple_GET_SIZE(shape) != 1 ||
        PyLong_AsLongLong(PyTuple_GET_ITEM(shape, 0)) != PyArray_DIM(g, 1))
        return NULL;
    Py_INCREF(dtype);
    PyObject *made = PyArray_NewFromDescr(&PyArray_Type, (PyArray_Descr *)dtype, 1,
                                          PyArray_DIMS(g) + 1, NULL, NULL, 0, NULL);
    if (!made) return NULL;
    void *arrays[] = {PyArray_DATA(g), PyArray_DATA((PyArrayObject *)made)};
    size sizes[] = {PyArray_DIM(g, 0), PyArray_DIM(g, 1)}, found;
    if (kernel_run(graph.sum_rows, arrays, sizes, NULL, &found)) return made;
    Py_DECREF(made);
    return NULL;
}

/* `gx` in the shape and dtype that output `nr` of `target` has; takes it over. */
static PyObject *fitted(PyObject *gx, PyObject *target, PyObject *nr, int several) {
    PyObject *held_shape, *held_dtype = NULL, *made = NULL;
    PyObject *shape = field(target, SHAPE, &held_shape);
    PyObject *dtype = shape ? field(target, DTYPE, &held_dtype) : NULL;
    if (dtype && several) {
        shape = PySequence_Fast_GET_ITEM(shape, PyLong_AsLong(nr));
        dtype = PySequence_Fast_GET_ITEM(dtype, PyLong_AsLong(nr));
    }
    if (dtype && fits(gx, shape, dtype))
        made = Py_NewRef(gx);
    else if (dtype && !(made = summed_rows(gx, shape, dtype)) && !PyErr_Occurred())
        made = ask("_fit", (PyObject *[]){gx, shape, dtype}, 3);
    Py_XDECREF(held_shape), Py_XDECREF(held_dtype);
    Py_DECREF(gx);
    return made;
}

/* `before` += g, where nobody else has `before`. */
static PyObject *add_into(PyObject *before, PyObject *g) {
    if (PyArray_CheckExact(before) && PyArray_SIZE((PyArrayObject *)before) >= SMALL_SUM)
        return ask("add_into", (PyObject *[]){before, g}, 2);
    return PyNumber_InPlaceAdd(before, g);
}

/* Send `gx`, which came of the gradient `g`, along one edge; takes `gx` over. */
static int send(PyObject *pending, PyObject *summed, PyObject *edge, PyObject *gx, PyObject *g) {
    PyObject *target = PyTuple_GET_ITEM(edge, 0), *nr = PyTuple_GET_ITEM(edge, 1), *done;
    long outputs = outputs_of(target);
    int leaf = is_leaf(target);
    if (outputs < 0 || leaf < 0) {
        Py_DECREF(gx);
        return -1;
    }
    if (!(gx = fitted(gx, target, nr, outputs > 1))) return -1;
    PyObject *before = outputs > 1 ? NULL : PyDict_GetItemWithError(pending, target);
    if (outputs > 1 || (before && !leaf)) {
        done = ask("_add", (PyObject *[]){pending, summed, target, nr, gx}, 5);
        Py_DECREF(gx);
        Py_XDECREF(done);
        return done ? 0 : -1;
    }
    if (before) {
        done = add_into(before, gx);
    } else if (leaf && PyArray_CheckExact(gx) &&
               (gx == g || PyArray_BASE((PyArrayObject *)gx) != NULL)) {
        done = PyArray_NewCopy((PyArrayObject *)gx, NPY_CORDER); /* a leaf keeps it */
    } else {
        done = Py_NewRef(gx);
    }
    Py_DECREF(gx);
    int failed = !done || PyDict_SetItem(pending, target, done);
    Py_XDECREF(done);
    return failed ? -1 : 0;
}

/* ------------------------------------------------------------------ a node */

/* Complain, in graph's words, where a saved array is gone or was written since. */
static int check(PyObject *node, PyObject *saved, PyObject *versions) {
    int odd = saved == Py_None;
    PyObject *list = odd ? NULL : PySequence_Fast(versions, "versions");
    if (!odd && !list) return -1;
    for (Py_ssize_t i = 0; list && i < PySequence_Fast_GET_SIZE(list) && !odd; i++) {
        PyObject *version = PySequence_Fast_GET_ITEM(list, i);
        if (version == Py_None) continue;
        PyObject *cell = PyTuple_GET_ITEM(version, 0), *then = PyTuple_GET_ITEM(version, 1);
        if (!PyList_CheckExact(cell))
            odd = 1;
        else if (PyList_GET_ITEM(cell, 0) != then)
            odd = PyLong_AsLong(PyList_GET_ITEM(cell, 0)) != PyLong_AsLong(then);
    }
    Py_XDECREF(list);
    if (!odd) return 0;
    PyObject *done = ask("check_versions", &node, 1);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* The gradients of a node's inputs; takes `*g` over and may put another in its place. */
static PyObject *ran(PyObject *node, PyObject **g, PyObject *saved) {
    PyObject *held, *held_hooks, *grads = NULL;
    PyObject *plan = field(node, PLAN, &held), *hooks = field(node, NODE_HOOKS, &held_hooks);
    long outputs = outputs_of(node);
    if (!plan || !hooks || outputs < 0) goto done;
    if (outputs > 1) {
        PyObject *complete = PyObject_GetAttr(plan, graph.text_complete);
        int wanted = complete ? PyObject_IsTrue(complete) : -1;
        Py_XDECREF(complete);
        if (wanted < 0) goto done;
        if (wanted) {
            PyObject *whole = ask("_complete", (PyObject *[]){node, *g, Py_False}, 3);
            if (!whole) goto done;
            Py_SETREF(*g, whole);
        }
    }
    if (hooks != Py_None)
        grads = ask("_run", (PyObject *[]){node, *g, Py_False}, 3);
    else
        grads = PyObject_CallMethodObjArgs(plan, graph.text_backward, *g, saved, NULL);
done:
    Py_XDECREF(held), Py_XDECREF(held_hooks);
    return grads;
}

/* Run a node that is no leaf on its gradient `*g`. */
static int step(PyObject *pending, PyObject *summed, PyObject *node, PyObject **g, int keep) {
    PyObject *held_saved, *held_versions, *held_edges, *grads = NULL, *list = NULL, *ends = NULL;
    PyObject *saved = Py_XNewRef(field(node, SAVED, &held_saved));
    PyObject *versions = Py_XNewRef(field(node, VERSIONS, &held_versions));
    PyObject *edges = Py_XNewRef(field(node, EDGES, &held_edges));
    Py_XDECREF(held_saved), Py_XDECREF(held_versions), Py_XDECREF(held_edges);
    int failed = -1;
    if (!saved || !versions || !edges || check(node, saved, versions)) goto done;
    if (!(grads = ran(node, g, saved))) goto done;
    Py_ssize_t n = PyObject_Size(versions);
    if (n < 0) goto done;
    if (n && !keep) { /* sizes and parameters are no memory worth freeing */
        PyObject *nothing = PyTuple_New(0);
        int bad = !nothing || set_field(node, SAVED, Py_None) || set_field(node, VERSIONS, nothing);
        Py_XDECREF(nothing);
        if (bad) goto done;
    }
    Py_CLEAR(saved);
    list = PySequence_Fast(grads, "a rule gives a gradient for each input");
    ends = PySequence_Fast(edges, "edges");
    if (!list || !ends) goto done;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    if (count > PySequence_Fast_GET_SIZE(ends)) count = PySequence_Fast_GET_SIZE(ends);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *gx = PySequence_Fast_GET_ITEM(list, i);
        if (gx == Py_None) continue;
        if (send(pending, summed, PySequence_Fast_GET_ITEM(ends, i), Py_NewRef(gx), *g)) goto done;
    }
    failed = 0;
done:
    Py_XDECREF(saved), Py_XDECREF(versions), Py_XDECREF(edges);
    Py_XDECREF(grads), Py_XDECREF(list), Py_XDECREF(ends);
    return failed;
}

/* A gradient arrives at a leaf. 0, or -1 for an error. */
static int accumulate(PyObject *node, PyObject *g) {
    PyObject *leaf = Py_None;
    if (Py_IS_TYPE(node, graph.leaf) && SLOT(node, graph.post_hooks) == Py_None)
        leaf = PyWeakref_GetObject(SLOT(node, graph.of_leaf));
    if (leaf != Py_None) {
        Py_INCREF(leaf);
        PyObject *held = PyObject_CallOneArg(graph.acquire, Py_False); /* without waiting */
        int done = held == Py_True ? engine_first_grad(leaf, node, g) : held ? 0 : -1;
        if (held == Py_True) {
            PyObject *type, *error, *trace;
            PyErr_Fetch(&type, &error, &trace);
            PyObject *released = PyObject_CallNoArgs(graph.release);
            Py_XDECREF(released);
            PyErr_Restore(type, error, trace);
        }
        Py_XDECREF(held);
        Py_DECREF(leaf);
        if (done) return done > 0 ? 0 : -1;
    }
    PyObject *done = PyObject_CallMethodOneArg(node, graph.text_accumulate, g);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int visit(PyObject *pending, PyObject *summed, PyObject *node, int keep) {
    PyObject *g = PyDict_GetItemWithError(pending, node);
    if (!g) return PyErr_Occurred() ? -1 : 0;
    Py_INCREF(g);
    int failed = PyDict_DelItem(pending, node), leaf = is_leaf(node);
    PyObject *held, *hooks = failed || leaf < 0 ? NULL : field(node, HOOKS, &held);
    if (!hooks) {
        Py_DECREF(g);
        return -1;
    }
    int any = PyObject_IsTrue(hooks);
    Py_XDECREF(held);
    if (any > 0) {
        PyObject *changed = ask("run_tensor_hooks", (PyObject *[]){node, g}, 2);
        Py_SETREF(g, changed);
    }
    if (!g || any < 0) {
        failed = -1;
    } else if (leaf) {
        failed = accumulate(node, g);
    } else {
        failed = step(pending, summed, node, &g, keep);
    }
    Py_XDECREF(g);
    return failed;
}

/* ------------------------------------------------------------------ for Python */

static int add_roots(PyObject *pending, PyObject *summed, PyObject *roots) {
    PyObject *list = PySequence_Fast(roots, "roots");
    if (!list) return -1;
    int failed = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list) && !failed; i++) {
        PyObject *node, *nr, *g;
        if (!PyArg_ParseTuple(PySequence_Fast_GET_ITEM(list, i), "OOO", &node, &nr, &g)) {
            failed = -1;
            break;
        }
        int leaf = is_leaf(node); /* it keeps what it gets */
        if (leaf < 0) {
            failed = -1;
            break;
        }
        g = leaf && PyArray_CheckExact(g) ? PyArray_NewCopy((PyArrayObject *)g, NPY_CORDER)
                                          : Py_NewRef(g);
        PyObject *done = g ? ask("_add", (PyObject *[]){pending, summed, node, nr, g}, 5) : NULL;
        failed = done ? 0 : -1;
        Py_XDECREF(done), Py_XDECREF(g);
    }
    Py_DECREF(list);
    return failed;
}

/* sweep(roots, *, keep, create, capture): see graph.py. */
PyObject *engine_sweep(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)self;
    static char *names[] = {"roots", "keep", "create", "capture", NULL};
    PyObject *roots, *capture = Py_None;
    int keep = 0, create = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$ppO:sweep", names, &roots, &keep, &create,
                                     &capture))
        return NULL;
    PyObject *anomaly = PyObject_GetAttrString(graph.state, "anomaly");
    int odd = anomaly ? PyObject_IsTrue(anomaly) : -1;
    Py_XDECREF(anomaly);
    if (odd < 0) return NULL;
    if (odd || create || capture != Py_None) return PyObject_Call(graph.sweep, args, kwargs);
    PyObject *pending = PyDict_New(), *summed = PySet_New(NULL);
    order o = {.seen = PySet_New(NULL)};
    int failed = !pending || !summed || !o.seen || add_roots(pending, summed, roots) ||
                 reach(&o, pending);
    for (size_t i = 0; i < o.n && !failed; i++) {
        failed = visit(pending, summed, o.all[i].node, keep);
        if (i % 1024 == 1023 && !failed) failed = PyErr_CheckSignals();
    }
    free(o.all);
    Py_XDECREF(o.seen), Py_XDECREF(pending), Py_XDECREF(summed);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* learn_sweep(graph, AccumulateGrad, its lock): learn what the sweep is made of. */
PyObject *engine_learn_sweep(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *module, *leaf, *lock;
    if (!PyArg_ParseTuple(args, "OOO:learn_sweep", &module, &leaf, &lock)) return NULL;
    graph.names = Py_NewRef(PyModule_GetDict(module));
    graph.leaf = (PyTypeObject *)Py_NewRef(leaf);
    graph.node = (PyTypeObject *)PyObject_GetAttrString(module, "Node");
    graph.sweep = PyObject_GetAttrString(module, "sweep");
    graph.state = PyObject_GetAttrString(module, "state");
    graph.acquire = PyObject_GetAttrString(lock, "acquire");
    graph.release = PyObject_GetAttrString(lock, "release");
    if (!graph.node || !graph.sweep || !graph.state || !graph.acquire || !graph.release) return NULL;
    const char *name;
    int is_double, strided;
    kernel run;
    for (int i = 0; (run = kernel_get(i, &name, &is_double, &strided)); i++)
        if (!strcmp(name, "sum_rows") && !is_double) graph.sum_rows = run;
    graph.of_leaf = engine_slot(graph.leaf, "_leaf");
    graph.post_hooks = engine_slot(graph.leaf, "post_hooks");
    if (graph.of_leaf < 0 || graph.post_hooks < 0)
        return PyErr_Format(PyExc_TypeError, "AccumulateGrad: expected slots");
    for (int i = 0; i < FIELDS; i++)
        if (!(graph.text[i] = PyUnicode_InternFromString(field_names[i]))) return NULL;
    graph.text_backward = PyUnicode_InternFromString("backward");
    graph.text_accumulate = PyUnicode_InternFromString("accumulate");
    graph.text_complete = PyUnicode_InternFromString("complete");
    graph.text_is_leaf = PyUnicode_InternFromString("is_leaf");
    for (int i = 0; i < FIELDS; i++) {
        graph.at[0][i] = engine_slot(graph.node, field_names[i]);
        graph.at[1][i] = engine_slot(graph.leaf, field_names[i]);
    }
    Py_RETURN_NONE;
}
