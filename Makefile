# Twinreel. Two commands on a fresh machine: `make demo` runs the box, `make test` tests it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
TRAIN_READY := $(VENV)/.ready-train

.PHONY: demo test check format models bench vm-test vm-soak clean help

help:
	@echo "make demo    run the box on simulated hardware and open its page"
	@echo "make test    run every test that this machine can run"
	@echo "make vm-test test the product in a virtual machine with emulated devices (twenty minutes)"
	@echo "make vm-soak record for ten minutes there"
	@echo "make check   ruff, mypy --strict, import-linter"
	@echo "make models  train the models again (needs the extra [train] and a folder: DATA=...)"
	@echo "make clean   remove what was installed and rendered"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Twinreel needs Python 3.10 or newer; name one with: make demo PYTHON=python3.12" >&2; exit 1; }
	@echo "Making a Python environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "This Python cannot make environments; install its venv package (Debian: python3-venv)." >&2; exit 1; }

$(READY): pyproject.toml | $(BIN)/python
	@echo "Installing what the box needs (about 300 MB, two minutes; only the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV_READY): $(READY)
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(TRAIN_READY): $(DEV_READY)
	@echo "Installing what the training needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train]'
	@touch $@

demo: $(READY)
	@$(BIN)/twinreel demo

test: $(DEV_READY)
	@echo "Running the tests; what is skipped is named with its reason ..."
	@$(BIN)/python -m pytest -rs --numprocesses 2 --dist loadgroup
	@$(BIN)/python -m hw.bench where

vm-test: $(DEV_READY)
	@$(BIN)/python -m hw.bench image
	@$(BIN)/python -m pytest tests/vm -v --timeout 400

vm-soak: $(DEV_READY)
	@$(BIN)/python -m hw.bench soak 10
	@$(BIN)/python -m hw.bench security

check: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: $(TRAIN_READY)
	@test -n "$(DATA)" || { echo "Say where the clips lie: make models DATA=folder" >&2; exit 1; }
	$(BIN)/python -m models.train --data "$(DATA)"

clean:
	rm -rf $(VENV) .demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
