# What a newcomer and CI call. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DASHBOARD_INSTALLED := $(VENV)/.dashboard
DEMO := demo
DEMO_LANDING := $(DEMO)/landing
DEMO_HOME := $(DEMO)/home
DEMO_AS_OF := 2026-06-24
MANIFEST := dbt_project/target/manifest.json
DBT_FILES := $(shell find dbt_project/dbt_project.yml dbt_project/profiles.yml dbt_project/macros dbt_project/tests models seeds \
	-type f 2>/dev/null)
DBT_PLACES := WARMHANDOFF_WAREHOUSE=$(CURDIR)/dbt_project/target/parsed.duckdb WARMHANDOFF_LAKE=lake \
	WARMHANDOFF_QUARANTINE=quarantine WARMHANDOFF_THREADS=1 WARMHANDOFF_MEMORY_LIMIT=1GB
SQL := models dbt_project/tests
LINTED := dbt_project/target/.linted
SQLFLUFF := PYTHONWARNINGS=ignore $(BIN)/sqlfluff
FEED_TESTS := $(wildcard tests/unit/test_feeds_*.py)
WORKERS ?= 2
SECONDS_EACH ?= 60

# Nothing in this project reports usage anywhere, also not while it is being built and tested.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export SQLFLUFF_DISABLE_PROGRESS_BAR := 1

.PHONY: help install demo ui dashboard check test test-python bench fuzz release clean lock \
	style lint types sql-quick sql-full unit-feeds unit-house debian

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

install: $(INSTALLED) ## Make the virtual environment with the warmhandoff command in it

demo: $(INSTALLED) ## Write a sample clinic, run the night over it, show what came out
	@if [ ! -f $(DEMO_LANDING)/_planted.json ]; then \
		rm -rf $(DEMO_LANDING); \
		$(BIN)/warmhandoff sample --landing $(DEMO_LANDING) --patients 600 --months 6 --seed 1 --as-of $(DEMO_AS_OF) --messy; \
	fi
	@$(BIN)/warmhandoff nightly --landing $(DEMO_LANDING) --home $(DEMO_HOME) --as-of $(DEMO_AS_OF)

ui: $(INSTALLED) ## Open Dagster's web UI of the demo's home on this machine (or of WARMHANDOFF_HOME)
	@WARMHANDOFF_LANDING="$${WARMHANDOFF_LANDING:-$(DEMO_LANDING)}" \
		$(BIN)/warmhandoff ui --home "$${WARMHANDOFF_HOME:-$(DEMO_HOME)}"

dashboard: $(DASHBOARD_INSTALLED) ## Open the example dashboard of the demo's home on this machine (or of WARMHANDOFF_HOME)
	@WARMHANDOFF_HOME="$${WARMHANDOFF_HOME:-$(CURDIR)/$(DEMO_HOME)}" $(BIN)/streamlit run dashboards/app.py \
		--server.address 127.0.0.1 --server.headless true --browser.gatherUsageStats false --client.toolbarMode minimal

# The two halves of the tests, one after the types and one after the manifest, keep two cores busy alike. Workers of
# one run would each import what all its tests need. What each of them says comes whole.
check: $(INSTALLED) ## The quick checks of the edit loop, under a minute
	@$(MAKE) -j $(WORKERS) --output-sync=target types unit-house lint sql-quick unit-feeds

unit-feeds:
	@$(BIN)/pytest -q -m "not slow" $(FEED_TESTS)

unit-house: $(MANIFEST)
	@$(BIN)/pytest -q -m "not slow" $(filter-out $(FEED_TESTS),$(wildcard tests/unit/test_*.py))

# The files in the order of their folders: whole nights come first, so that none of them is waited for at the end.
test: $(INSTALLED) $(DASHBOARD_INSTALLED) debian style ## Everything that CI runs
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-python: $(INSTALLED) style ## The same without the tests that need Debian's packages
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not debian"

# The SQL is linted by all workers, and the types and the rest meanwhile.
style: $(INSTALLED)
	@$(MAKE) -j $(WORKERS) --output-sync=target sql-full lint types

# Root installs what is missing; anybody else is told how.
debian:
	@missing=""; \
	[ -n "$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
		else \
			echo "These tests need Debian's$$missing. Install them with: sudo apt-get install -y$$missing" \
				"- or run the others with: make test-python" >&2; exit 2; \
		fi; \
	fi

bench: $(INSTALLED) ## Measure the night at three sizes beside the floor
	@$(BIN)/python -m benchmarks

fuzz: $(INSTALLED) ## Put files that nobody wrote through the readers, a minute for each
	@for kind in messages hl7v2 csv typed parquet fhir profile; do $(BIN)/python -m tests.fuzz $$kind --seconds $(SECONDS_EACH); done

release: $(INSTALLED) ## Record the marts' contract as that of the version in pyproject.toml
	@$(BIN)/python -m orchestration.dictionary.release

clean: ## Remove what was made here, the virtual environment included
	rm -rf $(VENV) $(DEMO) dbt_project/target dbt_project/logs benchmarks/out .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz *.egg-info
	find orchestration expectations tests benchmarks dashboards -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

lock: $(INSTALLED) ## Resolve the locked versions again after a change of pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--universal --python-version 3.11 --custom-compile-command "make lock" --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dashboard --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--universal --python-version 3.11 --custom-compile-command "make lock" --quiet --constraints requirements.lock \
		$$(sed -nE 's/^([a-z0-9.-]+)==.*/--no-emit-package \1/p' requirements.lock | sort -u) -o requirements-dashboard.lock

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

# What has changed since the last clean run; in a new clone, what differs from the branch that it follows. A macro's
# effect on other files is seen by sql-full.
sql-quick:
	@mkdir -p $(dir $(LINTED)); touch $(LINTED).begun; \
	if [ -f $(LINTED) ]; then \
		files=$$(find $(SQL) -name '*.sql' -newer $(LINTED)); \
		[ -z "$$(find .sqlfluff dbt_project/lint -newer $(LINTED))" ] || files="$(SQL)"; \
	elif git rev-parse --verify --quiet HEAD >/dev/null 2>&1; then \
		base=$$(git merge-base HEAD '@{upstream}' 2>/dev/null || echo HEAD); \
		files=$$(git diff --name-only --diff-filter=d "$$base" -- $(SQL:%='%/*.sql')); \
		files="$$files $$(git ls-files --others --exclude-standard -- $(SQL:%='%/*.sql'))"; \
	else files="$(SQL)"; fi; \
	[ -z "$${files// }" ] || $(SQLFLUFF) lint -q --templater jinja --processes $(WORKERS) $$files; \
	mv $(LINTED).begun $(LINTED)

sql-full: $(MANIFEST)
	@$(DBT_PLACES) $(SQLFLUFF) lint -q --templater dbt --processes $(WORKERS) $(SQL:%=$(CURDIR)/%)

# Parsing needs no input: names that lead nowhere are enough.
$(MANIFEST): $(INSTALLED) $(DBT_FILES)
	@$(DBT_PLACES) $(BIN)/dbt --quiet --log-level-file none parse --project-dir dbt_project --profiles-dir dbt_project

# The first Python that fits, is not a dead shim and can make a virtual environment.
$(VENV)/bin/python:
	@for candidate in "$${PYTHON:-python3}" python3.13 python3.12 python3.11; do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
			>/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo "warmhandoff needs Python 3.11, 3.12 or 3.13 with the venv module. Install one (on Debian: python3 and python3-venv)," \
			"or name it: make install PYTHON=/path/to/python3" >&2; exit 2; \
	fi; \
	"$$found" -m venv $(VENV)

# uv installs the locked set in seconds; every file is checked against its hash in requirements.lock.
$(INSTALLED): pyproject.toml requirements.lock | $(VENV)/bin/python
	@[ -x $(BIN)/uv ] || $(BIN)/python -m pip install -qq --disable-pip-version-check 'uv>=0.5'
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $@

# What the dashboard needs beyond requirements.lock, whose versions it keeps.
$(DASHBOARD_INSTALLED): $(INSTALLED) requirements-dashboard.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes --no-deps -r requirements-dashboard.lock
	@touch $@
