# `make` alone lists the targets. Everything runs in .venv, which is made on first use.

PYTHON ?= python3
VENV ?= .venv
REQUIREMENTS ?= requirements.lock
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NAME ?=
PART ?=
NOTEBOOK ?=
CLAIM ?=
NETWORK ?=
CASE ?=
RUNTIME ?=
CHAPTER ?=
TORCH ?=
JAX ?=
PRDC ?=

# What every target runs under: repeatable, and without TensorFlow's start-up talk. Tests, claims
# and outputs add the quick profile and hide GPUs (book/settings.py).
export TF_CPP_MIN_LOG_LEVEL := 3
export PYTHONHASHSEED := 0
export PYDEVD_DISABLE_FILE_VALIDATION := 1

PYTEST := $(BIN)/python -m pytest
# One worker for each core, one thread for each worker (tests/workers.py).
SHARED := -n auto --dist loadgroup --no-loadscope-reorder --durations 15
# Labels and names of claims are written with hyphens.
OF_CHAPTER := $(if $(CHAPTER),-k '$(CHAPTER) or $(subst _,-,$(CHAPTER))')
CHOICE := not accessibility
# Stored outputs are compared word for word; only the number after ≈ is masked.
STRICTLY := --nbval --nbval-sanitize-with tests/approximate.cfg
NOTEBOOK_GATE := $(PYTEST) $(STRICTLY) chapters -q

.DEFAULT_GOAL := help
.PHONY: help book pdf linkcheck chapter check coverage test test-code test-newest test-portable \
  test-full outputs claims pretrained race bench lint format lock wheel repository clean \
  colab test-colab test-accessibility

help: ## list the targets
	@echo 'make TARGET [PYTHON=python3.12]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-20s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(INSTALLED) ## build the book into _build/html
	@$(BIN)/python -m tools.contents
	rm -rf _build
	$(BIN)/jupyter-book build --warningiserror --nitpick .

pdf: book ## print the book into _build/book.pdf; needs Chromium or Chrome, and some minutes
	$(BIN)/python -m tools.pdf

linkcheck: $(INSTALLED) ## ask every outside link whether it answers; it reports and does not fail
	-$(BIN)/jupyter-book build --builder linkcheck --path-output build/linkcheck .

test: $(INSTALLED) ## run every check, or those of one chapter [CHAPTER=first_gan]
	$(PYTEST) $(SHARED) $(OF_CHAPTER) $(STRICTLY) --doctest-modules -m '$(CHOICE)' \
	  tests gan_utils chapters

check: lint ## the inner loop: style, light tests, and of the pages what differs from git's HEAD
	$(BIN)/python -m tools.check

coverage: $(INSTALLED) ## show which lines of gan_utils its tests run, also in build/coverage
	mkdir -p build/coverage
	$(PYTEST) $(SHARED) --doctest-modules --cov --cov-report term --cov-report html:build/coverage \
	  tests/package gan_utils

test-code: $(INSTALLED) ## run every check but the comparison of stored outputs
	$(PYTEST) $(SHARED) --doctest-modules -m '$(CHOICE)' tests gan_utils

test-newest: ## make test-code, claims aside, with the newest libraries of requirements.txt
	$(MAKE) test-code VENV=build/newest REQUIREMENTS=requirements.txt \
	  CHOICE='$(CHOICE) and not recorded'

test-portable: $(INSTALLED) ## compare stored outputs again with AVX2 only, and with all threads
	DNNL_MAX_CPU_ISA=AVX2 $(NOTEBOOK_GATE) $(SHARED)
	$(NOTEBOOK_GATE)

test-full: $(INSTALLED) ## run every chapter to its end at the full profile [CHAPTER=name]
	$(BIN)/python -m tools.full $(CHAPTER)

test-accessibility: $(INSTALLED) ## let axe-core judge every page, light and dark; needs Chromium
	$(PYTEST) -m accessibility tests/browser

chapter: $(INSTALLED) ## begin a chapter NAME=part/name [PART='title of a new part'; CLAIM=no]
	@$(BIN)/python -m tools.chapter '$(NAME)' $(if $(PART),--part '$(PART)') $(if $(filter no,$(CLAIM)),--no-claim)

outputs: $(INSTALLED) ## execute the notebooks and store their outputs [NOTEBOOK=chapters/x.ipynb]
	$(BIN)/python -m tools.outputs $(NOTEBOOK)

claims: $(INSTALLED) ## measure the claims on all their seeds [CLAIM=name]; then `make outputs`
	$(BIN)/python -m tools.claims $(CLAIM)

pretrained: $(INSTALLED) ## train on MNIST the weights that the package ships [NETWORK=name]
	$(BIN)/python -m tools.pretrain $(NETWORK)

race: $(INSTALLED) ## train on MNIST for 90 s with each recipe: three quarters of an hour
	$(BIN)/python -m tools.race

bench: $(INSTALLED) ## time training and metrics [CASE=name; TORCH=, JAX=, PRDC=python that has it]
	$(BIN)/python -m tools.bench $(CASE) $(if $(TORCH),--torch $(TORCH)) \
	  $(if $(JAX),--jax $(JAX)) $(if $(PRDC),--prdc $(PRDC))

lint: $(INSTALLED) ## check style, format, spelling and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

format: $(INSTALLED) ## mend what can be mended of style and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## resolve requirements.txt into requirements.lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock requirements.txt

wheel: $(INSTALLED) ## build gan_utils into dist/
	$(BIN)/python -m tools.wheel

colab: $(INSTALLED) ## write notebooks that run wherever they are uploaded into build/colab
	$(BIN)/python -m tools.colab

test-colab: $(INSTALLED) ## execute those under the versions that Colab has and had [RUNTIME=now]
	$(BIN)/python -m tools.parity $(RUNTIME)

repository: $(INSTALLED) ## set the address of the published book [URL=https://host/owner/name]
	$(BIN)/python -m tools.repository "$(URL)"

clean: ## remove everything that is built, .venv too
	rm -rf .venv _build build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): $(REQUIREMENTS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo 'Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is' "$$($(PYTHON) --version 2>&1)." \
	         'Name another: make PYTHON=python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $(REQUIREMENTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
