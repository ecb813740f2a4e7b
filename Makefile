# One environment per purpose, made from pinned requirements; every target makes what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := bot pipeline storage training tests requirements

.PHONY: help demo test test-clone soak check audit image-proof format docs bench requirements train clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Dragoman needs Python 3.11, 3.12 or 3.13; say which with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt requirements/opinion.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --require-hashes --no-deps --ignore-requires-python -r requirements/opinion.txt
	@touch $@

demo: $(VENV)/.runtime ## interpret the bundled voice notes, answers in spoken/
	$(BIN)/dragoman try --profile demo --out spoken pipeline/demo/notes/*.ogg

# Most tests wait for clocks and networks: three at once keep two cores busy.
TESTERS ?= 3

test: $(VENV)/.dev ## run every test
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile

$(VENV)/.clone: $(VENV)/.dev requirements/clone.txt
	# torch is installed by hand before the rest: its CPU build has other hashes and other needs.
	$(PIP) install torch==2.13.0
	$(PIP) install --require-hashes -r requirements/clone.txt
	@touch $@

test-clone: $(VENV)/.clone ## run the tests that need torch: own voice on the real library, conversion
	$(BIN)/python -m pytest -m needs

soak: $(VENV)/.dev ## an hour of mixed traffic with faults, in some ten minutes
	$(BIN)/python -m tests.soak

check: $(VENV)/.dev audit ## lint, formatting, types, import contracts, known vulnerabilities
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/.dev ## ask whether pinned releases have known vulnerabilities, where that can be asked
	$(BIN)/python requirements/audit.py

image-proof: $(VENV)/.dev ## build the container image without Docker, as root, and test it
	docker/prove

format: $(VENV)/.dev ## format and fix what can be fixed
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: $(VENV)/.dev ## write the tables of the documents from the code
	$(BIN)/python -m tests.docs

bench: $(VENV)/.runtime ## measure this machine with the demo models
	$(BIN)/dragoman bench --profile demo

train: $(VENV)/.runtime ## train the demo models again
	$(PIP) install torch==2.13.0
	$(PIP) install --require-hashes -r requirements/train.txt
	$(BIN)/python -m training

UV := $(BIN)/uv
COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet --upgrade

requirements: $(VENV)/.runtime ## compile the pinned requirements from pyproject.toml
	$(PIP) install 'uv>=0.13,<0.14'
	$(COMPILE) --group build -o requirements/runtime.txt
	$(COMPILE) --group build --group dev -c requirements/runtime.txt -o requirements/dev.txt
	# torch is installed by hand before these: its CPU build has other hashes and other needs.
	echo "torch; python_version < '3'" | $(COMPILE) --group build --extra train \
		-c requirements/runtime.txt --override - -o requirements/train.txt
	echo "torch; python_version < '3'" | $(COMPILE) --group build --extra clone \
		-c requirements/runtime.txt --override - -o requirements/clone.txt

clean: ## remove the environment and what was made
	rm -rf $(VENV) spoken build dist
