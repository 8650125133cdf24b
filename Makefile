# `make` prints what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Compiled modules are kept, whatever the machine's default: a service starts twice as fast.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
SETUP := .venv/.setup-done
LOCAL := PYTHONPATH=deploy/local $(PY) -m bulkhead_local
STORIES := PYTHONPATH=deploy/local:tests $(PY) -m stories
YEARS := PYTHONPATH=tests $(PY) -m simulation
SOAK := PYTHONPATH=deploy/local:tests $(PY) -m soak
CLUSTER := PYTHONPATH=deploy/local:tests $(PY) -m cluster
ATTACK := PYTHONPATH=deploy/local:tests $(PY) -m attack
MATRIX := PYTHONPATH=deploy/local:tests $(PY) -m matrix
DRILL := PYTHONPATH=deploy/local:tests $(PY) -m drill
MUTANTS := PYTHONPATH=services/carrier-gateway/tests $(PY) -m mutation
PACKAGES := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml apps/*/pyproject.toml)

# What a target takes: make scenario FILE=scenarios/exhibit-3.yaml STAGE=live
FILE ?= scenarios/exhibit-3.yaml
STAGE ?= memory
# Which exchange. NAME itself is not taken from the environment, where other programs have it too.
NAME := $(EXCHANGE)
SEEDS ?=
SEED ?=
MONTHS ?=
FROM ?=
SIMULATION ?=
PACK ?=
OPTIONS ?=
SERVICE ?=
COMMAND ?=
TOPIC ?=
COUNT ?=
IMAGES ?= official
TO ?=
ROLE ?= operator
HOUSEHOLD ?=
HOUSEHOLDS ?=
CARRIER ?=
MINUTES ?= 10
RATE ?= 50
OUTAGE ?=
SCALE ?= 1
HEADLINE ?=
PYTHON_IMAGE ?=
POSTGRES_IMAGE ?=
KAFKA_IMAGE ?=
REGISTRY ?=
NODE_IMAGE ?=
TAG ?=
INGRESS ?=
BRING ?=
ACCESS_MODE ?=
STORAGE_CLASS ?=
NAMESPACE ?=
PART ?=
INPUTS ?=
STATE ?=
# How many tests run side by side against real servers: most of their time they wait for them.
WORKERS ?= 3
PLANTED := tests/simulation/test_planted.py
LONG := tests/simulation/test_long_years.py tests/simulation/test_calm_scenarios.py
REFEREE := tests/simulation/test_referee.py
PAGES := tests/e2e/test_runbooks.py tests/e2e/test_alarm_pages.py
SMALL_DRILL := tests/e2e/test_drill.py
BENCHES := $(subst _,-,$(patsubst bench/%.py,%,$(wildcard bench/[a-z]*.py)))
EXHIBITS := scenarios/exhibit-3.yaml scenarios/exhibit-4.yaml

.PHONY: help
help: ## Print the targets
	@echo "Bulkhead: the back office of a health-insurance exchange."
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## See it work

.PHONY: demo
demo: setup ## Play both exhibits of the source on five real services, print their timelines
	@tools/demo.sh $(EXHIBITS)

.PHONY: drill
drill: setup ## Live through the three headlines on real processes: SCALE=1 (all that was reported), HEADLINE=massachusetts
	@$(LOCAL) backing
	@$(DRILL) --scale $(SCALE) $(addprefix --only ,$(HEADLINE)) $(OPTIONS)

.PHONY: scenario
scenario: setup ## Play one scenario: FILE=scenarios/exhibit-3.yaml STAGE=memory|simulation|live
	@$(STORIES) play --stage $(STAGE) $(FILE)

.PHONY: simulate
simulate: setup ## Years drawn from seeds, with faults: SEEDS=1000, SEED=7, MONTHS=12, PACK=massachusetts-2015, FROM=story.yaml, SITTINGS=held.txt
	@$(YEARS) $(if $(FROM),--from $(FROM)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) $(if $(MONTHS),--months $(MONTHS)) $(if $(PACK),--pack $(PACK)) $(if $(SITTINGS),--sittings $(SITTINGS)) $(OPTIONS)

## Test it

.PHONY: test
test: setup ## Everything: lint, types, architecture, unit, integration, end to end
	@tools/checks.sh lint+types+architecture e2e integration unit

.PHONY: test-long
test-long: setup ## What CI plays beside it: alarms, planted bugs, long years, changed files, a browser, letters, what the runbooks have typed, a small drill
	@BULKHEAD_REFEREE_SEEDS=10 tools/checks.sh rules planted years pyx12 mutants browser letters pages small-drill

.PHONY: lint
lint: setup ## Style, format, dependencies declared, generated files up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@tools/dependencies.sh
	@tools/contracts.sh --check

.PHONY: types
types: setup ## Pyright, strict on the rules of the business
	@$(BIN)/pyright --project pyproject.toml

.PHONY: architecture
architecture: setup ## Who may import whom, and the proof that each contract can fail
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/pytest -q tests/architecture $(OPTIONS)

.PHONY: policy
policy: setup ## Read the policy packs: COMMAND="check", "diff vermont-2016 vermont-2017", "explain INV-2 --on 2016-01-05"
	@$(PY) -m tools.policy $(or $(COMMAND),check)

.PHONY: rules
rules: setup ## Each alert, on made-up measurements, by promtool (fetched on Debian)
	@tools/promtool.sh check rules deploy/helm/observability/files/rules.yaml
	@tools/promtool.sh test rules deploy/helm/observability/tests/rules_test.yaml

.PHONY: unit
unit: setup ## All tests that need nothing but Python
	@$(BIN)/pytest -q -n auto --dist worksteal libs services apps tests deploy --ignore-glob='*/integration' --ignore=tests/e2e --ignore=tests/browser --ignore=tests/architecture $(addprefix --ignore=,$(PLANTED) $(LONG) $(REFEREE)) $(OPTIONS)

.PHONY: planted
planted: setup ## Bugs planted one by one: do the simulated years find each of them?
	@$(BIN)/pytest -q -n auto --dist worksteal $(PLANTED) $(OPTIONS)

.PHONY: years
years: setup ## Long years of every exchange, those that once went wrong, each scenario with what fails and without
	@$(BIN)/pytest -q -n auto --dist worksteal $(LONG) $(OPTIONS)

.PHONY: pyx12
pyx12: setup ## All 834s, 999s and TA1s of every scenario and of drawn years, read by a reader that is not ours: SEEDS=300
	@$(if $(SEEDS),BULKHEAD_REFEREE_SEEDS=$(SEEDS)) $(BIN)/pytest -q -n auto --dist worksteal $(REFEREE) $(OPTIONS)

.PHONY: mutants
mutants: setup ## Carriers' files changed at random, judged: INPUTS=1000000, SEED=1, STATE=tried.txt to go on in another sitting
	@$(MUTANTS) $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SEED),--seed $(SEED)) $(if $(STATE),--state $(STATE)) $(OPTIONS)

.PHONY: integration
integration: setup ## Tests against real PostgreSQL and Kafka (started if need be)
	@$(LOCAL) backing
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile $(wildcard libs/*/tests/integration services/*/tests/integration deploy/local/tests/integration tests/*/integration) $(OPTIONS)

.PHONY: containers
containers: setup ## The same in containers: IMAGES=official, or local, made here without a registry
	@tools/containers.sh $(IMAGES) $(OPTIONS)

.PHONY: e2e
e2e: setup ## Stories on five real processes, over HTTP, Kafka and files
	@$(LOCAL) backing
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/e2e $(addprefix --ignore=,$(PAGES) $(SMALL_DRILL)) $(OPTIONS)

.PHONY: pages
pages: setup ## What the runbooks have typed on one machine, typed
	@$(LOCAL) backing
	@$(BIN)/pytest -q -n 2 --dist loadfile $(PAGES) $(OPTIONS)

.PHONY: small-drill
small-drill: setup ## The drill at a five-hundredth of its numbers, with exact figures
	@$(LOCAL) backing
	@$(BIN)/pytest -q $(SMALL_DRILL) $(OPTIONS)

.PHONY: browser
browser: setup ## The status page and e-mails in a real browser, by axe (node, chromium: fetched on Debian as root, else skipped)
	@tools/browser.sh $(OPTIONS)

.PHONY: letters
letters: setup ## Every letter by veraPDF, which has nothing to do with what sets them (java and Maven's jar, else skipped)
	@$(BIN)/pytest -q -rs tests/letters $(OPTIONS)

.PHONY: soak
soak: setup ## Load an exchange, kill its processes, look what it lost: MINUTES=10 RATE=50, SEED=1
	@$(LOCAL) backing
	@$(SOAK) --minutes $(MINUTES) --rate $(RATE) $(if $(SEED),--seed $(SEED)) $(OPTIONS)

.PHONY: attack
attack: setup ## Attack an exchange at its doors, see what holds: DOOR=kafka for one of http, kafka, money, folders
	@$(LOCAL) backing
	@$(ATTACK) $(if $(DOOR),--door $(DOOR)) $(OPTIONS)

.PHONY: matrix
matrix: setup ## Take each thing away from an exchange in turn, ask it everything: OUTAGE="kafka" for one row
	@$(LOCAL) backing
	@$(MATRIX) $(if $(OUTAGE),"$(OUTAGE)") $(OPTIONS)

.PHONY: test-cluster
test-cluster: setup ## The releases on a real cluster, by KUBECONFIG (tests/cluster/README.md): INGRESS=http://127.0.0.1:8080 BRING="kind load docker-image"
	@$(CLUSTER) --ingress "$(INGRESS)" --bring "$(BRING)" \
		$(if $(REGISTRY),--registry $(REGISTRY)) $(if $(TAG),--tag $(TAG)) \
		$(if $(PYTHON_IMAGE),--python-image $(PYTHON_IMAGE)) $(if $(POSTGRES_IMAGE),--postgres-image $(POSTGRES_IMAGE)) \
		$(if $(KAFKA_IMAGE),--kafka-image $(KAFKA_IMAGE)) $(if $(STORAGE_CLASS),--storage-class $(STORAGE_CLASS)) \
		$(if $(ACCESS_MODE),--access-mode $(ACCESS_MODE)) $(if $(NAMESPACE),--namespace $(NAMESPACE)) \
		$(if $(SEED),--seed $(SEED)) $(OPTIONS) $(PART)

.PHONY: bench
bench: setup ## Measure: NAME=relay, pay, select, lockbox, x12, reconcile, invoice-run or renewal (HOUSEHOLDS=30000), simulation
	@test -n "$(filter $(NAME),$(BENCHES))" || { echo "bench: which? NAME=one of: $(BENCHES)"; exit 2; }
	@PYTHONPATH=deploy/local $(PY) -m bench.$(subst -,_,$(NAME)) $(if $(HOUSEHOLDS),--households $(HOUSEHOLDS)) $(OPTIONS)

## Run it

.PHONY: up
up: setup ## Start the exchange with its backing services: SIMULATION=2015-12-01, PACK=vermont-2016, NAME=main
	@$(LOCAL) up $(if $(NAME),$(NAME)) $(if $(SIMULATION),--simulation $(SIMULATION)) $(if $(PACK),--pack $(PACK))

.PHONY: down
down: ## Stop everything that runs here; data stays
	@if [ -f $(SETUP) ]; then $(LOCAL) down; else echo "nothing was ever started here"; fi

.PHONY: status
status: setup ## Say what runs
	@$(LOCAL) status

.PHONY: logs
logs: setup ## Print the last lines of the logs: NAME=kafka, postgres, a service, exchange.service
	@$(LOCAL) logs $(NAME)

.PHONY: operate
operate: setup ## Run a service's command on an exchange: NAME=main SERVICE=payments COMMAND="duties list"
	@test -n "$(SERVICE)" -a -n '$(subst ','"'"',$(COMMAND))' || { echo 'operate: what? SERVICE=payments COMMAND="duties list"'; exit 2; }
	@$(LOCAL) operate $(or $(NAME),main) $(SERVICE) -- $(COMMAND)

.PHONY: stop
stop: setup ## Stop a service of an exchange, or kafka or postgres of all: NAME=main SERVICE=payments
	@test -n "$(SERVICE)" || { echo "stop: which? SERVICE=payments"; exit 2; }
	@$(LOCAL) stop $(or $(NAME),main) $(SERVICE)

.PHONY: start
start: setup ## Start it again: NAME=main SERVICE=payments
	@test -n "$(SERVICE)" || { echo "start: which? SERVICE=payments"; exit 2; }
	@$(LOCAL) start $(or $(NAME),main) $(SERVICE)

.PHONY: variables
variables: setup ## Print what a shell needs to use an exchange, for eval: NAME=main
	@$(LOCAL) variables $(or $(NAME),main)

.PHONY: timeline
timeline: setup ## Print what became of a household, as all five services tell it: HOUSEHOLD=june NAME=main, LANGUAGE=es
	@test -n "$(HOUSEHOLD)" || { echo "timeline: whose? HOUSEHOLD=june"; exit 2; }
	@$(LOCAL) timeline $(or $(NAME),main) $(HOUSEHOLD) $(if $(LANGUAGE),--language $(LANGUAGE))

.PHONY: partitions
partitions: setup ## Give a topic of an exchange more partitions: NAME=main TOPIC=payments.payments.v1 COUNT=16
	@test -n "$(TOPIC)" -a -n "$(COUNT)" || { echo "partitions: of what, how many? TOPIC=payments.payments.v1 COUNT=16"; exit 2; }
	@$(LOCAL) partitions $(or $(NAME),main) $(TOPIC) $(COUNT)

.PHONY: advance
advance: setup ## Set the simulated clock of an exchange forward: NAME=main TO=2016-01-05T12:00
	@test -n "$(TO)" || { echo "advance: to when? TO=2016-01-05T12:00"; exit 2; }
	@$(LOCAL) advance $(or $(NAME),main) $(TO)

.PHONY: token
token: setup ## Print a token for the APIs of an exchange: NAME=main ROLE=operator, or ROLE=member HOUSEHOLD=june, ROLE=assister HOUSEHOLD=june,kim, ROLE=carrier CARRIER=MVP; SUBJECT=bea: who it is
	@$(LOCAL) token --exchange $(or $(NAME),main) --role $(ROLE) $(if $(HOUSEHOLD),--household $(HOUSEHOLD)) $(if $(CARRIER),--carrier $(CARRIER)) $(if $(SUBJECT),--subject $(SUBJECT))

.PHONY: destroy
destroy: setup ## Remove an exchange with all its data: NAME=main
	@test "$(origin NAME)" = "command line" || { echo "destroy: which? NAME=main"; exit 2; }
	@$(LOCAL) destroy $(NAME)

.PHONY: clean
clean: down ## Stop everything and remove all that was made: state, caches, virtual environment
	@if [ -f $(SETUP) ]; then $(LOCAL) clean; fi
	@rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

## Deploy it

.PHONY: images
images: setup ## An image of each service and of the status page, looked at afterwards: SERVICE=payments PYTHON_IMAGE=python:3.11-slim TAG=0.1.0
	@$(PY) -m tools.service_images $(if $(PYTHON_IMAGE),--base $(PYTHON_IMAGE)) $(if $(TAG),--tag $(TAG)) $(SERVICE)
	@BULKHEAD_IMAGES_TAG=$(TAG) BULKHEAD_IMAGES="$(SERVICE)" $(BIN)/pytest -q deploy/images/tests/integration $(OPTIONS)

.PHONY: sbom
sbom: setup ## What is in each image as CycloneDX, with licences that are held against those allowed: .local/sbom
	@$(PY) -m tools.sbom $(OPTIONS)

.PHONY: advisories
advisories: setup ## Hold the locks against advisories in OSV's format, which are given: OSV=all.zip
	@$(PY) -m tools.advisories $(OSV)

.PHONY: cluster
cluster: setup ## A Kubernetes of this machine, by kind, with the images in it, see deploy/README.md: TAG=0.1.0 NODE_IMAGE=
	@$(LOCAL) cluster $(if $(TAG),--tag $(TAG)) $(if $(NODE_IMAGE),--node-image $(NODE_IMAGE))

.PHONY: cluster-down
cluster-down: setup ## Remove that cluster
	@$(LOCAL) cluster-down

## Keep it in shape

.PHONY: setup
setup: $(SETUP) ## Make .venv from the lock; does nothing when it is up to date

$(SETUP): requirements-dev.lock requirements-uv.lock tools/setup.sh $(PACKAGES)
	@PYTHON=$(PYTHON) tools/setup.sh
	@touch $@

.PHONY: lock
lock: ## Make the locks anew, of services, tools and Kafka's jars, from the *.in files (UPGRADE=1: newest)
	@tools/lock.sh $(if $(UPGRADE),--upgrade)

.PHONY: contracts
contracts: setup ## Make generated files anew: event schemas, AsyncAPI, OpenAPI, the pages of rules, events, settings
	@tools/contracts.sh

.PHONY: format
format: setup ## Put imports and layout in order
	@$(BIN)/ruff check --select I --fix -q .
	@$(BIN)/ruff format -q .
