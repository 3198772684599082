# Everything that is done with this project by hand or by a machine. `make` alone lists it.

PYTHON ?= python3
ARGS ?=
# A file of tests stays in one process: what it starts is shared by its tests.
PARALLEL ?= -n 2 --dist loadfile

DEV := .venv
RUN := .venv-run
TEST := .venv-test
# The example plugin, laid over $(TEST) instead of into it: the tests of imnot never see it.
EXAMPLE := $(TEST)/example-plugin
NODE := .node

PACKAGES := imnot_core imnot_patterns partners
# Folders too: their time changes when a file is deleted.
SOURCES := pyproject.toml README.md LICENSE \
	$(shell find $(PACKAGES) -not -name '*.pyc' -not -name __pycache__)
EXAMPLE_SOURCES := $(shell find plugins-example -type f -not -name '*.pyc' 2>/dev/null)

# A checkout on sys.path would be tested in place of the wheel.
unexport PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help start dev test lint format bench clean python

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

start: $(RUN)/.installed ## serve the example partners on http://127.0.0.1:8000 (ARGS="--port 9000 --reload")
	$(RUN)/bin/imnot start --partners-dir partners $(ARGS)

dev: $(DEV)/.installed ## an environment to work in: imnot from this checkout and the tools, in .venv

test: lint $(TEST)/.wheel $(EXAMPLE)/.installed $(NODE)/.installed ## everything that must pass, against the built wheel (ARGS="-k words")
	@echo '== the example plugin, tested as its author would =='
	cd plugins-example && PYTHONPATH='$(CURDIR)/$(EXAMPLE)' '$(CURDIR)/$(TEST)/bin/python' -P -m pytest
	@echo '== imnot, as built and installed =='
	IMNOT_TEST_WHEEL=1 $(TEST)/bin/python -P -m pytest $(PARALLEL) $(ARGS)

lint: $(TEST)/.wheel ## style, format and types
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	cd plugins-example && MYPYPATH=src '$(CURDIR)/$(TEST)/bin/mypy' --config-file ../pyproject.toml .

format: $(TEST)/.wheel ## rewrite the code in the project's format, and what ruff can mend
	$(TEST)/bin/ruff check --fix .
	$(TEST)/bin/ruff format .

bench: $(TEST)/.wheel ## requests per second beside a bare ASGI callable; needs wrk
	@command -v wrk >/dev/null || apt-get install -y wrk || \
		{ echo 'make bench needs wrk (Debian: apt-get install wrk; macOS: brew install wrk)'; exit 1; }
	$(TEST)/bin/python tests/benchmarks $(ARGS)

clean: ## remove what make made, but for .venv: builds, caches and its other environments
	rm -rf $(RUN) $(TEST) $(NODE) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "imnot needs Python 3.11 or later, and '$(PYTHON)' is not: make PYTHON=/path/to/python3.11 ..."; exit 1; }

# The environments. A stamp is younger than what it was made of.

$(RUN)/.installed: pyproject.toml | python
	$(PYTHON) -m venv $(RUN)
	$(RUN)/bin/pip install --quiet --editable .
	@touch $@

$(DEV)/.installed: pyproject.toml | python
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install --quiet --editable '.[dev,testing]'
	@touch $@

# The tools first, and what imnot depends on with them: after that a new wheel takes a second.
$(TEST)/.installed: pyproject.toml | python
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/pip install --quiet '.[dev,testing]'
	@touch $@

$(TEST)/.wheel: $(TEST)/.installed $(SOURCES)
	rm -rf dist
	$(TEST)/bin/python -m build --wheel --no-isolation >$(TEST)/build.log || { cat $(TEST)/build.log; exit 1; }
	$(TEST)/bin/pip install --quiet --force-reinstall --no-deps dist/*.whl
	@touch $@

$(EXAMPLE)/.installed: $(TEST)/.installed $(EXAMPLE_SOURCES)
	rm -rf $(EXAMPLE)
	$(TEST)/bin/pip install --quiet --no-deps --no-build-isolation --target $(EXAMPLE) ./plugins-example
	@touch $@

# newman runs the exported Postman collections, the language server completes partner files as editors do. Without
# them those tests say so and are skipped; in CI they fail.
$(NODE)/.installed:
	@if command -v npm >/dev/null && npm install --silent --no-save --no-package-lock --prefix $(NODE) newman@6 yaml-language-server@1; \
		then touch $@; else echo 'newman and yaml-language-server could not be installed with npm: their tests are skipped'; fi
