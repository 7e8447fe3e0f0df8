# `make` lists the targets. Every target sets up .venv first, once.
#
#   PYTHON=python3.12    the Python that .venv is made with
#   PIP_ARGS="..."       passed to pip, for instance the index of a smaller torch

PYTHON ?= python3
PIP_ARGS ?=

VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest -q -n 2 --dist worksteal
DIGITS := --data digits --epochs 10 --dropout 0.2 --seed 0

.DEFAULT_GOAL := help
.PHONY: help setup run test check verify report bench doctor lint stubs coverage ops mutate fuzz \
	nightly

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv and install everything into it (once)

run: $(STAMP) ## train an MLP and a CNN on minitorch and on torch, compare, write reports/
	$(RUN) -m harness run train.py -- --model mlp $(DIGITS)
	$(RUN) -m harness run train.py -- --model cnn $(DIGITS)

test: $(STAMP) ## every test but the long runs (under 10 minutes)
	$(PYTEST) -m "not nightly"

check: lint ## format, lint, types, layers and the fast tests (under a minute)
	$(PYTEST) -m "not nightly and not differential"

verify: $(STAMP) ## compare with torch: operations, layers, planted mistakes, random programs, runs
	$(RUN) -m harness verify

report: $(STAMP) ## write the index of all reports anew
	$(RUN) -m harness report

bench: $(STAMP) ## time minitorch, with kernels and without, against torch (3 minutes), write reports/bench/
	$(RUN) -m harness bench

doctor: $(STAMP) ## print what is installed, compare every random stream with torch's
	$(RUN) -m harness doctor

lint: $(STAMP) ## format, lint, types, layers, and whether what is generated is fresh
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m harness.stubs --check
	$(RUN) -m harness coverage --check

stubs: $(STAMP) ## write minitorch/__init__.pyi, what an editor sees
	$(RUN) -m harness.stubs

coverage: $(STAMP) ## write SUPPORTED.md, which of torch's names are there
	$(RUN) -m harness coverage

ops: $(STAMP) ## compare every operation and its gradients with torch and float64, write reports/ops/
	$(RUN) -m harness ops

mutate: $(STAMP) ## plant every mistake in minitorch: which does the harness not notice?
	$(RUN) -m harness mutate --jobs 2

fuzz: $(STAMP) ## 2,000 random tensor programs on both engines, what differs as a script
	$(RUN) -m harness fuzz

nightly: test mutate ## everything, the long runs included
	$(PYTEST) -m nightly

# A bare machine is answered by one line: the first $(error) whose probe fails.
comma := ,
need = $(if $(shell $(PYTHON) -c "$(1)" 2>/dev/null && echo yes),,$(error $(2)))
MODERN := import sys; sys.exit(sys.version_info < (3, 10))

define ABOUT
Setting up .venv, once. About to install, in all about 1.5 GB:
  torch 2.13.0                                       to compare with, 0.9 GB
  numpy, matplotlib, pandas, scikit-learn, tqdm, ... to run and to report, 0.5 GB
  pytest, hypothesis, ruff, mypy, import-linter      to test, 0.1 GB
On Linux the torch that PyPI gives by default brings several GB of GPU packages besides; the small
build comes from PyTorch's CPU index: make setup PIP_ARGS="--extra-index-url <that index>"
endef
export ABOUT

$(STAMP): pyproject.toml
	$(call need,,$(PYTHON) is missing: install the package python3)
	$(call need,$(MODERN),$(PYTHON) is too old: install Python 3.10 or newer)
	$(call need,import venv$(comma) ensurepip,venv or pip is missing: install the package python3-venv)
	@echo "$$ABOUT"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install $(PIP_ARGS) -e ".[verify,plots,dev]"
	@touch $@
