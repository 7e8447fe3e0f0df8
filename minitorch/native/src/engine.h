/* The engine's hot path: engine.c and sweep.c. Functions for Python's module. */

#ifndef ENGINE_H
#define ENGINE_H

#include <Python.h>

/* Where a slot of a class lies in its objects; -1, and no error, where the class has no such slot. */
Py_ssize_t engine_slot(PyTypeObject *type, const char *name);
#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

/* Keep g as the first gradient of a leaf with this node: 1 if that is all there is to do, 0 for what
`AccumulateGrad.accumulate` does, -1 for an error. */
int engine_first_grad(PyObject *leaf, PyObject *node, PyObject *g);

PyObject *engine_learn(PyObject *self, PyObject *args);
PyObject *engine_apply(PyObject *self, PyObject *const *args, Py_ssize_t count);
PyObject *engine_operators(PyObject *self, PyObject *list);
PyObject *engine_learn_sweep(PyObject *self, PyObject *args);
PyObject *engine_sweep(PyObject *self, PyObject *args, PyObject *kwargs);

#endif
