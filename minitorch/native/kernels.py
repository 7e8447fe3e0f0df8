"""All kernels: importing this module enters each into the table."""

from . import products  # noqa: F401
