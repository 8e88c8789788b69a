.PHONY: help demo test check e2e bench lock clean
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

help: ## Show what can be made
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(BIN)/uv: .requirements/uv.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .requirements/uv.txt
	@touch $@

$(VENV)/run: $(BIN)/uv .requirements/run.txt pyproject.toml
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r .requirements/run.txt
	@echo "$(CURDIR)/.src" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/workledger.pth"
	@touch $@

$(VENV)/dev: $(VENV)/run .requirements/dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r .requirements/dev.txt
	@touch $@

demo: $(VENV)/run ## Fill a board from real history and serve it
	@$(BIN)/python -m workledger.api.cli demo $(ARGS)

test: $(VENV)/dev ## Run all tests, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest -m "not e2e and not benchmark" $(ARGS)

check: $(VENV)/dev ## Format check, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

e2e: $(VENV)/dev .requirements/e2e.txt ## Drive the page in a real browser (installs Debian's chromium)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r .requirements/e2e.txt
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -qq -y chromium)
	@$(BIN)/python -m pytest -m e2e $(ARGS)

bench: $(VENV)/dev ## Measure against peers, in one run on one machine
	@$(BIN)/python -m pytest -m benchmark -s tests/benchmarks $(ARGS)

lock: $(BIN)/uv ## Lock the dependencies again, with hashes
	@cd .requirements && for set in run dev e2e; do \
	  ../$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	    $$(case $$set in run) echo "--extra all";; dev) echo "--extra all --group ../pyproject.toml:dev";; e2e) echo "--extra all --group ../pyproject.toml:dev --group ../pyproject.toml:e2e";; esac) \
	    ../pyproject.toml -o $$set.txt; done

clean: ## Forget the environment and the demo
	@rm -rf $(VENV) .demo dist
