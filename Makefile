# Two promises: `make demo` runs the main job, `make test` passes the tests. Each installs what it needs, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

# Real data gets a world of its own (named by file and path), so that it never mixes with the demo's.
REAL := $(or $(HISTORY),$(REQUIREMENTS))
WORLD := $(if $(REAL),/worlds/$(shell basename '$(REAL)' | cut -d. -f1 | tr -c 'A-Za-z0-9\n' '-')-$(shell realpath -m '$(REAL)' | cksum | cut -d' ' -f1))
export DOMAIN_FT_HOME ?= $(CURDIR)$(WORLD)
export DAGSTER_HOME ?= $(DOMAIN_FT_HOME)/.state/dagster
export MLFLOW_DISABLE_TELEMETRY := true
export DAGSTER_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false

PRESET ?= quick
SAMPLE := $(DOMAIN_FT_HOME)/.state/sample-history.csv.gz
CONCEPTS := $(DOMAIN_FT_HOME)/.state/sample-concepts.jsonl
RECORDS := $(DOMAIN_FT_HOME)/.state/sample-requirements.jsonl
PORT ?= 3000
MLFLOW_PORT ?= 5000

.PHONY: help demo demo-requirements survey-demo test test-slow ui check clean

help:  ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[export,optimize,test,check]'
	@touch $@

$(DAGSTER_HOME)/dagster.yaml: .venv/.installed
	@$(BIN)/python -m domain_ft.instance

demo: .venv/.installed  ## History -> triplets -> model -> benchmark -> registry (HISTORY=path for a real one)
	@$(if $(HISTORY),,$(BIN)/domain-ft sample test_history --out '$(SAMPLE)')
	@$(BIN)/domain-ft run test_history '$(or $(HISTORY),$(SAMPLE))' --preset $(PRESET)

demo-requirements: .venv/.installed  ## Records -> LoRA adapter -> comparison -> registry (REQUIREMENTS=path for real ones)
	@$(if $(REQUIREMENTS),,$(BIN)/domain-ft generate concepts -o '$(CONCEPTS)' --count 640 --seed 42)
	@$(if $(REQUIREMENTS),,$(BIN)/domain-ft generate requirements '$(CONCEPTS)' -o '$(RECORDS)')
	@$(BIN)/domain-ft run requirements '$(or $(REQUIREMENTS),$(RECORDS))' --preset demo

survey-demo: .venv/.installed  ## A survey of local models: of the Ollama at OLLAMA_HOST, or of a stand-in (a world of its own)
	@DOMAIN_FT_HOME='$(DOMAIN_FT_HOME)/worlds/survey-demo' $(BIN)/python -m domain_ft_tests.survey.demo

test: .venv/.installed  ## The everyday tests (under ten minutes)
	$(BIN)/python -m pytest -q -m "not slow" -n 2 --dist loadfile

test-slow: .venv/.installed  ## The longer tests (many of them wait for a daemon or a browser: three at a time)
	$(BIN)/python -m pytest -q -m slow -n 3 --dist loadfile --no-loadscope-reorder

ui: .venv/.installed $(DAGSTER_HOME)/dagster.yaml  ## Dagster on PORT (3000), MLflow on MLFLOW_PORT (5000), both on loopback
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m domain_ft.ui --port $(PORT) --mlflow-port $(MLFLOW_PORT)

check: .venv/.installed $(DAGSTER_HOME)/dagster.yaml  ## Style, types, and Dagster's own checks of the definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dg check defs
	@for file in domain_ft/defs/*/defs.yaml; do echo "dg check yaml $$(dirname $$file)"; $(BIN)/dg check yaml $$(dirname $$file) || exit 1; done

clean:  ## Remove what was derived (not what landed, not published models)
	rm -rf .state/cache .state/work build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
