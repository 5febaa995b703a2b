# Two commands matter: `make run` and `make test`. `make help` lists the rest.
# Wanted on the machine: Python 3.11 or later with its venv module, make and git. Nothing else.

# The first of these that starts is used; name another with `make PYTHON=/path/to/python run`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP_QUIET := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USE_PEP517=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip install --quiet

.DEFAULT_GOAL := help
.PHONY: help run dev chaos test quick cover mutate check verify bench browser dist lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start the portal, its workers, the mock RMM and what they need; Ctrl-C ends it
	@exec $(BIN)/portal run

dev: $(VENV)/.dev ## the same with the portal's reload and debugger
	@exec $(BIN)/portal run --dev

verify: $(VENV)/.run ## prove the round trip end to end on a private stack, in under 90 seconds
	@exec $(BIN)/portal verify $(ARGS)

test: $(VENV)/.dev browser ## run the whole suite; ARGS='-k name' narrows it
	@exec $(BIN)/python -m pytest -n $(or $(TEST_PROCESSES),2) --dist loadgroup $(ARGS)

quick: $(VENV)/.dev ## run what needs no browser, starts no programs and is not slow; ARGS narrows it
	@exec $(BIN)/python -m pytest -n $(or $(TEST_PROCESSES),2) -m "not browser and not processes and not slow" $(ARGS)

cover: $(VENV)/.dev browser ## measure by branch what the suite reaches, and list what it doesn't; ARGS narrows it
	@$(BIN)/coverage erase
	-@$(BIN)/coverage run -m pytest -n $(or $(TEST_PROCESSES),2) --dist loadgroup $(ARGS)
	@$(BIN)/coverage combine --quiet && exec $(BIN)/coverage report

mutate: $(VENV)/.mutate ## change the code at random, and see whether tests notice; ARGS='--count 80 --seed 1'
	@exec $(BIN)/python -m tests.mutate $(ARGS)

chaos: $(VENV)/.dev ## kill, freeze and cut off real processes, and see that no delivery is lost
	@exec $(BIN)/python -m tests.chaos $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers, and that models and migrations agree
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/portal check-migrations

bench: $(VENV)/.bench ## measure rates, latency and memory beside other queues; ARGS='--quick', '--json', '--only NAME'
	@exec $(BIN)/python -m tests.bench $(ARGS)

browser: $(VENV)/.dev # a browser and curl for the tests: those that are there, or Debian's, installed as root
	@$(BIN)/python -m tests.browser_binary

dist: $(VENV)/.dev ## build a wheel and a source distribution into dist/
	@rm -rf dist
	$(BIN)/python -m build --no-isolation

lock: ## make requirements/*.txt anew from requirements/*.in, for every platform and Python
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	for f in run dev bench mutate; do $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --upgrade requirements/$$f.in -o requirements/$$f.txt || exit 1; done
	@rm -rf $(VENV)-lock

clean: ## remove the virtual environment and caches; the data in instance/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache *.egg-info dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp a lock file: installing again is a matter of milliseconds when nothing changed.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the program needs into $(VENV) ..."
	@$(PIP_QUIET) --require-hashes -r requirements/run.txt
	@$(PIP_QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP_QUIET) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@echo "Installing the peers that the benchmark measures into $(VENV) ..."
	@$(PIP_QUIET) --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.mutate: requirements/mutate.txt $(VENV)/.dev
	@echo "Installing what makes mutants into $(VENV) ..."
	@$(PIP_QUIET) --require-hashes -r requirements/mutate.txt
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with its venv module is needed; none of python3, python3.14, python3.13, python3.12, python3.11 is one. Install one, or say: make PYTHON=/path/to/python run"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
