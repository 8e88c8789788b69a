.PHONY: help demo test quick explore check coverage e2e bench docs structure lock bytecode clean
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
WORKERS ?= 2
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode
QUICK := tests/domain tests/kernel tests/policies tests/projections tests/test_architecture.py \
  tests/engine/test_compiler.py tests/engine/test_fingerprint.py
TEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --ignore tests/e2e --ignore tests/benchmarks
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS)

help: ## Show what can be made
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(BIN)/uv: .requirements/uv.txt
	@echo "Setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("workledger needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .requirements/uv.txt
	@touch $@

$(VENV)/run: $(BIN)/uv .requirements/run.txt pyproject.toml
	@$(UV) --require-hashes -r .requirements/run.txt
	@$(UV) --no-deps --no-build-isolation --editable .
	@touch $@

bytecode: # Compile what has changed: where PYTHONDONTWRITEBYTECODE is set, every process would compile all it imports
	@$(BIN)/python -m compileall -q -j 0 .src/workledger domain projections adapters api

$(VENV)/dev: $(VENV)/run .requirements/dev.txt
	@$(UV) --require-hashes -r .requirements/dev.txt
	@touch $@

$(VENV)/e2e: $(VENV)/dev .requirements/e2e.txt
	@$(UV) --require-hashes -r .requirements/e2e.txt
	@touch $@

$(VENV)/bench: $(VENV)/dev .requirements/bench.txt
	@$(UV) --require-hashes -r .requirements/bench.txt
	@touch $@

demo: $(VENV)/run bytecode ## Fill a board from real history and serve it
	@$(BIN)/workledger demo $(ARGS)

test: $(VENV)/dev bytecode ## Run all tests, on SQLite and on a real PostgreSQL
	@$(TEST) $(ARGS)

quick: $(VENV)/dev bytecode ## Run the tests of domain, policies and tables in SQLite, in half a minute
	@$(TEST) -m "not postgres and not hypothesis" -k "not memory" $(QUICK) $(ARGS)

explore: $(VENV)/dev bytecode ## Let Hypothesis look further than the tests do, each time elsewhere
	@WORKLEDGER_TEST_PROFILE=explore $(TEST) -m hypothesis --timeout 0 $(ARGS)

check: $(VENV)/dev ## Check format, lint, types, layers and the examples of the docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@PYTHONPATH=tests $(BIN)/python -m support.check_examples

coverage: $(VENV)/dev bytecode ## Run all tests and show the lines they miss
	@$(TEST) --cov --cov-report=term-missing $(ARGS)

e2e: $(VENV)/e2e bytecode ## Drive the page in a real browser (installs Debian's chromium)
	@command -v chromium >/dev/null || { \
	  root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; }
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

bench: $(VENV)/bench bytecode ## Measure against peers, in one run on one machine
	@$(BIN)/python -m pytest tests/benchmarks -s $(ARGS)

docs: $(VENV)/dev ## Write the pages of docs/reference that are made from the code
	@PYTHONPATH=tests $(BIN)/python -m support.reference_pages

structure: ## Count the rooms of each folder, and the imports between them
	@$(PYTHON) tests/support/structure.py $(ARGS)

lock: $(BIN)/uv ## Lock the dependencies again, with hashes (ARGS=--upgrade for newer ones)
	@cd .requirements && \
	  echo uv | ../$(BIN)/$(COMPILE) --no-annotate - -o uv.txt && \
	  ../$(BIN)/$(COMPILE) ../pyproject.toml --extra all --group ../pyproject.toml:build -o run.txt && \
	  ../$(BIN)/$(COMPILE) ../pyproject.toml --extra all --group ../pyproject.toml:dev -c run.txt -o dev.txt && \
	  ../$(BIN)/$(COMPILE) ../pyproject.toml --extra all --group ../pyproject.toml:dev --group ../pyproject.toml:e2e \
	    -c dev.txt -o e2e.txt && \
	  ../$(BIN)/$(COMPILE) --group ../pyproject.toml:bench -c dev.txt -o bench.txt

clean: ## Forget the environment and the demo
	@rm -rf $(VENV) .demo dist
