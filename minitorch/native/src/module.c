/* The kernels as Python functions: a call costs some 40 ns, a tenth of what ctypes takes.

Two functions are made here. `kernels()` gives every kernel by name: called with arrays, integers,
tuples of integers and numbers in any order, it sorts them, checks that the arrays are contiguous and
of one floating dtype, and lets go of the interpreter while it runs. A list stands for its arrays and
adds their sizes to the integers, see `add_list`. `guard(...)` puts a kernel over a row: see
`guarded`. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL minitorch_array_api
#include <numpy/arrayobject.h>

#include <dlfcn.h>

#include "engine.h"
#include "memory.h"
#include "runtime.h"

#define MOST_ARGUMENTS 64
#define RELEASE_FROM 16384 /* elements; below, another thread would gain nothing */

typedef struct {
    const char *name;
    kernel run[2]; /* float, double */
    int strided;
    PyMethodDef method;
} entry;

static int add_array(entry *k, PyArrayObject *array, void **arrays, size *count, int *which) {
    int type = PyArray_TYPE(array);
    if (type == NPY_FLOAT || type == NPY_DOUBLE) {
        int of_this = type == NPY_DOUBLE;
        if (*which >= 0 && *which != of_this) {
            PyErr_Format(PyExc_TypeError, "%s: expected arrays of one dtype", k->name);
            return -1;
        }
        *which = of_this;
    }
    if (!PyArray_ISBEHAVED_RO(array)) {
        PyErr_Format(PyExc_ValueError, "%s: expected aligned arrays in native byte order", k->name);
        return -1;
    }
    if (!k->strided && !PyArray_IS_C_CONTIGUOUS(array)) {
        PyErr_Format(PyExc_ValueError, "%s: expected contiguous arrays", k->name);
        return -1;
    }
    arrays[(*count)++] = PyArray_DATA(array);
    return 0;
}

static int add_integers(PyObject *tuple, size *integers, size *count) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        integers[*count] = PyLong_AsLongLong(PyTuple_GET_ITEM(tuple, i));
        if (integers[(*count)++] == -1 && PyErr_Occurred()) return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------ float64 */

static PyObject *known;        /* the kernels by name */
static PyObject *fetch;        /* asked once for the kernels for float64 */
static int doubles_there = -1; /* not asked yet; then whether there are any */

static int has_double(void) {
    if (doubles_there >= 0 || !fetch) return doubles_there > 0;
    PyObject *found = PyObject_CallNoArgs(fetch);
    if (!found) return -1;
    doubles_there = found == Py_True;
    Py_DECREF(found);
    return doubles_there;
}

static PyObject *py_has_double(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    int found = has_double();
    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *fetch_double(PyObject *self, PyObject *function) {
    (void)self;
    Py_INCREF(function);
    Py_XSETREF(fetch, function);
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------ calls */

/* The arrays of a list, all of one floating dtype, and the size of each among the integers; ~size,
which is negative, where it may not be written to. Returns the elements of all, -1 for an error. */
static size add_list(entry *k, PyObject *list, void **arrays, size *n_arrays, size *integers,
                     size *n_integers, int *which) {
    size elements = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyArrayObject *array = (PyArrayObject *)PyList_GET_ITEM(list, i);
        int type = PyArray_CheckExact(array) ? PyArray_TYPE(array) : NPY_VOID;
        if ((type != NPY_FLOAT && type != NPY_DOUBLE) || !PyArray_ISALIGNED(array)) {
            PyErr_Format(PyExc_TypeError, "%s: expected lists of arrays of a floating dtype",
                         k->name);
            return -1;
        }
        if (add_array(k, array, arrays, n_arrays, which)) return -1;
        size each = PyArray_SIZE(array);
        integers[(*n_integers)++] = PyArray_ISWRITEABLE(array) ? each : ~each;
        elements += each;
    }
    return elements;
}

static PyObject *call_sorted(entry *k, PyObject *const *args, Py_ssize_t n, void **arrays,
                             size *integers) {
    double numbers[MOST_ARGUMENTS];
    size n_arrays = 0, n_integers = 0, n_numbers = 0, largest = 0;
    int which = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *x = args[i];
        if (PyArray_CheckExact(x)) {
            if (add_array(k, (PyArrayObject *)x, arrays, &n_arrays, &which)) return NULL;
            largest = most_of(largest, PyArray_SIZE((PyArrayObject *)x));
        } else if (x == Py_None) {
            arrays[n_arrays++] = NULL;
        } else if (PyLong_Check(x)) {
            integers[n_integers] = PyLong_AsLongLong(x);
            if (integers[n_integers++] == -1 && PyErr_Occurred()) return NULL;
        } else if (PyFloat_Check(x)) {
            numbers[n_numbers++] = PyFloat_AS_DOUBLE(x);
        } else if (PyTuple_Check(x)) {
            if (add_integers(x, integers, &n_integers)) return NULL;
        } else if (PyList_CheckExact(x)) {
            size elements = add_list(k, x, arrays, &n_arrays, integers, &n_integers, &which);
            if (elements < 0) return NULL;
            largest = most_of(largest, elements);
        } else {
            return PyErr_Format(PyExc_TypeError,
                                "%s: expected an array, a number or None at position %zd, got %s",
                                k->name, i + 1, Py_TYPE(x)->tp_name);
        }
    }
    if (which > 0 && !k->run[1] && has_double() < 0) return NULL;
    kernel run = k->run[which > 0];
    if (!run) return PyErr_Format(PyExc_TypeError, "%s: not for this dtype", k->name);
    size found;
    int done;
    if (largest < RELEASE_FROM) {
        done = kernel_run(run, arrays, integers, numbers, &found);
    } else {
        Py_BEGIN_ALLOW_THREADS
        done = kernel_run(run, arrays, integers, numbers, &found);
        Py_END_ALLOW_THREADS
    }
    if (!done) return PyErr_Format(PyExc_MemoryError, "%s: there is no memory left", k->name);
    return PyLong_FromLongLong(found);
}

/* The call of a kernel. Its arguments are sorted on the stack, where there are not too many. */
static PyObject *call(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    entry *k = PyCapsule_GetPointer(self, NULL);
    if (n > MOST_ARGUMENTS) return PyErr_Format(PyExc_TypeError, "%s: too many arguments", k->name);
    size most = n;
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyTuple_Check(args[i]) || PyList_CheckExact(args[i])) most += Py_SIZE(args[i]);
    if (most <= MOST_ARGUMENTS) {
        void *arrays[MOST_ARGUMENTS];
        size integers[MOST_ARGUMENTS];
        return call_sorted(k, args, n, arrays, integers);
    }
    void **arrays = PyMem_Malloc((size_t)most * (sizeof(void *) + sizeof(size)));
    if (!arrays) return PyErr_NoMemory();
    PyObject *found = call_sorted(k, args, n, arrays, (size *)(arrays + most));
    PyMem_Free(arrays);
    return found;
}

/* Make a function of every kernel of a library that is not `known` yet. They live as long as the
process. Returns -1 for an error. */
static int learn(kernel get(int, const char **, int *, int *)) {
    const char *name;
    int is_double, strided;
    kernel run;
    for (int i = 0; (run = get(i, &name, &is_double, &strided)); i++) {
        PyObject *function = PyDict_GetItemString(known, name);
        if (function) {
            entry *k = PyCapsule_GetPointer(PyCFunction_GET_SELF(function), NULL);
            k->run[is_double] = run;
            continue;
        }
        entry *k = calloc(1, sizeof *k);
        if (!k) return PyErr_NoMemory(), -1;
        k->name = name;
        k->run[is_double] = run;
        k->strided = strided;
        k->method = (PyMethodDef){name, (PyCFunction)(void (*)(void))call, METH_FASTCALL, NULL};
        PyObject *self = PyCapsule_New(k, NULL, NULL);
        function = self ? PyCFunction_New(&k->method, self) : NULL;
        Py_XDECREF(self);
        if (!function || PyDict_SetItemString(known, name, function)) return -1;
        Py_DECREF(function);
    }
    return 0;
}

/* {name: function} of all kernels. */
static PyObject *kernels(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    if (!known && (!(known = PyDict_New()) || learn(kernel_get))) return NULL;
    Py_INCREF(known);
    return known;
}

/* Load the library of the kernels for double, see guest.c. */
static PyObject *add_double(PyObject *self, PyObject *path) {
    (void)self;
    const char *name = PyUnicode_AsUTF8(path);
    if (!name) return NULL;
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    void *borrow = library ? dlsym(library, "borrow") : NULL;
    void *get = library ? dlsym(library, "kernel_get") : NULL;
    if (!borrow || !get) return PyErr_Format(PyExc_ImportError, "%s", dlerror());
    ((void (*)(void *, void *, void *, void *))borrow)(parallel, scratch, threads_wanted, no_memory);
    if (learn((kernel(*)(int, const char **, int *, int *))get)) return NULL;
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------ rows */

/* Whether a kernel may have these arguments: one is an array of float or double with at least `least`
elements, and there is no array of a subclass or one that the processor cannot read as it lies. A
number beside an array, as the gradient of a loss comes, counts for one element. -1: an error. */
static int is_for_kernels(PyObject *const *args, Py_ssize_t n, size least) {
    int found = 0, arrays = 0, numbers = 0, doubles = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyArray_Check(args[i])) {
            int wide = PyArray_IsScalar(args[i], Double);
            numbers |= wide || PyArray_IsScalar(args[i], Float);
            doubles |= wide;
            continue;
        }
        arrays = 1;
        PyArrayObject *x = (PyArrayObject *)args[i];
        if (!PyArray_CheckExact(args[i]) || !PyArray_ISBEHAVED_RO(x)) return 0;
        int type = PyArray_TYPE(x);
        if ((type == NPY_FLOAT || type == NPY_DOUBLE) && PyArray_SIZE(x) >= least) found = 1;
        doubles |= type == NPY_DOUBLE;
    }
    if (!found && !(arrays && numbers && least <= 1)) return 0;
    return doubles ? has_double() : 1;
}

/* Row or rule `fallback` with `kernel` over it, which may give the call back by returning
NotImplemented. Called with tensors, the fallback runs as if nothing were there. */
static PyObject *guarded(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    int ours = is_for_kernels(args, n, PyLong_AsLongLong(PyTuple_GET_ITEM(self, 2)));
    if (ours < 0) return NULL;
    if (ours) {
        memory_follow();
        PyObject *found = PyObject_Vectorcall(PyTuple_GET_ITEM(self, 1), args, (size_t)n, names);
        if (found != Py_NotImplemented) return found;
        Py_DECREF(found);
    }
    return PyObject_Vectorcall(PyTuple_GET_ITEM(self, 0), args, (size_t)n, names);
}

static PyMethodDef guarded_method = {"kernel", (PyCFunction)(void (*)(void))guarded,
                                     METH_FASTCALL | METH_KEYWORDS, NULL};

static PyObject *guard(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *fallback, *run;
    long long least;
    if (!PyArg_ParseTuple(args, "OOL:guard", &fallback, &run, &least)) return NULL;
    PyObject *held = Py_BuildValue("(OOL)", fallback, run, least);
    PyObject *function = held ? PyCFunction_New(&guarded_method, held) : NULL;
    Py_XDECREF(held);
    return function;
}

static PyObject *get_threads(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return PyLong_FromLongLong(threads_wanted());
}

static PyObject *set_threads(PyObject *self, PyObject *n) {
    (void)self;
    long long wanted = PyLong_AsLongLong(n);
    if (wanted == -1 && PyErr_Occurred()) return NULL;
    Py_BEGIN_ALLOW_THREADS
    threads_set(wanted);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"kernels", kernels, METH_NOARGS, "All kernels by name."},
    {"fetch_double", fetch_double, METH_O, "What finds and adds the kernels for float64."},
    {"add_double", add_double, METH_O, "Load their library."},
    {"has_double", py_has_double, METH_NOARGS, "Whether there are any."},
    {"guard", guard, METH_VARARGS, "guard(fallback, kernel, least): a kernel over a row or rule."},
    {"get_threads", get_threads, METH_NOARGS, "How many threads the kernels use."},
    {"set_threads", set_threads, METH_O, "Use so many."},
    {"memory_on", memory_on, METH_NOARGS, "Let NumPy take its memory from the cache."},
    {"memory_off", memory_off, METH_NOARGS, "Let NumPy take its memory as before."},
    {"memory_stats", memory_stats, METH_NOARGS, "What the cache holds, in bytes."},
    {"memory_trim", memory_trim, METH_NOARGS, "Give back what the cache holds."},
    {"engine_learn", engine_learn, METH_VARARGS, "What the engine is made of."},
    {"engine_apply", (PyCFunction)(void (*)(void))engine_apply, METH_FASTCALL, "primitive.apply"},
    {"engine_learn_sweep", engine_learn_sweep, METH_VARARGS, "What the sweep is made of."},
    {"engine_sweep", (PyCFunction)(void (*)(void))engine_sweep, METH_VARARGS | METH_KEYWORDS,
     "graph.sweep"},
    {"engine_operators", engine_operators, METH_O, "+ - * / of tensors."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernels", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) {
    import_array();
    return PyModule_Create(&definition);
}
