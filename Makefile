# Each target sets up what it needs first: `demo` in .venv-demo, `lowest` in .venv-lowest, the others in .venv.
# PYTHON may name another interpreter (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .venv-demo
LOWEST := .venv-lowest
# With bytecode, pytest need not compile all tests in each run.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# $(call make_venv,FOLDER): a new virtual environment, or the reason why there cannot be one.
define make_venv
@$(PYTHON) -c 'import sys; sys.exit("git-fedlearn needs Python 3.11 or later, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
@$(PYTHON) -m venv $(1) || { echo "error: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
@echo "setting up $(1) …"
endef

.PHONY: demo test lint format docs bench bench-table soak lowest clean
demo: $(DEMO)/.ready
	@PATH="$(CURDIR)/$(DEMO)/bin:$$PATH" git fedlearn demo

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not soak"

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY) docs/demo.svg docs/recall.svg
	@$(BIN)/python -m manual

docs/demo.svg: $(wildcard git_fedlearn/demo/*.py) git_fedlearn/commands/demo.py manual/recording.py | $(READY)
	@echo "recording a run of git fedlearn demo …" && $(BIN)/python -m manual.recording && touch $@

docs/recall.svg: $(wildcard git_fedlearn/agents/*.py) git_fedlearn/plumbing/agent_hook.py manual/recall.py | $(READY)
	@echo "recording an agent …" && $(BIN)/python -m manual.recall && touch $@

bench: $(READY)
	@$(BIN)/python -m benchmarks

bench-table: $(READY)
	@$(BIN)/python -m benchmarks --write

soak: $(READY)
	@$(BIN)/python -m pytest -n auto -m soak
	@$(BIN)/python -m pytest -n auto -m hypothesis --hypothesis-profile=soak
	@$(BIN)/python -m benchmarks hub push_race

# The lowest versions that pyproject.toml allows must do, too.
lowest: $(LOWEST)/.ready
	@$(LOWEST)/bin/python -m pytest -n auto -m "not soak" tests/core tests/commands tests/learn tests/report tests/repository tests/search tests/qdrant

$(READY): pyproject.toml
	$(call make_venv,$(VENV))
	@$(BIN)/python $(PIP_INSTALL) -e '.[dev]'
	@$(BIN)/python tests/interpreters.py $(VENV)/interpreters
	@touch $@

$(DEMO)/.ready: pyproject.toml
	$(call make_venv,$(DEMO))
	@$(DEMO)/bin/python $(PIP_INSTALL) -e '.[local]'
	@touch $@

$(LOWEST)/.ready: pyproject.toml
	$(call make_venv,$(LOWEST))
	@$(LOWEST)/bin/python $(PIP_INSTALL) uv
	@$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --compile-bytecode --resolution lowest-direct -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) $(LOWEST) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
