.DEFAULT_GOAL := help
.PHONY: help demo demo-check test check bench bench-peers chaos docs assets lock
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## Start everything, load a year of demo records, print addresses; Ctrl-C stops it
	$(BIN)/goldenthread demo

demo-check: $(READY)  ## The same without waiting: load, look, compare, shut down
	$(BIN)/goldenthread demo --check

test: $(READY)  ## Run the whole suite against real engines
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(READY)  ## Lint, types, imports, generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.catalogue --check
	$(BIN)/python -m deploy.routes --check
	$(BIN)/python -m deploy.contracts --check

bench: $(READY)  ## Measure: prints a table, writes build/bench.json
	$(BIN)/python -m benchmarks

bench-peers: $(READY)  ## Measure what a user would pick instead, each in an environment of its own
	$(BIN)/python -m benchmarks.peers

chaos: $(READY)  ## Kill and freeze everything for an hour under load, then prove that nothing was lost
	$(BIN)/python -m chaos --document

assets: $(READY)  ## Fetch the pages' style sheets and the tests' axe again (needs npm)
	$(BIN)/python -m deploy.assets

docs: $(READY)  ## Write the generated documents again
	$(BIN)/python -m deploy.catalogue
	$(BIN)/python -m deploy.routes
	$(BIN)/python -m deploy.contracts

lock:  ## Resolve requirements.lock again (needs uv)
	uv pip compile pyproject.toml --extra local --extra dev --extra build --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock
