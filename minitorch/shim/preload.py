"""Installs the shim where it is imported: in processes that a shimmed one starts."""

from minitorch.shim import install

install()
