# Everything that a clone needs, in this folder only. `make` alone lists the targets.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# dbt and its Rust engine tell nobody that they ran.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
RUST := .venv-rust/bin

# The Python that the environments are made from: the first that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

# An environment knows its own path by heart; one that was moved along with its folder is made anew.
ifneq ($(shell cat .venv/.place 2>/dev/null),$(CURDIR))
$(shell rm -f .venv/.packages)
endif

.PHONY: help
help: ## List the targets
	@echo "First: make score   to see the demo scored, make test   to run every test. All targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: score
score: env ## Score the leads: the embedded demo, or your own data
	@$(BIN)/leadscore run

.PHONY: demo
demo: env ## Score the demo and see two leads explained
	@$(BIN)/leadscore demo

# Where the workbench listens, on this machine only; empty: 8501, or the next one that is free.
PORT ?=

.PHONY: report
report: env .venv/.app ## Write a report of the scores as one HTML file: OUT= PNG=folder HIDE=1
	@$(BIN)/leadscore report $(if $(OUT),--out "$(OUT)") $(if $(PNG),--png "$(PNG)") $(if $(HIDE),--hide-personal-data)

.PHONY: app
app: env .venv/.app ## Open the workbench, a local web page: PORT=
	@$(BIN)/leadscore app $(if $(PORT),--port $(PORT))

.PHONY: check
check: env ## Check an edited policy and the project, without scoring
	@$(BIN)/leadscore check

.PHONY: example
example: env .venv/.example ## Score examples/complete_journey, a project that imports this one
	@cd examples/complete_journey && ../../$(BIN)/python load_raw_tables.py
	@cd examples/complete_journey && ../../$(BIN)/dbt --quiet deps && ../../$(BIN)/dbt --quiet build
	@cd examples/complete_journey && ../../$(BIN)/dbt --quiet show --limit 50 --inline "select campaign_id, band, households, redeeming_households, redeeming_percent from {{ ref('campaign_bands') }} order by lowest_score desc, band"

.PHONY: docs
docs: env ## Write dbt's docs as one page that needs no network: target/docs/index.html
	@$(BIN)/dbt --quiet docs generate --static
	@mkdir -p target/docs && mv target/static_index.html target/docs/index.html
	@echo "The docs are in target/docs/index.html; open it in a browser."

.PHONY: test
test: env .venv/.engines .venv/.app .venv/.bi .venv/.example .venv-rust/.packages ## Run every test: dbt, unit tests, pytest, lint, both parsers
	@.ci/tests

.PHONY: mutants
mutants: env ## Plant an error in each scoring macro and see the tests notice it (takes long)
	@$(BIN)/python tests/python/planted_errors.py
# Sizes and options of make bench; empty: the small default of python -m benchmarks.
LEADS ?=
EVENTS ?=
CRITERIA ?=
REPEAT ?=
MEMORY ?=
SOURCES ?=
PROFILE ?=
SWEEP ?=
SIZES ?=
WRITE ?=

.PHONY: bench
bench: env ## Measure runs, beside the same scores by hand: LEADS= EVENTS= CRITERIA= REPEAT= MEMORY=3GB PROFILE=1 SWEEP=1 WRITE=docs/benchmarks.md
	@$(BIN)/python -m benchmarks \
		$(if $(LEADS),--leads $(LEADS)) $(if $(EVENTS),--events $(EVENTS)) \
		$(if $(CRITERIA),--criteria $(CRITERIA)) $(if $(REPEAT),--repeat $(REPEAT)) \
		$(if $(MEMORY),--memory $(MEMORY)) $(if $(SOURCES),--sources $(SOURCES)) \
		$(if $(filter-out 0,$(PROFILE)),--profile) $(if $(filter-out 0,$(SWEEP)),--sweep) \
		$(if $(SIZES),--sizes $(SIZES)) $(if $(WRITE),--write $(WRITE))

# What make parity compares: all of it, unless you say less.
ENGINES ?= duckdb,postgres,spark,rust
POLICIES ?= 200
GOLDEN ?= all
comma := ,
engine_list := $(subst $(comma), ,$(ENGINES))

.PHONY: parity
parity: engines $(if $(filter rust,$(engine_list)),rust) ## Score the same on every engine, row by row: ENGINES=duckdb,postgres,spark,rust POLICIES=200 GOLDEN=all|none|01,02
	@.ci/servers $(engine_list)
	@$(BIN)/python tests/python/parity.py --engines $(ENGINES) --policies $(POLICIES) --golden $(GOLDEN)

.PHONY: studies
studies: env ## Learn scorecards from real data (../shared/data) and compare them with other models
	@for study in relax x_education uci_bank complete_journey; do $(BIN)/python scripts/studies/$$study.py || exit 1; done

.PHONY: lint
lint: env ## Check the style of SQL and Python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/leadscore check --only lint

.PHONY: format
format: env ## Mend the style of Python
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: env
env: .venv/.installed ## Make the Python environment in .venv, when it is missing or a lock changed

.venv/.installed: .venv/.packages pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/.packages: requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making the environment .venv (about a minute) …"
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@printf '%s' "$(CURDIR)" > .venv/.place
	@touch $@

.PHONY: engines
engines: env .venv/.engines ## Add what PostgreSQL and Spark need to the environment

# Some hundred megabytes, which nobody needs who scores on the embedded engine.
.venv/.engines: .venv/.packages requirements-engines.lock
	@echo "Adding PostgreSQL and Spark to .venv (about a minute) …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-engines.lock
	@touch $@

# Thirty-five megabytes of data.
.venv/.example: .venv/.packages requirements-example.lock
	@echo "Adding the tables of the example to .venv …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-example.lock
	@touch $@

# Pages and charts.
.venv/.app: .venv/.packages requirements-app.lock
	@echo "Adding the workbench to .venv …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-app.lock
	@touch $@

# Only the tests need it: clients that BI tools are made with, and what drives a browser.
.venv/.bi: .venv/.packages .venv/.engines .venv/.app requirements-bi.lock
	@echo "Adding clients of BI tools to .venv …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-bi.lock
	@touch $@

# The Rust engine brings a `dbt` command of its own, so it stays apart.
.venv-rust/.packages: requirements-rust.lock
	@echo "Making the environment .venv-rust …"
	@rm -rf .venv-rust
	@"$(PYTHON)" -m venv .venv-rust
	@$(RUST)/python -m pip install --quiet --require-hashes --requirement requirements-rust.lock
	@touch $@

.PHONY: rust
rust: .venv-rust/.driver ## Add the Rust engine of dbt, with its driver for DuckDB

.venv-rust/.driver: .venv-rust/.packages .ci/rust-driver
	@echo "Fetching the driver of the Rust engine …"
	@.ci/rust-driver .venv-rust/driver
	@touch $@

.PHONY: lock
lock: ## Renew the lock files from pyproject.toml and constraints.txt
	@PYTHON="$(PYTHON)" .ci/lock

.PHONY: clean
clean: ## Remove what was made, except your warehouse and profiles.yml
	@rm -rf {.,examples/*}/{target,logs,dbt_packages} .venv .venv-rust .pytest_cache .ruff_cache .hypothesis scripts/*.egg-info
	@find scripts tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
