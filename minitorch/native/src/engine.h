/* The engine's hot path: engine.c. Functions for Python's module. */

#ifndef ENGINE_H
#define ENGINE_H

#include <Python.h>

PyObject *engine_learn(PyObject *self, PyObject *args);
PyObject *engine_apply(PyObject *self, PyObject *const *args, Py_ssize_t count);
PyObject *engine_operators(PyObject *self, PyObject *list);

#endif
