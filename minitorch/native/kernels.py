"""All kernels: importing this module enters each into the table."""

# ruff: noqa: F401
import minitorch.native.activations
import minitorch.native.attention
import minitorch.native.convolve
import minitorch.native.copies
import minitorch.native.elementwise
import minitorch.native.indexing
import minitorch.native.losses
import minitorch.native.normalize
import minitorch.native.optimizers
import minitorch.native.pooling
import minitorch.native.products
import minitorch.native.recurrent
import minitorch.native.reductions
import minitorch.native.softmax
import minitorch.native.statistics
