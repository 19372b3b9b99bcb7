PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER := $(VENV)/.browser
SPARK := $(VENV)/.spark
RACE := build/race
DOCS := $(VENV)/.docs
VALIDATORS := build/validators
N ?= 10000
MUTANTS ?= 400
SEED ?= 1
PORT ?= 8000
SECONDS ?= 60
PROCESSES ?= 1
BUNDLES ?=
PATIENTS ?= 2000

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without what was compiled before, it takes ten seconds to find out which tests there are.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint types tests quick coverage mutants test-browser test-spark validators docs oracle mutated \
	threads bench bench-cluster bench-cohort bench-fhir bench-records bench-serve format lock build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("indicant needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## assess the patient of the source document
	@$(BIN)/indicant assess --example
	@echo
	@echo "Next, type:"
	@echo "  $(BIN)/indicant assess --example --format json    the same for a program"
	@echo "  $(BIN)/indicant assess YOUR-CASE.ttl              a case of your own"
	@echo "  $(BIN)/indicant --help                            everything else"

serve: $(STAMP) ## answer CDS Hooks, assessments and SPARQL with the guidelines that ship (PORT=8000)
	@$(BIN)/indicant serve --port $(PORT) \
		$(patsubst ontology/guidelines/%/guideline.ttl,--guideline %,$(wildcard ontology/guidelines/*/guideline.ttl))

test: lint types tests ## check style and types, then run the tests

lint: $(STAMP) ## check style
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: $(STAMP) ## check types
	@$(BIN)/mypy

tests: $(STAMP) ## run the tests
	$(BIN)/pytest -n 2 --dist loadfile

quick: $(STAMP) ## run the tests that are not slow, in less than a minute
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not mutants" -q

coverage: $(STAMP) ## run the tests, and show which lines and branches they run
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-report=html:build/coverage

mutants: $(STAMP) ## make MUTANTS=400 small wrong changes, and see which of them the tests notice
	$(BIN)/pytest -n 2 --dist loadfile -q -m mutants
	@$(BIN)/python tests/support/mutants.py $(MUTANTS) --seed $(SEED)

$(BROWSER): $(STAMP) tests/browser/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r tests/browser/requirements.lock
	@touch $@

test-browser: $(BROWSER) ## look at the pages in Chromium (apt-get install chromium)
	$(BIN)/pytest tests/browser

$(SPARK): $(STAMP) tests/spark/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r tests/spark/requirements.lock
	@touch $@

test-spark: $(SPARK) ## answer for many patients on a cluster of Spark, with a worker killed
	$(BIN)/pytest tests/spark

$(VALIDATORS)/.installed: tests/exchange/validators/package.json tests/exchange/validators/package-lock.json
	@mkdir -p $(VALIDATORS)
	cp tests/exchange/validators/package.json tests/exchange/validators/package-lock.json $(VALIDATORS)
	npm --prefix $(VALIDATORS) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

validators: $(VALIDATORS)/.installed ## install what tests hold written FHIR to (needs Node and npm)

$(DOCS): $(STAMP) docs/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r docs/requirements.lock
	@touch $@

docs: $(DOCS) ## build the documentation into build/docs, with no network
	@$(BIN)/python -m sphinx --quiet --builder html --fresh-env --fail-on-warning --nitpicky \
		--keep-going --doctree-dir build/doctrees docs build/docs
	@echo "open build/docs/index.html"

oracle: $(STAMP) ## compare N=10000 random answers with HermiT, and proofs with all answers of a case
	@$(BIN)/python tests/support/oracle.py $(N) --seed $(SEED) --vectors

mutated: $(STAMP) ## change N=10000 files in small ways, and see that every command ends as it should
	@$(BIN)/python tests/support/mutated.py $(N) --seed $(SEED)

threads: $(STAMP) ## compare N=10000 answers in eight threads with those of one
	@$(BIN)/python tests/support/together.py $(N)

bench: $(STAMP) ## measure speed and memory
	@$(BIN)/python tests/support/bench.py
	@$(BIN)/python tests/support/scaling.py

$(RACE)/.installed: tests/support/race/package.json tests/support/race/package-lock.json
	mkdir -p $(RACE)
	cp tests/support/race/package.json tests/support/race/package-lock.json $(RACE)
	npm --prefix $(RACE) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-fhir: $(STAMP) $(RACE)/.installed ## race from FHIR to an assessment against CQL (needs Node and npm)
	@$(BIN)/python tests/support/racing.py $(BUNDLES)

bench-records: $(STAMP) ## measure cases of sixty records, side by side
	@$(BIN)/python tests/support/sixty.py

bench-serve: $(STAMP) ## measure a service alone and under load, and compare every answer (SECONDS=60 PROCESSES=1)
	@$(BIN)/python tests/support/pressing.py --seconds $(SECONDS) --processes $(PROCESSES)

bench-cohort: $(STAMP) $(RACE)/.installed ## measure many patients, floors and CQL beside them (PATIENTS=2000)
	@$(BIN)/python tests/support/cohort_bench.py $(PATIENTS)

bench-cluster: $(STAMP) ## measure what a cluster has to do, and simulate how that grows (PATIENTS=2000)
	@$(BIN)/python tests/support/cluster_bench.py $(PATIENTS)

format: $(STAMP) ## put the code into the house style
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lock: ## renew the lock files (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --group browser \
		--constraint requirements.lock \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --output-file tests/browser/requirements.lock
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra spark \
		--constraint requirements.lock \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --output-file tests/spark/requirements.lock pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --group docs \
		--constraint requirements.lock \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --output-file docs/requirements.lock

build: $(STAMP) ## build the wheel and the source archive into dist/
	$(BIN)/python -m build --no-isolation --outdir dist

clean: ## remove what can be made again
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -exec rm -rf {} +
