/* NumPy's memory, kept for the next array: memory.c. Functions for Python's module. */

#ifndef MEMORY_H
#define MEMORY_H

#include <Python.h>

void memory_follow(void); /* do in this thread what was last asked for in any */

PyObject *memory_on(PyObject *self, PyObject *none);
PyObject *memory_off(PyObject *self, PyObject *none);
PyObject *memory_stats(PyObject *self, PyObject *none);
PyObject *memory_trim(PyObject *self, PyObject *none);

#endif
