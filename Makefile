# Everything here sets up what it needs in .venv first. PYTHON may name another interpreter (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint format docs bench soak clean
demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" git fedlearn demo

test: $(READY)
	@$(BIN)/python -m pytest -n auto -m "not soak"

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY) docs/demo.svg
	@$(BIN)/python -m manual

docs/demo.svg: $(wildcard git_fedlearn/demo/*.py) git_fedlearn/commands/demo.py manual/recording.py | $(READY)
	@echo "recording a run of git fedlearn demo …" && $(BIN)/python -m manual.recording && touch $@

bench: $(READY)
	@$(BIN)/python -m benchmarks

soak: $(READY)
	@$(BIN)/python -m pytest -n auto -m soak

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("git-fedlearn needs Python 3.11 or later, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV) …" && $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python tests/interpreters.py $(VENV)/interpreters
	@touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
