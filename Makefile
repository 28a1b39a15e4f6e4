# One command each, on a clean clone with only Python 3.11 or later and make: everything else goes into .venv.
#   make compare   which design is least likely to fall short, of the study marked default
#   make test      lint, type and import rules, then every test but the slow ones
#   make lab       JupyterLab in notebooks/
#   make baseline  the committed figures anew, when a change of them is meant
#   make picture  the README's picture anew
#   make pictures  every view of the screen as pictures, in results/pictures
#   make parity    the three engines against one another over more steps, and the other slow tests
# `make compare ARGS="--scenario NAME --worlds 50"` hands options on; `make test ARGS="tests/model"` too.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
WORKERS ?= 2
ARGS ?=

# Older pips (before 23.2, which some systems still make) search for many minutes for what the constraints already say.

# The first interpreter that starts and is new enough (a name on the path need not start: version managers leave shims).
PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3 python; do \
	if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	echo "$$candidate"; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help setup compare test lint browser parity baseline picture pictures lab clean

help:
	@sed -n 's/^#   //p' Makefile

# Stamps: the second call of any target below costs nothing until a file that decides the set of packages changes.
$(VENV)/.python:
	@if [ -z "$(PYTHON)" ]; then echo "policy_lab needs Python 3.11 or later; none was found. Set PYTHON=/path/to/python." >&2; exit 1; fi
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=23.2'
	@touch $@

$(VENV)/.runs: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing the tested set of packages (about a minute the first time) …"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs
	@echo "Installing what the tests and the notebooks need …"
	@$(INSTALL) --editable '.[brief,calibrate,cluster,discovery,export,lab,test]'
	@touch $@

setup: $(VENV)/.develops

compare: $(VENV)/.runs
	@$(BIN)/policy-lab compare $(ARGS)

lint: $(VENV)/.develops
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What the accessibility scan reads: one package from npm, of a version and with bytes that tests/lab/axe.py knows.
AXE := tests/lab/node_modules/axe-core/package.json
$(AXE): tests/lab/package.json
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends npm >/dev/null; fi; \
	if command -v npm >/dev/null; then echo "Installing axe-core for the accessibility scan …"; \
		npm install --prefix tests/lab --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@; \
	else echo "The accessibility scan needs axe-core, which npm installs: install Debian's package npm, or Node.js." >&2; exit 1; fi

# The tests of the screen drive a real Chromium: Debian's, which root gets here, and anybody else is told of.
browser: $(AXE)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Debian's chromium …"; apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else echo "The tests of the screen need Chromium, which is not here: install Debian's package chromium." >&2; exit 1; fi

test: lint browser
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

parity: $(VENV)/.develops
	$(BIN)/pytest -m slow $(ARGS)

# The only command that changes the committed figures of tests/models/baseline.csv.
baseline: $(VENV)/.develops
	$(BIN)/python -m tests.models.baseline

# The picture of the result in the README, from a full comparison.
picture: $(VENV)/.develops
	$(BIN)/policy-lab compare --out results/picture
	cp results/picture/risk.svg assets/result.svg

# Every view of the screen, light and dark, wide and narrow, to look at: `make pictures ARGS="FOLDER STUDY WORLDS"`.
pictures: browser $(VENV)/.develops
	$(BIN)/python -m tests.lab.pictures $(or $(ARGS),results/pictures safeguarding 100)

lab: $(VENV)/.develops
	$(BIN)/jupyter lab notebooks $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
