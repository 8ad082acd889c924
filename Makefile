# make demo, make test: on a fresh machine they need python3 (3.10 to 3.13), make and git, and install into .venv only.

PYTHON ?= python3
DEMO_DIR ?=

VENV := .venv
BIN := $(VENV)/bin
# Named after the interpreter: another PYTHON means another environment.
STAMP := $(VENV)/.installed-$(shell $(PYTHON) -c 'import sys; print(sys.version.split()[0])' 2>/dev/null)
AIRFLOW := .venv-airflow
AIRFLOW_STAMP := $(AIRFLOW)/$(notdir $(STAMP))
PREFECT := .venv-prefect
PREFECT_STAMP := $(PREFECT)/$(notdir $(STAMP))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test static project unit orchestrators matrix spark clean

help: ## Print these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make PYTHON=python3.12 test      with another Python (3.10 to 3.13)"
	@echo "  make DEMO_DIR=some/folder demo   in a folder of your choice"

demo: $(STAMP) ## Release, judge a change, refuse a bad one, roll back, hold back a bad night: about four minutes
	@$(BIN)/python tools/demo.py $(DEMO_DIR)

test: static unit ## Check everything, as continuous integration does
	@echo "make test: all passed"

static: $(STAMP) ## Lint, format, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# `unit` releases the whole project too, with all of its tests; this is the same by dbt alone.
project: $(STAMP) ## Build and test the dbt project in a throw-away warehouse
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	echo "dbt build (in a throw-away warehouse)" && \
	DATAOPS_WAREHOUSE="$$scratch" $(BIN)/dbt --quiet build \
		--profiles-dir profiles --target-path "$$scratch/target" --log-path "$$scratch/logs" && \
	echo "dbt build: passed"

unit: $(STAMP) ## The Python tests
	$(BIN)/pytest -n 2 --dist worksteal

# The environments of orchestrators have this package, and none of its dependencies: no dbt.
orchestrators: $(STAMP) $(AIRFLOW_STAMP) $(PREFECT_STAMP) ## Nights under a real Airflow and Prefect, each in an environment of its own
	rm -rf build
	$(AIRFLOW)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	$(PREFECT)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	rm -rf build
	AIRFLOW_PYTHON=$(CURDIR)/$(AIRFLOW)/bin/python PREFECT_PYTHON=$(CURDIR)/$(PREFECT)/bin/python \
		$(BIN)/pytest -n 2 --dist loadgroup tools/tests/airflow tools/tests/prefect
	@echo "make orchestrators: all passed"

matrix: ## The core of the tests on every supported dbt and every Python that is here (MATRIX="--dbt 1.11")
	@$(PYTHON) tools/matrix.py $(MATRIX)

spark: ## The commands on Spark: a master, two workers and a Thrift server, with Java 17 (SPARK="-k deploy")
	@$(PYTHON) tools/spark $(SPARK)

clean: ## Remove the environment and everything that a run leaves, but no database
	rm -rf $(VENV) $(AIRFLOW) $(PREFECT) .matrix .spark target logs .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	rm -rf tools/*.egg-info
	find tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "error: there is no $(PYTHON)"; \
		echo "hint: install Python 3.10 to 3.13, or name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "error: $$($(PYTHON) --version) is not supported"; \
		echo "hint: name one of 3.10 to 3.13: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "error: $(PYTHON) cannot make virtual environments"; \
		echo "hint: install its venv module (Debian, Ubuntu: apt install python3-venv), or name another Python"; exit 2; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(AIRFLOW_STAMP): $(STAMP) constraints-airflow.txt
	rm -rf $(AIRFLOW)
	$(PYTHON) -m venv $(AIRFLOW)
	$(AIRFLOW)/bin/pip install --quiet --disable-pip-version-check -c constraints-airflow.txt apache-airflow
	@touch $@

$(PREFECT_STAMP): $(STAMP) constraints-prefect.txt
	rm -rf $(PREFECT)
	$(PYTHON) -m venv $(PREFECT)
	$(PREFECT)/bin/pip install --quiet --disable-pip-version-check -c constraints-prefect.txt prefect 'fastapi<0.150'
	@touch $@
