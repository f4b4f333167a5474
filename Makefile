# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists the targets. Everything that a target needs it installs or builds itself.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BUILD ?= .build
SWIFT_BUILD := swift build --scratch-path $(BUILD)
DEBUG := $(BUILD)/debug
RELEASE := $(BUILD)/release
MODELS := $(BUILD)/vectors/models
VENV := .venv
PYTHON := $(VENV)/bin/python
PACKAGES := libcurl4-openssl-dev libssl-dev libyaml-dev postgresql python3-venv
LAB := HARECON="$${HARECON:-$(CURDIR)/$(DEBUG)/harecon}" PYTHONPATH=Tests/Lab:Tests/Sandbox $(PYTHON) -m harecon_lab
SANDBOX := PYTHONPATH=Tests/Sandbox $(PYTHON) -m harecon_sandbox

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{ printf "  %-10s %s\n", $$1, $$2 }'

## deps: install what is missing: Debian packages, Python packages, service models and protocol vectors
deps: packages $(VENV)/.ready
	@Tests/vectors.sh

packages:
	@missing=(); for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing+=($$p); done; \
	if (( $${#missing[@]} )); then \
	  echo "installing $${missing[*]}"; \
	  sudo=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq "$${missing[@]}" >/dev/null; \
	fi

$(VENV)/.ready: Tests/requirements.txt
	@python3 -m venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

## build: the harecon binary, for use (optimised, Swift runtime linked in)
build: packages
	@$(SWIFT_BUILD) -c release --static-swift-stdlib --product harecon

## demo: set everything up and run the main job against the local AWS sandbox
demo: deps
	@$(SWIFT_BUILD) --product harecon 2>&1 | grep -E 'error|warning|Compiling|Build' | tail -n 1
	@HARECON=$(DEBUG)/harecon PYTHON=$(PYTHON) Tests/demo.sh

## sandbox: start the AWS sandbox for a person to try things against
sandbox: $(VENV)/.ready
	@$(SANDBOX) --person --run

## test: set everything up and pass all tests
test: deps
	@Tests/run.sh

## check: format, warnings as errors, generated files fresh
check: deps
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@$(SWIFT_BUILD) --build-tests -Xswiftc -warnings-as-errors
	@$(MAKE) check-generated

## generate: write the API slice, the registry and the reference pages anew
generate: deps
	@$(SWIFT_BUILD) --product apigen
	@$(DEBUG)/apigen --models $(MODELS)
	@$(SWIFT_BUILD) --product docgen
	@$(DEBUG)/docgen
	@$(SWIFT_BUILD) --product harecon
	@$(DEBUG)/harecon explain -o markdown > docs/spec.md
	@$(DEBUG)/harecon schema > docs/spec.schema.json

# The pages are held by tests: KindsPageTests, DocumentationTests.
check-generated: deps
	@$(DEBUG)/apigen --models $(MODELS) --check

## format: bring all Swift files into the house form
format:
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

## lab: fail a real database over under load, once by a crash and once by a hang
lab: deps
	@[ -x "$${HARECON:-$(DEBUG)/harecon}" ] || $(SWIFT_BUILD) --product harecon
	@[ -x "$$(dirname "$${HARECON:-$(DEBUG)/harecon}")/lab-load" ] || $(SWIFT_BUILD) --product lab-load
	@$(LAB) lab

## soak: the long matrices: a kill at every call, more seeds, and many failovers
soak: deps
	@SOAK=1 Tests/run.sh
	@$(LAB) soak

## bench: measure and rewrite docs/benchmarks.md's tables
bench: deps build
	@HARECON=$(CURDIR)/$(RELEASE)/harecon $(PYTHON) Tests/Bench/bench.py

## fuzz: every fuzz target for SECONDS (60) each
fuzz: packages
	@Tests/Fuzz/run.sh $${SECONDS_EACH:-60}

## tsan: the suites that share state, under the thread sanitizer
tsan: deps
	@swift test --scratch-path $(BUILD)-tsan --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --filter 'AWSClientTests|CoreTests|EngineTests|ReplayClientTests|TrailTests'

.PHONY: help deps packages build demo sandbox lab test check generate check-generated format soak bench fuzz tsan
