# The two commands that matter: `make dev` runs everything, `make test` tests everything.
# Nothing has to be installed beforehand but rustup and a C compiler; the tests take Python 3.11 too.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help dev console cluster test test-deploy test-api test-console servers lint structure bench bench-cluster \
	crash-test fault-test openapi clients clients-check api-fuzz toolchain

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

dev: toolchain console ## Build and run every role on embedded stores under ./data
	@[ -e $(TARGET)/debug/primatomic ] || echo "The first build compiles some 700 crates:" \
		"some 16 minutes of one core. Later ones take seconds."
	$(CARGO) build --locked -p primatomic -p stripe-fake
	deploy/dev/run.sh $(TARGET)/debug

test: toolchain console lint servers ## Check structure, format and lints, then run every test
	$(CARGO) test --locked --workspace --all-features
	$(MAKE) test-deploy
	$(MAKE) test-api
	$(MAKE) test-console

console: ## Build the web console, where Node is there
	@console/build.sh

test-deploy: toolchain servers ## Test what is in deploy/, on real servers
	$(CARGO) build --locked --workspace --all-features --bin primatomic --bin stripe-fake
	deploy/tests/run.sh $(TARGET)/debug/primatomic

test-api: toolchain ## Test the clients, the examples of docs/ and the API with schemathesis
	$(CARGO) build --locked --workspace --all-features --bin primatomic --example usage
	openapi/tests/run.sh $(TARGET)/debug/primatomic

test-console: toolchain console ## Test the console in a real browser
	$(CARGO) build --locked --workspace --all-features --bin primatomic --bin stripe-fake
	console/tests/run.sh $(TARGET)/debug

servers: ## Install the servers that tests run against into .local
	@test-servers/install.sh

lint: toolchain structure ## Check structure, format and lints; warnings are errors
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings

structure: ## Check the direction of dependencies, of crates and of files; print the arrows
	python3 -m unittest discover --quiet --start-directory docs/structure
	docs/structure/structure.py
	docs/structure/features.py

cluster: toolchain console servers ## Run a cluster of every store and role on the loopback address
	$(CARGO) build --locked --workspace --all-features --bin primatomic --bin cluster --bin s3-server
	$(TARGET)/debug/cluster

bench: toolchain ## Measure speed and memory on this machine, in release mode
	$(CARGO) build --locked --release -p primatomic -p bench
	$(TARGET)/release/bench all

bench-cluster: toolchain console servers ## Measure a whole cluster on this machine, in release mode
	$(CARGO) build --locked --release -p primatomic -p bench -p test-servers
	$(TARGET)/release/bench cluster

crash-test: toolchain ## Kill the server at random moments, 200 rounds
	PRIMATOMIC_CRASH_ROUNDS=200 $(CARGO) test --locked --workspace --all-features --test it crash:: -- --nocapture

fault-test: toolchain servers ## Let everything in a cluster fail under load, 60 times
	$(CARGO) build --locked --workspace --all-features --bins
	PRIMATOMIC_FAULTS=$(or $(PRIMATOMIC_FAULTS),60) \
		$(CARGO) test --locked --workspace --all-features --test cluster faults:: -- --nocapture

openapi: toolchain ## Write openapi/openapi.json anew
	UPDATE=1 $(CARGO) test --locked --workspace --all-features --test it openapi

clients: ## Generate the clients anew from openapi/openapi.json
	openapi/generate.sh

clients-check: ## Generate clients for Go and Java with openapi-generator, and compile them
	openapi/tests/other_languages.sh

api-fuzz: toolchain ## Look for ten minutes for requests that the document does not explain
	$(CARGO) build --locked --workspace --all-features --bin primatomic
	openapi/tests/run.sh $(TARGET)/debug/primatomic --fuzz

# rust-toolchain.toml names the compiler and the WebAssembly targets. rustup installs a missing
# toolchain by itself, but not a target that is missing from one that is already there.
toolchain:
	@command -v rustup >/dev/null || { echo "rustup is missing; see https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install gcc libc6-dev" >&2; exit 1; }
	@rustup target list --installed | grep -q wasm32-unknown-unknown \
		&& rustup target list --installed | grep -q wasm32-wasip2 \
		|| rustup target add wasm32-unknown-unknown wasm32-wasip2
