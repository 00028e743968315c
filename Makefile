# Everything that is done with Farebus, by name. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# Where `make run` listens, and what it keeps.
HOST ?= 127.0.0.1
PORT ?= 8080
DATA ?= ./var/demo
# debug is built in a third of the time; release is what to run for real, and what to measure.
CONFIG ?= debug
# Which store the tests are run on: all, sqlite or mongodb.
ENGINE ?= all

FORMATTED := Sources Tests Benchmarks Package.swift

.PHONY: help setup setup-tests build run cluster test test-replica-set lint format bench autobahn reference clean

help: ## Lists what there is.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1 — /'

setup: ## Installs the system packages that are missing, and checks the Swift toolchain.
	@scripts/install-dependencies.sh

setup-tests: ## Installs also what the tests and a cluster start: Redis, nginx, a server that speaks MongoDB's protocol.
	@scripts/install-dependencies.sh --for-tests
	if [ -z "$${MONGODB_URI:-}" ]; then scripts/mongo-test-server.sh setup >/dev/null; fi

build: setup ## Builds the server (CONFIG=debug or release).
	swift build -c $(CONFIG) --product farebus

run: build ## Starts a demo on 127.0.0.1:8080 (HOST, PORT, DATA, CONFIG).
	exec "$$(swift build -c $(CONFIG) --show-bin-path)/farebus" serve --demo \
		--host $(HOST) --port $(PORT) --data $(DATA)

# LOAD=30 books and cancels for 30 s and checks what was promised; CLUSTER_FLAGS are handed to scripts/cluster.sh.
cluster: setup-tests build ## Runs three instances, Redis, MongoDB's stand-in and nginx on this machine.
	exec env CONFIG=$(CONFIG) scripts/cluster.sh $(if $(LOAD),--load $(LOAD)) $(CLUSTER_FLAGS)

# ENGINE=sqlite or mongodb runs them on one store only; TEST_FLAGS are handed to swift test.
test: setup-tests ## Builds everything with warnings as errors, and runs all tests, on each store.
	echo "==> building"
	swift build --build-tests -Xswiftc -warnings-as-errors
	scripts/test.sh $(ENGINE) $(TEST_FLAGS)

test-replica-set: ## Runs all tests against a real MongoDB replica set, which MONGODB_URI names.
	@: "$${MONGODB_URI:?names the replica set, such as mongodb://127.0.0.1:27017/?replicaSet=rs0}"
	$(MAKE) test

lint: ## Checks the format of the sources, and what may never be in the tree.
	swift format lint --strict --parallel --recursive $(FORMATTED)
	scripts/check-tree.sh

format: ## Formats the sources.
	swift format --in-place --parallel --recursive $(FORMATTED)

bench: setup ## Measures a release build (BENCH_FLAGS are handed to farebus-bench).
	scripts/bench.sh $(BENCH_FLAGS)

autobahn: setup ## Lets Autobahn's fuzzing client judge the WebSocket layer.
	scripts/autobahn.sh

reference: build ## Makes the pages of docs that come from the server itself.
	farebus="$$(swift build -c $(CONFIG) --show-bin-path)/farebus"
	"$$farebus" commands --markdown > docs/commands.md.new
	"$$farebus" config --markdown > docs/configuration.md.new
	mv docs/commands.md.new docs/commands.md
	mv docs/configuration.md.new docs/configuration.md

clean: ## Removes what was built. Data under var/ stays.
	swift package clean
