# Needs Python 3.11 with venv, make and git. Everything is made in .venv and demo; `make clean` takes it away again.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
# What was installed last; older than its lock, it is installed again. The development lock holds the other one whole.
FOR_USE := $(VENV)/.installed
FOR_WORK := $(VENV)/.installed-dev
# Of `make simulate`: how long the simulated time is, and what everything that is left to chance begins with.
DAYS ?= 365
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test setup lint docs bench simulate lock clean

help:
	@echo 'make demo    an authority, certificates for a whole network, TLS, a revocation, a renewal'
	@echo 'make test    the test suite, with coverage'
	@echo 'make setup   .venv with everything for development, and no more'
	@echo 'make lint    ruff, mypy, the import contracts, the addresses check'
	@echo 'make docs    write docs/errors.md anew'
	@echo 'make bench   measure, beside openssl and easyrsa where they are installed'
	@echo 'make simulate   a year of the example network in simulated time (DAYS=365 SEED=1)'
	@echo 'make lock    resolve the dependencies anew and write both locks (needs uv)'
	@echo 'make clean   remove everything that make has made'

demo: $(FOR_USE)
	@$(BIN)/python examples/demo.py

test: $(FOR_WORK)
	@$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report term

setup: $(FOR_WORK)

lint: $(FOR_WORK)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@.ci/addresses

docs: $(FOR_WORK)
	@$(BIN)/python docs/generate_errors.py
	@$(BIN)/python docs/generate_keys.py

bench: $(FOR_WORK)
	@$(BIN)/python benchmarks/issue_one.py
	@$(BIN)/python benchmarks/issue_many.py
	@$(BIN)/python benchmarks/tui_million.py

simulate: $(FOR_WORK)
	@$(BIN)/python -m tests.simulation.run --days $(DAYS) --seed $(SEED)

lock:
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: install it, or name it with UV=/path/to/uv.' >&2; exit 1; }
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra build --output-file requirements.txt pyproject.toml
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra dev --output-file requirements-dev.txt pyproject.toml
	@.ci/addresses

clean:
	rm -rf $(VENV) demo build dist htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing that venv makes: a set-up that was interrupted is made anew.
$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 was not found.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than Python 3.11.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'On Debian and Ubuntu venv is a package of its own: apt install python3-venv' >&2; exit 1; }

$(FOR_USE): requirements.txt | $(BIN)/pip
	@echo 'Setting up .venv from requirements.txt'
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(FOR_WORK): requirements-dev.txt | $(BIN)/pip
	@echo 'Setting up .venv from requirements-dev.txt'
	@$(PIP) --require-hashes -r requirements-dev.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $(FOR_USE) $@
