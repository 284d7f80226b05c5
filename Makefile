# Everything a person or a machine does with this project; `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JUDGE := build/html-validate

.PHONY: help setup demo up test check lint format picture emails screens html-validate bench-gather bench-rest bench-memory bench-review bench-scale clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(READY)  ## install everything into .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## both emails in demo/outbox, without a key and without internet
	$(BIN)/cxgreetz demo demo

up: $(READY)  ## the month by itself: Prefect, its schedules, the editor's page; WORKSPACE="DIR ..."
	$(BIN)/cxgreetz up $(foreach one,$(or $(WORKSPACE),.),--workspace $(one))

picture: demo  ## the README's pictures, of the demo and of sample editions
	$(BIN)/python docs/picture.py demo docs/email.png
	$(BIN)/python docs/site.py demo docs/site.png
	$(BIN)/python docs/emails.py build/emails nl-5 en-5 nl+en-2 --readme docs
	$(BIN)/python docs/screens.py build/screens --readme docs

emails: $(READY)  ## the sample editions in build/emails, with pictures of each; SAMPLES="NAME ..." for some
	$(BIN)/python docs/emails.py build/emails $(SAMPLES)

screens: $(READY)  ## the editor's page in build/screens: five pages, on a desk and on a phone
	$(BIN)/python docs/screens.py build/screens

bench-checks: $(READY)  ## what the checks of a translation find, and what they flag wrongly
	$(BIN)/python benchmarks/checks.py

bench-gather: $(READY)  ## how fast 300 feeds are gathered; READER=PYTHON-that-has-reader beside it
	$(BIN)/python benchmarks/gather.py $(if $(READER),--reader $(READER))

bench-rest: $(READY)  ## how fast all posts of a WordPress tag are read; URL=TAG-ARCHIVE/
	$(BIN)/python benchmarks/rest.py $(URL)
bench-memory: $(READY)  ## how fast 100,000 segments are taken in and looked up
	$(BIN)/python benchmarks/memory.py

bench-review: $(READY)  ## how fast the editor's page answers: 27 columns, 3,000 texts
	$(BIN)/python benchmarks/review.py

bench-scale: $(READY)  ## one worker against two on 2,000 blogs, with PostgreSQL; SOURCES=200 for a quick look
	$(BIN)/python benchmarks/scale.py $(if $(SOURCES),--sources $(SOURCES))

test: lint  ## everything: style, types, layers, tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: test  ## the same

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

html-validate: $(JUDGE)/node_modules/.bin/html-validate  ## the judge of the site's HTML, by npm; without it its test is skipped

$(JUDGE)/node_modules/.bin/html-validate:
	npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(JUDGE) html-validate@9

format: $(READY)  ## put the code in its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove what can be made again
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
