# Two commands need nothing but Python 3.11+, git and make:
#   make demo   installs into .venv, compares two methods on real data, says where the report is
#   make test   installs into .venv, runs the whole gate

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := test
.PHONY: demo test check-format lint types imports tests coverage format bench faults gpu-check reference pictures clean

.venv/installed: pyproject.toml requirements/constraints.txt requirements/no-deps.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' -c requirements/constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/no-deps.txt
	touch $@

demo: .venv/installed
	$(BIN)/freshrec compare complete-journey --methods iu,rsg --out runs/demo

test: check-format lint types imports tests

check-format: .venv/installed
	$(BIN)/ruff format --check .

lint: .venv/installed
	$(BIN)/ruff check .

types: .venv/installed
	$(BIN)/mypy

imports: .venv/installed
	$(BIN)/lint-imports --no-logo --no-cache

tests: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -q

# Counting lines makes the tests a quarter slower.
coverage: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered -q

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed
	$(BIN)/python benchmarks/bench.py

# What the promises of docs/reliability.md rest on, at full size; make test has a part of it. About an hour on one core.
faults: export OMP_NUM_THREADS = 1
faults: .venv/installed
	$(BIN)/python faults/fuzz.py
	$(BIN)/python -W ignore faults/damage.py
	$(BIN)/python -W ignore faults/crashes.py
	$(BIN)/python -W ignore faults/processes.py
	$(BIN)/python faults/mutants.py

gpu-check: .venv/installed
	$(BIN)/python benchmarks/gpu_check.py

reference: .venv/installed
	$(BIN)/python -m freshrec.cli.reference > docs/cli.md

pictures: .venv/installed
	$(BIN)/python pictures/asmg_schedules.py

clean:
	rm -rf .venv runs build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
