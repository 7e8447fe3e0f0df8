/* `primitive.apply`, and the operators of two tensors, without the interpreter between their steps.

What is done is what minitorch/primitive.py says, in the same order, and nothing is decided here:
whatever is not the plain case (operands of several dtypes, results that are no single array, an
error, a mode that has put functions of its own in the engine's place) is handed to the function
there. A recorded operation on small tensors costs 1 us less so, which is half of it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NO_IMPORT_ARRAY
#define PY_ARRAY_UNIQUE_SYMBOL minitorch_array_api
#include <numpy/arrayobject.h>

#include "engine.h"
#include "runtime.h"

#define MOST_INPUTS 8
#define SMALL_ARRAY 4096 /* elements that an operator computes itself */

/* What the engine is made of, as engine_on was told. */
static struct {
    PyObject *namespace, *names;       /* NumPy; the module primitive's names */
    PyObject *apply, *record, *new, *several; /* its functions */
    PyObject *laid_as, *edge, *state, *counter;
    PyTypeObject *tensor, *node, *parameter;
    Py_ssize_t array, node_at, nr, cell, view, grad;
    Py_ssize_t plan, edges, saved, versions, shape, dtype, outputs, sequence, hooks, node_hooks;
} engine;

static PyObject *empty; /* () */
static PyObject *text_run, *text_grad, *text_slots, *text_inputs, *text_rest, *text_plan,
    *text_node, *text_record, *text_new, *text_plans, *text_differentiable, *text_row_major, *text_follows,
    *text_starred, *text_defaults;

static void put(PyObject *object, Py_ssize_t offset, PyObject *value) { /* into a new object */
    Py_INCREF(value);
    SLOT(object, offset) = value;
}

/* ------------------------------------------------------------------ rows */

typedef struct {
    PyObject *row, *plans;
    long differentiable;
    int row_major, follows, starred;
} facts; /* of a row: they never change */

#define PLACES 4096
static facts *known[PLACES];

static int is_true(PyObject *object, PyObject *name) {
    PyObject *value = PyObject_GetAttr(object, name);
    if (!value) return -1;
    int found = PyObject_IsTrue(value);
    Py_DECREF(value);
    return found;
}

static facts *facts_of(PyObject *row) {
    size_t at = ((size_t)row >> 4) % PLACES;
    for (; known[at]; at = (at + 1) % PLACES)
        if (known[at]->row == row) return known[at];
    facts *f = calloc(1, sizeof *f);
    if (!f) return (facts *)PyErr_NoMemory();
    PyObject *live = PyObject_GetAttr(row, text_differentiable);
    f->plans = PyObject_GetAttr(row, text_plans);
    if (live) f->differentiable = PyLong_AsLong(live);
    Py_XDECREF(live);
    if (live && f->plans) {
        f->row_major = is_true(row, text_row_major);
        f->follows = is_true(row, text_follows);
        f->starred = is_true(row, text_starred);
    }
    if (PyErr_Occurred()) {
        free(f);
        return NULL;
    }
    Py_INCREF(row);
    f->row = row;
    known[at] = f;
    return f;
}

/* ------------------------------------------------------------------ tensors and nodes */

static PyObject *new_tensor(PyObject *array, PyObject *node, PyObject *cell) {
    PyObject *t = PyBaseObject_Type.tp_new(engine.tensor, empty, NULL);
    if (!t) return NULL;
    PyObject *zero = PyLong_FromLong(0);
    put(t, engine.array, array);
    put(t, engine.node_at, node);
    put(t, engine.cell, cell);
    put(t, engine.view, Py_None);
    put(t, engine.grad, Py_None);
    SLOT(t, engine.nr) = zero;
    return t;
}

/* Not for inference: `inference.py` puts a `_new` of its own in place. */
static int tensors_are_plain(void) {
    return PyDict_GetItem(engine.names, text_new) == engine.new;
}

static PyObject *new_cell(void) {
    PyObject *cell = PyList_New(1);
    if (cell) PyList_SET_ITEM(cell, 0, PyLong_FromLong(0));
    return cell;
}

int engine_first_grad(PyObject *leaf, PyObject *node, PyObject *g) {
    if (!tensors_are_plain() || !PyObject_TypeCheck(leaf, engine.tensor) ||
        SLOT(leaf, engine.node_at) != node ||
        SLOT(leaf, engine.grad) != Py_None || !PyArray_CheckExact(g) ||
        !PyArray_IS_C_CONTIGUOUS((PyArrayObject *)g) ||
        !PyArray_IS_C_CONTIGUOUS((PyArrayObject *)SLOT(leaf, engine.array)))
        return 0;
    PyObject *cell = new_cell(), *t = cell ? new_tensor(g, Py_None, cell) : NULL;
    Py_XDECREF(cell);
    if (!t) return -1;
    if (SLOT(leaf, engine.grad) == Py_None) /* the garbage collector may have run */
        Py_SETREF(SLOT(leaf, engine.grad), t);
    else
        return Py_DECREF(t), 0;
    return 1;
}

/* A node; takes over saved and versions. */
static PyObject *new_node(PyObject *plan, PyObject *edges, PyObject *saved, PyObject *versions,
                          PyArrayObject *out) {
    PyObject *node = PyBaseObject_Type.tp_new(engine.node, empty, NULL);
    PyObject *sequence = Py_TYPE(engine.counter)->tp_iternext(engine.counter);
    PyObject *shape = PyArray_IntTupleFromIntp(PyArray_NDIM(out), PyArray_DIMS(out));
    if (!node || !sequence || !shape) {
        Py_XDECREF(node), Py_XDECREF(sequence), Py_XDECREF(shape);
        Py_DECREF(saved), Py_DECREF(versions);
        return NULL;
    }
    put(node, engine.plan, plan);
    put(node, engine.edges, edges);
    SLOT(node, engine.saved) = saved;
    SLOT(node, engine.versions) = versions;
    SLOT(node, engine.shape) = shape;
    put(node, engine.dtype, (PyObject *)PyArray_DESCR(out));
    SLOT(node, engine.outputs) = PyLong_FromLong(1);
    SLOT(node, engine.sequence) = sequence;
    put(node, engine.hooks, Py_None);
    put(node, engine.node_hooks, Py_None);
    return node;
}

/* ------------------------------------------------------------------ recording */

typedef struct {
    PyObject *row, *params; /* a dict, or NULL for none */
    facts *facts;
    PyObject *inputs[MOST_INPUTS], *arrays[MOST_INPUTS]; /* borrowed */
    Py_ssize_t n;
    long live;
    PyObject *edges; /* a list */
} operation;

/* Append what is saved of input i, and its version; see `primitive.record`. */
static int save_input(operation *o, long i, PyObject *saved, PyObject *versions) {
    PyObject *array = o->arrays[i], *x = o->inputs[i], *value, *version = Py_None;
    int is_array = PyArray_CheckExact(array);
    if (is_array && !PyArray_NDIM((PyArrayObject *)array))
        value = PyArray_ToScalar(PyArray_DATA((PyArrayObject *)array), (PyArrayObject *)array);
    else
        value = Py_NewRef(array);
    if (!value) return -1;
    if (is_array) {
        PyObject *cell = SLOT(x, engine.cell);
        version = PyTuple_Pack(2, cell, PyList_GET_ITEM(cell, 0));
    } else {
        Py_INCREF(version);
    }
    int failed = !version || PyList_Append(saved, value) || PyList_Append(versions, version);
    Py_DECREF(value);
    Py_XDECREF(version);
    return failed ? -1 : 0;
}

/* Append the output, a parameter, or the shape or dtype of an input. */
static int save_rest(operation *o, PyObject *slot, PyObject *out, PyObject *cell, PyObject *saved,
                     PyObject *versions) {
    PyObject *which = PyTuple_GET_ITEM(slot, 1), *value = NULL;
    Py_UCS4 kind = PyUnicode_READ_CHAR(PyTuple_GET_ITEM(slot, 0), 0);
    if (kind == 'o') { /* out: the only one */
        PyObject *version = PyTuple_Pack(2, cell, PyList_GET_ITEM(cell, 0));
        int failed = !version || PyList_Append(saved, out) || PyList_Append(versions, version);
        Py_XDECREF(version);
        return failed ? -1 : 0;
    }
    if (kind == 'p') {
        value = o->params ? PyDict_GetItemWithError(o->params, which) : NULL;
        if (value) {
            Py_INCREF(value);
        } else if (!PyErr_Occurred()) {
            PyObject *defaults = PyObject_GetAttr(o->row, text_defaults);
            value = defaults ? PyObject_GetItem(defaults, which) : NULL;
            Py_XDECREF(defaults);
        }
    } else {
        PyObject *array = o->arrays[PyLong_AsLong(which)];
        if (kind == 'd')
            value = PyObject_GetAttrString(array, "dtype");
        else if (PyArray_CheckExact(array))
            value = PyArray_IntTupleFromIntp(PyArray_NDIM((PyArrayObject *)array),
                                             PyArray_DIMS((PyArrayObject *)array));
        else
            value = Py_NewRef(empty);
    }
    if (!value) return -1;
    int failed = PyList_Append(saved, value);
    Py_DECREF(value);
    return failed;
}

static PyObject *plan_of(operation *o) {
    PyObject *key = PyLong_FromLong(o->live + (1L << o->n));
    if (!key) return NULL;
    PyObject *plan = PyDict_GetItemWithError(o->facts->plans, key);
    if (plan)
        Py_INCREF(plan);
    else if (!PyErr_Occurred())
        plan = PyObject_CallMethodOneArg(o->row, text_plan, key);
    Py_DECREF(key);
    return plan;
}

static PyObject *recorded(operation *o, PyObject *out, PyObject *cell) {
    PyObject *plan = plan_of(o), *inputs = NULL, *rest = NULL, *saved = NULL, *versions = NULL;
    PyObject *node = NULL;
    if (!plan) return NULL;
    int slots = is_true(plan, text_slots);
    if (slots < 0) goto done;
    if (!slots) {
        node = new_node(plan, o->edges, Py_NewRef(empty), Py_NewRef(empty), (PyArrayObject *)out);
        goto done;
    }
    inputs = PyObject_GetAttr(plan, text_inputs), rest = PyObject_GetAttr(plan, text_rest);
    saved = PyList_New(0), versions = PyList_New(0);
    if (!inputs || !rest || !saved || !versions) goto done;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(inputs); k++)
        if (save_input(o, PyLong_AsLong(PyTuple_GET_ITEM(inputs, k)), saved, versions)) goto done;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(rest); k++)
        if (save_rest(o, PyTuple_GET_ITEM(rest, k), out, cell, saved, versions)) goto done;
    node = new_node(plan, o->edges, Py_NewRef(saved), Py_NewRef(versions), (PyArrayObject *)out);
done:
    Py_DECREF(plan);
    Py_XDECREF(inputs), Py_XDECREF(rest), Py_XDECREF(saved), Py_XDECREF(versions);
    return node;
}

/* Whether no mode has put functions of its own in the place of the engine's. */
static int is_ordinary(void) {
    return PyDict_GetItem(engine.names, text_node) == (PyObject *)engine.node &&
           PyDict_GetItem(engine.names, text_record) == engine.record &&
           tensors_are_plain();
}

/* The tensor of a result; takes over `out`. */
static PyObject *finished(operation *o, PyObject *out) {
    PyObject *node = Py_None, *cell = new_cell(), *made = NULL;
    int recording = o->live ? is_true(engine.state, text_grad) : 0;
    if (cell && recording >= 0) {
        node = recording ? recorded(o, out, cell) : Py_NewRef(Py_None);
        made = node ? new_tensor(out, node, cell) : NULL;
        Py_XDECREF(node);
    }
    Py_XDECREF(cell);
    Py_DECREF(out);
    return made;
}

/* ------------------------------------------------------------------ operands */

enum { FAILED = -1, ODD = 0, PLAIN = 1 };

/* Take operand i: its array and, where a gradient flows, its edge. ODD where it is for Python. */
static int take(operation *o, Py_ssize_t i, PyObject *x, PyArray_Descr **dtype) {
    o->inputs[i] = x;
    if (!Py_IS_TYPE(x, engine.tensor) && !Py_IS_TYPE(x, engine.parameter)) {
        o->arrays[i] = x; /* a subclass may have ideas of its own */
        return x == Py_None || PyFloat_CheckExact(x) || PyLong_CheckExact(x);
    }
    PyObject *array = SLOT(x, engine.array), *cell = SLOT(x, engine.cell);
    if (!array || !PyArray_CheckExact(array) || !cell || !PyList_CheckExact(cell)) return ODD;
    PyArray_Descr *of_this = PyArray_DESCR((PyArrayObject *)array);
    if (!*dtype) *dtype = of_this;
    if (of_this != *dtype || of_this->kind != 'f') return ODD;
    o->arrays[i] = array;
    if (!(o->facts->differentiable >> i & 1)) return PLAIN;
    PyObject *node;
    if (SLOT(x, engine.view) == Py_None)
        node = Py_NewRef(SLOT(x, engine.node_at));
    else if (!(node = PyObject_CallOneArg(engine.edge, x)))
        return FAILED;
    if (node != Py_None) {
        PyObject *target = PyTuple_Pack(2, node, SLOT(x, engine.nr));
        if (!o->edges) o->edges = PyList_New(0);
        if (!target || !o->edges || PyList_Append(o->edges, target)) {
            Py_XDECREF(target);
            Py_DECREF(node);
            return FAILED;
        }
        Py_DECREF(target);
        o->live |= 1L << i;
    }
    Py_DECREF(node);
    return PLAIN;
}

/* `array` as the result of its row lies in memory; takes it over. */
static PyObject *laid(operation *o, PyObject *array) {
    if (!PyArray_CheckExact(array)) {
        PyObject *made = PyArray_FromAny(array, NULL, 0, 0, 0, NULL);
        Py_DECREF(array);
        return made;
    }
    PyObject *first = o->arrays[0];
    PyObject *made = array;
    if (o->facts->row_major) {
        if (PyArray_IS_C_CONTIGUOUS((PyArrayObject *)array)) return array;
        made = PyArray_NewCopy((PyArrayObject *)array, NPY_CORDER);
    } else if (o->facts->follows && PyArray_CheckExact(first) &&
               !PyArray_IS_C_CONTIGUOUS((PyArrayObject *)first)) {
        made = PyObject_CallFunctionObjArgs(engine.laid_as, array, first, NULL);
    } else {
        return array;
    }
    Py_DECREF(array);
    return made;
}

/* Run the row's body or kernel on the arrays. */
static PyObject *run(operation *o) {
    PyObject *body = PyObject_GetAttr(o->row, text_run);
    if (!body) return NULL;
    PyObject *args[MOST_INPUTS + 1] = {engine.namespace};
    memcpy(args + 1, o->arrays, sizeof(PyObject *) * (size_t)o->n);
    PyObject *out = PyObject_VectorcallDict(body, args, (size_t)o->n + 1, o->params);
    Py_DECREF(body);
    return out;
}

/* Several results: the rest is Python's. */
static PyObject *wrap_several(operation *o, PyObject *inputs, PyObject *params, PyObject *out) {
    PyObject *arrays = PyList_New(o->n), *made = NULL;
    for (Py_ssize_t i = 0; arrays && i < o->n; i++)
        PyList_SET_ITEM(arrays, i, Py_NewRef(o->arrays[i]));
    PyObject *edges = o->edges ? Py_NewRef(o->edges) : PyList_New(0);
    if (arrays && edges)
        made = PyObject_CallFunction(engine.several, "OOOOOOll", o->row, inputs, arrays, params,
                                     out, edges, o->live, 1L << o->n);
    Py_XDECREF(arrays);
    Py_XDECREF(edges);
    Py_DECREF(out);
    return made;
}

/* apply(row, inputs, params): see primitive.py. */
PyObject *engine_apply(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    if (count != 3 || !PyTuple_CheckExact(args[1]) || !PyDict_CheckExact(args[2]))
        return PyObject_Vectorcall(engine.apply, args, (size_t)count, NULL);
    operation o = {.row = args[0], .n = PyTuple_GET_SIZE(args[1])};
    o.params = PyDict_GET_SIZE(args[2]) ? args[2] : NULL;
    o.facts = facts_of(o.row);
    if (!o.facts) return NULL;
    PyArray_Descr *dtype = NULL;
    int state = o.n <= MOST_INPUTS && o.facts->differentiable >= 0 && !o.facts->starred &&
                is_ordinary();
    for (Py_ssize_t i = 0; i < o.n && state == PLAIN; i++)
        state = take(&o, i, PyTuple_GET_ITEM(args[1], i), &dtype);
    if (state == PLAIN && !dtype) state = ODD;
    PyObject *out = NULL, *made = NULL;
    if (state == PLAIN && !(out = run(&o))) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) state = FAILED; /* Ctrl-C */
        else PyErr_Clear(), state = ODD; /* Python's says what was wrong */
    }
    if (out && PyTuple_CheckExact(out))
        made = wrap_several(&o, args[1], args[2], out);
    else if (out && (out = laid(&o, out)))
        made = finished(&o, out);
    Py_XDECREF(o.edges);
    return state == ODD ? PyObject_Vectorcall(engine.apply, args, 3, NULL) : made;
}

/* ------------------------------------------------------------------ operators */

typedef struct {
    PyObject *row, *run;     /* what the row runs, if nobody has put another in its place */
    PyObject *slow[2];       /* the operator in Python, and reflected */
    PyMethodDef methods[2];
} operator_;

enum { ADD, SUB, MUL, DIV, OPERATORS };
static operator_ operators[OPERATORS];

#ifdef __clang__
#define IN_VECTORS
#else
#define IN_VECTORS __attribute__((optimize("O3"))) /* at -O2 gcc leaves loops of unknown length */
#endif

/* out = x + y and so on; a step is 1, or 0 for a number. */
#define EACH(left, operator, right)                                                                \
    for (size i = 0; i < n; i++) out[i] = left operator right;
#define STEPS(operator)                                                                            \
    if (x_step && y_step)                                                                          \
        EACH(x[i], operator, y[i])                                                                 \
    else if (x_step)                                                                               \
        EACH(x[i], operator, b)                                                                    \
    else                                                                                           \
        EACH(a, operator, y[i])
#define COMPUTE(type)                                                                              \
    IN_VECTORS static void compute_##type(int which, size n, const type *x, size x_step,           \
                                          const type *y, size y_step, type *restrict out) {        \
        type a = n ? *x : 0, b = n ? *y : 0;                                                       \
        if (which == ADD) {                                                                        \
            STEPS(+)                                                                               \
        } else if (which == SUB) {                                                                 \
            STEPS(-)                                                                               \
        } else if (which == MUL) {                                                                 \
            STEPS(*)                                                                               \
        } else {                                                                                   \
            STEPS(/)                                                                               \
        }                                                                                          \
    }
COMPUTE(float)
COMPUTE(double)

/* x and y of one shape, or one of them a number: the result, NULL where they are not so. */
static PyObject *computed(int which, PyObject *x, PyObject *y) {
    PyArrayObject *a = (PyArrayObject *)(PyArray_CheckExact(x) ? x : y);
    int type = PyArray_TYPE(a);
    npy_intp n = PyArray_SIZE(a);
    if ((type != NPY_FLOAT && type != NPY_DOUBLE) || n > SMALL_ARRAY) return NULL;
    double numbers[2];
    float narrow[2];
    const void *data[2];
    size steps[2];
    PyObject *both[2] = {x, y};
    for (int i = 0; i < 2; i++) {
        if (PyArray_CheckExact(both[i])) {
            PyArrayObject *b = (PyArrayObject *)both[i];
            if (!PyArray_IS_C_CONTIGUOUS(b) || !PyArray_ISALIGNED(b) ||
                PyArray_NDIM(a) != PyArray_NDIM(b) ||
                !PyArray_CompareLists(PyArray_DIMS(a), PyArray_DIMS(b), PyArray_NDIM(a)))
                return NULL;
            data[i] = PyArray_DATA(b);
            steps[i] = 1;
            continue;
        }
        numbers[i] = PyFloat_CheckExact(both[i]) ? PyFloat_AS_DOUBLE(both[i])
                                                 : PyLong_AsDouble(both[i]);
        if (numbers[i] == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            return NULL;
        }
        narrow[i] = (float)numbers[i];
        data[i] = type == NPY_FLOAT ? (const void *)&narrow[i] : &numbers[i];
        steps[i] = 0;
    }
    PyObject *out = PyArray_SimpleNew(PyArray_NDIM(a), PyArray_DIMS(a), type);
    if (!out) return NULL;
    void *to = PyArray_DATA((PyArrayObject *)out);
    if (type == NPY_FLOAT)
        compute_float(which, n, data[0], steps[0], data[1], steps[1], to);
    else
        compute_double(which, n, data[0], steps[0], data[1], steps[1], to);
    return out;
}

static int is_plain(PyObject *x) {
    PyTypeObject *type = Py_TYPE(x);
    return type == engine.tensor || type == engine.parameter || type == &PyFloat_Type ||
           type == &PyLong_Type;
}

static PyObject *operate(int which, int reflected, PyObject *self, PyObject *const *args,
                         Py_ssize_t count) {
    operator_ *of = &operators[which];
    PyObject *made = NULL, *out = NULL;
    if (count == 1 && is_plain(self) && is_plain(args[0]) && is_ordinary()) {
        operation o = {.row = of->row, .n = 2, .facts = facts_of(of->row)};
        if (!o.facts) return NULL;
        PyArray_Descr *dtype = NULL;
        int state = take(&o, 0, reflected ? args[0] : self, &dtype);
        if (state == PLAIN) state = take(&o, 1, reflected ? self : args[0], &dtype);
        PyObject *body = state == PLAIN ? PyObject_GetAttr(of->row, text_run) : NULL;
        if (body == of->run) out = computed(which, o.arrays[0], o.arrays[1]);
        Py_XDECREF(body);
        if (out) made = finished(&o, out);
        Py_XDECREF(o.edges);
        if (out || state == FAILED || PyErr_Occurred()) return made;
    }
    PyObject *given[2] = {self, count ? args[0] : NULL};
    return PyObject_Vectorcall(of->slow[reflected], given, (size_t)count + 1, NULL);
}

#define OPERATOR(name, which)                                                                      \
    static PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t n) {                   \
        return operate(which, 0, self, args, n);                                                   \
    }                                                                                              \
    static PyObject *r##name(PyObject *self, PyObject *const *args, Py_ssize_t n) {                \
        return operate(which, 1, self, args, n);                                                   \
    }
OPERATOR(plus, ADD)
OPERATOR(minus, SUB)
OPERATOR(times, MUL)
OPERATOR(over, DIV)
typedef PyObject *(*method)(PyObject *, PyObject *const *, Py_ssize_t);
static const method functions[OPERATORS][2] = {
    {plus, rplus}, {minus, rminus}, {times, rtimes}, {over, rover}};
static const char *const method_names[OPERATORS][2] = {
    {"__add__", "__radd__"}, {"__sub__", "__rsub__"}, {"__mul__", "__rmul__"},
    {"__truediv__", "__rtruediv__"}};

/* ------------------------------------------------------------------ for Python */

Py_ssize_t engine_slot(PyTypeObject *type, const char *name) {
    PyObject *descriptor = PyObject_GetAttrString((PyObject *)type, name);
    if (!descriptor) PyErr_Clear();
    Py_ssize_t found = -1;
    if (descriptor && Py_IS_TYPE(descriptor, &PyMemberDescr_Type))
        found = ((PyMemberDescrObject *)descriptor)->d_member->offset;
    Py_XDECREF(descriptor);
    return found;
}

static int find_slots(void) {
    struct {
        Py_ssize_t *at;
        PyTypeObject *type;
        const char *name;
    } all[] = {{&engine.array, engine.tensor, "_array"}, {&engine.node_at, engine.tensor, "_node"},
               {&engine.nr, engine.tensor, "_nr"},       {&engine.cell, engine.tensor, "_cell"},
               {&engine.view, engine.tensor, "_view"},   {&engine.grad, engine.tensor, "_grad"},
               {&engine.plan, engine.node, "plan"},      {&engine.edges, engine.node, "edges"},
               {&engine.saved, engine.node, "saved"},    {&engine.versions, engine.node, "versions"},
               {&engine.shape, engine.node, "shape"},    {&engine.dtype, engine.node, "dtype"},
               {&engine.outputs, engine.node, "outputs"},
               {&engine.sequence, engine.node, "sequence"},
               {&engine.hooks, engine.node, "hooks"},
               {&engine.node_hooks, engine.node, "node_hooks"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((*all[i].at = engine_slot(all[i].type, all[i].name)) < 0) {
            PyErr_Format(PyExc_TypeError, "%s.%s is no slot", all[i].type->tp_name, all[i].name);
            return -1;
        }
    return 0;
}

static int name_texts(void) {
    struct {
        PyObject **at;
        const char *text;
    } all[] = {{&text_run, "run"}, {&text_grad, "grad"}, {&text_slots, "slots"},
               {&text_inputs, "saves_inputs"}, {&text_rest, "saves_rest"}, {&text_plan, "plan"},
               {&text_node, "Node"}, {&text_record, "record"}, {&text_new, "_new"}, {&text_plans, "plans"},
               {&text_differentiable, "differentiable"}, {&text_row_major, "row_major"},
               {&text_follows, "follows"}, {&text_starred, "starred"},
               {&text_defaults, "defaults"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!(*all[i].at = PyUnicode_InternFromString(all[i].text))) return -1;
    return (empty = PyTuple_New(0)) ? 0 : -1;
}

/* engine(primitive, Parameter): learn what the engine is made of. */
PyObject *engine_learn(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *primitive, *counter, *parameter;
    if (!PyArg_ParseTuple(args, "OOO:engine", &primitive, &parameter, &counter)) return NULL;
    struct {
        PyObject **at;
        const char *name;
    } all[] = {{&engine.namespace, "xp"}, {&engine.apply, "apply"}, {&engine.record, "record"},
               {&engine.new, "_new"},
               {&engine.several, "_wrap_several"}, {&engine.laid_as, "laid_as"},
               {&engine.edge, "edge"}, {&engine.state, "state"},
               {(PyObject **)&engine.tensor, "Tensor"}, {(PyObject **)&engine.node, "Node"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!(*all[i].at = PyObject_GetAttrString(primitive, all[i].name))) return NULL;
    engine.names = Py_NewRef(PyModule_GetDict(primitive));
    engine.counter = Py_NewRef(counter);
    engine.parameter = (PyTypeObject *)Py_NewRef(parameter);
    if (name_texts() || find_slots()) return NULL;
    Py_RETURN_NONE;
}

/* operators([(row, operator, reflected operator) for +, -, *, /]): {name: method of Tensor}. */
PyObject *engine_operators(PyObject *self, PyObject *list) {
    (void)self;
    PyObject *made = PyDict_New();
    if (!made) return NULL;
    for (int i = 0; i < OPERATORS; i++) {
        operator_ *of = &operators[i];
        PyObject *entry = PyList_GetItem(list, i);
        if (!entry || !PyArg_ParseTuple(entry, "OOO", &of->row, &of->slow[0], &of->slow[1]))
            return NULL;
        Py_INCREF(of->row), Py_INCREF(of->slow[0]), Py_INCREF(of->slow[1]);
        if (!(of->run = PyObject_GetAttr(of->row, text_run))) return NULL;
        for (int r = 0; r < 2; r++) {
            of->methods[r] = (PyMethodDef){method_names[i][r],
                                           (PyCFunction)(void (*)(void))functions[i][r],
                                           METH_FASTCALL, NULL};
            PyObject *m = PyDescr_NewMethod(engine.tensor, &of->methods[r]);
            if (!m || PyDict_SetItemString(made, method_names[i][r], m)) return NULL;
            Py_DECREF(m);
        }
    }
    return made;
}
