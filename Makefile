# Haitang: `make serve` starts the service, `make test` runs every test, `make help` lists the rest.
#
#   make serve ARGS="--port 9000"       further options go through ARGS
#   make test ARGS="-k perceptron"
#   make setup PYTHON=/opt/python3.12   another interpreter than the first that fits

VENV ?= .venv
BIN := $(VENV)/bin
# Candidates in order of preference. The newest Python for which every locked package has wheels is 3.14.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))

# Stamps: a step runs again only when what it read has changed.
CREATED := $(VENV)/.created
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.test-installed
FONTS := app/static/fonts/built.txt
LTI_CONSUMER := $(VENV)/lti-consumer
LTI_CONSUMER_INSTALLED := $(LTI_CONSUMER)/.installed

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --no-config --python $(BIN)/python --universal \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --annotation-style line \
	--custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup serve test check lti-consumer oracle soak bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(INSTALLED) $(FONTS) ## install what the service needs, into .venv

serve: setup ## start the service on 127.0.0.1:8000 with a SQLite database under var/
	$(BIN)/haitang serve $(ARGS)

test: setup check lti-consumer ## run the linters and the whole test suite, Chromium included
	chromium=$$(sh tests/chromium.sh) || exit; [ -n "$$chromium" ] || export HAITANG_SKIP_BROWSER=1; \
	CHROMIUM="$$chromium" LTI_CONSUMER="$(abspath $(LTI_CONSUMER))" $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

check: $(TEST_INSTALLED) ## run the linters only: style, format, types, direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lti-consumer: $(LTI_CONSUMER_INSTALLED) ## install the LTI consumer of Open edX, a platform for the tests, beside the rest

oracle: setup $(TEST_INSTALLED) ## compare the solvers with PyTorch, which weighs gigabytes on Linux
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(INSTALL) --require-hashes -r requirements/oracle.txt
	$(BIN)/python -c 'import torch; print("PyTorch", torch.__version__)'
	$(BIN)/pytest -m oracle tests/oracle $(ARGS)

soak: setup $(TEST_INSTALLED) ## the long fault and load runs
	$(BIN)/pytest -m soak $(ARGS)

bench: setup $(TEST_INSTALLED) ## run every benchmark, one after the other
	@for benchmark in benchmarks/*.py; do echo "$$benchmark"; $(BIN)/python "$$benchmark" $(ARGS) || exit; done

lock: $(CREATED) ## lock the dependencies anew; ARGS=--upgrade for the newest releases
	$(INSTALL) --require-hashes -r requirements/lock.txt
	$(COMPILE) pyproject.toml --group build --group test -o requirements/test.txt
	$(COMPILE) pyproject.toml -c requirements/test.txt -o requirements/run.txt
	$(COMPILE) --group build -c requirements/test.txt -o requirements/build.txt
	$(COMPILE) --group oracle -c requirements/test.txt -o requirements/oracle.txt
	$(COMPILE) --group lock -o requirements/lock.txt
	$(COMPILE) requirements/lti-consumer.in -o requirements/lti-consumer.txt

clean: ## remove what was installed and built; var/ stays, people's answers are in it
	rm -rf $(VENV) app/static/fonts dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED):
	@for python in $(PYTHON); do \
	  if "$$python" -c '$(FITS)' 2>/dev/null; then "$$python" -m venv $(VENV) && touch $@; exit; fi; \
	done; \
	echo "Haitang needs Python 3.11 to 3.14 with its venv module; tried: $(PYTHON)." >&2; \
	echo "On Debian and Ubuntu: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(INSTALLED): requirements/run.txt requirements/build.txt pyproject.toml | $(CREATED)
	@echo "Installing into $(VENV); the first time takes a minute."
	$(INSTALL) --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(INSTALL) --no-build-isolation --no-deps -e .
	@touch $@

$(TEST_INSTALLED): requirements/test.txt $(INSTALLED)
	$(INSTALL) --no-compile --require-hashes -r requirements/test.txt
	@touch $@

# In an environment of its own: its dependencies would narrow ours.
$(LTI_CONSUMER_INSTALLED): requirements/lti-consumer.txt | $(CREATED)
	$(BIN)/python -m venv --clear $(LTI_CONSUMER)
	$(LTI_CONSUMER)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

$(FONTS): app/assets.py $(INSTALLED)
	$(BIN)/python -m app.assets
	@touch $@
