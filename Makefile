# Everything happens in .venv; nothing else on the machine is touched but PLUGSURE_HOME.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8080
HOST ?= 127.0.0.1
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SOURCES := planner tests bench tools

.PHONY: help demo test bench proof lint web clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.demo web ## Serve the demo world on http://127.0.0.1:8080 (PORT=9000 for another)
	@exec $(BIN)/plugsure demo --host $(HOST) --port $(PORT)

test: $(VENV)/.test web ## Run the whole suite
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(ARGS)

bench: $(VENV)/.test ## Run the benchmarks and print their records
	$(BIN)/python bench/run.py $(ARGS)

proof: $(VENV)/.test ## Search long for a false promise
	$(BIN)/python bench/proof.py $(ARGS)

lint: $(VENV)/.lint ## Lint, types and import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

web: $(VENV)/.demo ## Bring the page's libraries from npm
	@$(BIN)/python -m planner.faces.assets

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis web/vendor

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[web]'
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.demo
	$(PIP) --editable '.[web,test,networks]'
	@touch $@

$(VENV)/.lint: pyproject.toml $(VENV)/.test
	$(PIP) --editable '.[web,test,networks,lint]'
	@touch $@
