# Every target makes the environment it needs and says in one line what it does. Needs git, make and python3 with venv: the
# distribution's where it will do, since it is the quickest (.ci/environment); PYTHON=python3.13 takes another.
.PHONY: help demo test coverage test-long test-guest fuzz bench lint lock environment demo-environment edge-environment
.NOTPARALLEL:
.DEFAULT_GOAL := help

BIN := .venv/bin
SHORT := not long and not fuzz and not guest
DEMO_FLAGS := $(if $(DURATION),--duration $(DURATION)) $(if $(SEED),--seed $(SEED)) $(if $(FAULT),--fault $(FAULT)) $(if $(ANSWER),--answer $(ANSWER)) $(if $(ASK),--ask)
FUZZ_FLAGS := $(if $(ONLY),--only $(ONLY)) $(if $(FUZZ_INPUTS),--inputs $(FUZZ_INPUTS)) $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS)) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))
# Debian keeps mosquitto where an ordinary user's PATH does not look.
export PATH := $(PATH):/usr/sbin:/sbin
# Without cached bytecode every program that a test starts compiles all its libraries first: seconds each.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*##  */\1 \t/p' $(MAKEFILE_LIST) | expand -t 12 | sed 's/^/make /'

demo: demo-environment  ## From a leak to the repair: warned, diagnosed, agreed, booked, put right [DURATION=seconds SEED=n FAULT=coolant_leak|battery|none ANSWER=no ASK=1]
	@.ci/console .venv-demo
	@echo "== demo: a car, its edge daemon and a cloud on this machine; Ctrl-C ends it =="
	@exec .venv-demo/bin/telltale-cloud demo $(DEMO_FLAGS)

test: environment edge-environment  ## Everything that can run here; nearly half an hour on two cores
	@.ci/mosquitto
	@.ci/browser
	@.ci/cab
	@.ci/console .venv test
	@.ci/console .venv
	@echo "== tests: three at a time, since many wait for what they started =="
	@mkdir -p build
	@.ci/scratch $(BIN)/pytest -n 3 --dist loadgroup -m '$(SHORT)' --junitxml=build/test.xml; status=$$?; \
	$(BIN)/python -m tests.skipped build/test.xml || status=1; \
	exit $$status

coverage: environment edge-environment  ## Which lines of edge and cloud the tests run; twice as long as the tests
	@.ci/mosquitto
	@.ci/browser
	@.ci/cab
	@.ci/console .venv
	@echo "== tests, measured: without hours of simulated lives =="
	@mkdir -p build
	@$(BIN)/coverage erase
	@status=0; \
	$(BIN)/coverage run -m pytest -n 2 --dist loadgroup -m '$(SHORT) and not lives' || status=1; \
	$(BIN)/coverage combine -q || status=1; \
	$(BIN)/coverage report || status=1; \
	exit $$status

test-long: environment  ## The long runs; what has passed is not run again until something changes; results in build/long/
	@.ci/mosquitto
	@echo "== long runs: results in build/long =="
	@$(BIN)/pytest -m long --timeout=0; status=$$?; \
	if [ $$status = 5 ]; then echo "no long runs yet"; else exit $$status; fi

test-guest: environment  ## The tests with real clients once more, on real vcan in a guest machine [BOX_SUITE=trixie]
	@echo "== tests on vcan, in a guest machine =="
	@$(BIN)/pytest -m guest -s --timeout=0

fuzz: environment  ## A million inputs for what reads files and frames, then property tests with a large budget [ONLY=target FUZZ_INPUTS=n FUZZ_SECONDS=n FUZZ_SEED=n FUZZ_EXAMPLES=10000]
	@echo "== fuzz: guided by what inputs reach; what fails is kept in build/fuzz =="
	@status=0; \
	$(BIN)/python -m tests.fuzz $(FUZZ_FLAGS) || status=1; \
	echo "== fuzz: $${FUZZ_EXAMPLES:=10000} examples per property =="; export FUZZ_EXAMPLES; \
	$(BIN)/pytest -m fuzz -n 2 --timeout=0 $(if $(ONLY),tests/fuzz -k $(ONLY)) || status=1; \
	exit $$status

bench: environment edge-environment  ## Ratios against peers measured in the same run, into build/bench.json [ONLY=name]
	@.ci/mosquitto
	@echo "== benchmarks: rows in build/bench.json =="
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

lint: environment  ## ruff, bandit, mypy --strict, the import contracts; tsc against the API and eslint for the console
	@.ci/lint

# The lock files say what everybody else resolves to, so settings of this machine's uv stay out of them.
LOCK := env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	.venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --no-python-downloads \
	--generate-hashes --no-emit-index-url --annotation-style line --custom-compile-command "make lock"

lock: environment  ## Writes the lock files anew from pyproject.toml [UPGRADE=1 takes the newest versions]
	@echo "== lock: requirements.lock, and from it edge, demo and setup =="
	@$(LOCK) $(if $(UPGRADE),--upgrade) pyproject.toml --all-extras -o requirements.lock
	@$(LOCK) pyproject.toml --extra edge -c requirements.lock -o requirements-edge.lock
	@$(LOCK) pyproject.toml --extra edge --extra cloud --extra console-build -c requirements.lock -o requirements-demo.lock
	@printf 'hatchling\nuv\n' | $(LOCK) - -c requirements.lock -o requirements-setup.lock

environment:
	@.ci/environment .venv requirements.lock "tests and tools"

demo-environment:
	@.ci/environment .venv-demo requirements-demo.lock "the demo"

edge-environment:
	@.ci/environment .venv-edge requirements-edge.lock "a box in a vehicle"
