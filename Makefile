# Everything is installed into this folder: .venv, .venv-ministack, .venv-checkov, .venv-mutants,
# node_modules.
# `make help` lists the targets.

PYTHON_VERSIONS := 3.14 3.13 3.12 3.11
PYENV_ROOT ?= $(HOME)/.pyenv
VENV := .venv/bin/python
PIP := -I infra/bundle/run_pip.py install -qq --disable-pip-version-check --require-hashes --only-binary :all:
# pyproject.toml says for which systems. No index is written into the files: each machine has its own.
COMPILE := -m uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url

# The newest supported Python of this machine: on the PATH, or installed by pyenv. PYTHON=… decides.
# Shell: sets $$python, to nothing if there is none. On one line, for the make of macOS, which is 3.81.
FIND_PYTHON = for version in $(PYTHON_VERSIONS); do \
	for python in $(if $(PYTHON),"$(PYTHON)",python$$version python3 "$(PYENV_ROOT)"/versions/$$version.*/bin/python); do \
		if "$$python" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null; then break 2; fi; \
	done; \
	python=; \
done
HAS_VENV = $(VENV) -c "import pip" 2>/dev/null

# They would have Python import other modules than those of this folder, or none of these.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH

# Two sandboxes or test runs at once would be slower than the time limits that they test.
.NOTPARALLEL:

.PHONY: help setup run accept test test-bundle test-long browser screenshots check format faults load abuse fuzz reproduce \
	mutants bench docs commands verify bundle synth deploy hooks update clean needed

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: node_modules/.ready .venv/.ready .venv-ministack/.ready build/.ready ## Install what runs and tests into this folder

run: setup ## Deploy the stack on this machine, send a first OTP, stay up (ARGS="-c key=value …")
	@$(VENV) -m sandbox $(ARGS)

accept: setup ## Go the whole way on a deployment: on AWS with STACK=…, else on this machine
	@SANDBOX_FOLDER=.sandbox-accept $(VENV) -m tools.accept $(if $(STACK),--stack "$(STACK)") \
		$(if $(TO),--to "$(TO)") $(if $(QUEUE),--queue) $(if $(PAUSE),--pause) $(ARGS)

test: setup ## Unit, template and short end-to-end tests
	@$(VENV) -m pytest -n 2 --no-loadscope-reorder $(ARGS)

test-bundle: setup ## The unit tests of what is deployed, code and libraries, not of the source
	@$(VENV) -m pytest -p tests.support.bundled $(or $(ARGS),tests/unit)

LONG_TESTS := tests/browser tests/fuzz tests/examples tests/commands tests/accept tests/make

test-long: setup ## The tests that are not for every commit: make browser, commands and fuzz at once
	@$(VENV) -m pytest -n 2 --no-loadscope-reorder $(LONG_TESTS) $(ARGS)

browser: setup ## The sandbox's page in a real browser, which this machine must have
	@$(VENV) -m pytest $(or $(ARGS),tests/browser)

screenshots: setup ## Take the README's pictures of the page anew
	@$(VENV) -m pytest -q tests/browser/pictures.py

check: setup .venv-checkov/.ready ## Format, lint, types, rooms, security rules
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache
	@$(VENV) -m tools.scan

format: setup ## Rewrite the code in the one format
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

faults: setup ## Break everything there is to break, 50 times each, and look at the phone
	@SANDBOX_FOLDER=.sandbox-faults $(VENV) -m tests.faults $(ARGS)

load: setup ## 5,000 requests over 2,000 ReferenceIds through the deployed API
	@SANDBOX_FOLDER=.sandbox-load $(VENV) -m tests.load $(ARGS)

abuse: setup ## Traffic pumps and the switch that pauses, against the default limits
	@SANDBOX_FOLDER=.sandbox-abuse $(VENV) -m tests.abuse

fuzz: setup ## 1,000 requests made of docs/openapi.json against the sandbox (FUZZ_SEED=7)
	@$(VENV) -m pytest -s tests/fuzz $(ARGS)

docs: setup ## Rewrite the generated parts of docs/
	@$(VENV) -m docs.generate

commands: setup ## Run every command of the pages, in a sandbox; make itself, on other machines
	@$(VENV) -m pytest $(or $(ARGS),tests/commands tests/make tests/accept)

reproduce: setup ## The same template offline, in another folder, from every other Python
	@$(VENV) -m tests.reproduce

mutants: setup .venv-mutants/.ready ## Break 60 lines drawn by a seed: which does no test see? (ARGS="--seed 16")
	@$(VENV) -m tools.mutants $(ARGS)

bench: setup ## Measure starts, requests and memory, and rewrite docs/performance.md (10 minutes)
	@$(VENV) -m benchmarks $(ARGS)

# Each fault 4 times, 1,000 requests, the bundle without random histories: `make faults` and `make load` do more.
verify: check test test-long accept abuse ## Everything; what CI runs
	@$(VENV) -m pytest -p tests.support.bundled --ignore tests/unit/test_model.py tests/unit
	@$(VENV) -m tests.reproduce --oldest
	@SANDBOX_FOLDER=.sandbox-load $(VENV) -m tests.load --requests 1000 --reference-ids 400
	@SANDBOX_FOLDER=.sandbox-faults $(VENV) -m tests.faults --cases 2
	@$(VENV) -m benchmarks --short

bundle: setup ## Build what is deployed into build/bundle/, for this Python
	@$(VENV) -m infra.bundle

synth: setup ## The CDK's own: synthesize (ARGS="-c key=value …")
	@node_modules/.bin/cdk synth --no-notices $(ARGS)

deploy: setup ## The CDK's own: deploy into your AWS account (ARGS="-c key=value …")
	@node_modules/.bin/cdk deploy --no-notices $(ARGS)

hooks: setup ## Have git format, lint and check types before a commit and a push
	@$(VENV) -m pre_commit install --hook-type pre-commit --hook-type pre-push

update: .venv/.ready ## The newest Python packages, with hashes (ARGS="-P name": this one alone)
	@set -e; for folder in lambda_src/ infra/ "" sandbox/ tools/scan/ tools/mutants/; do \
		echo "==> Writing $${folder}requirements.txt ..."; \
		$(VENV) $(COMPILE) $(or $(ARGS),--upgrade) $${folder}requirements.in -o $${folder}requirements.txt; \
	done

clean: ## Remove what was installed and built
	rm -rf .venv .venv-ministack .venv-checkov .venv-mutants node_modules build cdk.out .sandbox*

# What is missing is said before anything is installed: all of it, each in a sentence.
needed:
	@missing=; \
	if ! $(HAS_VENV); then \
		$(FIND_PYTHON); \
		if [ -z "$$python" ]; then \
			here=$$("$(or $(PYTHON),python3)" -c "import platform; print(platform.python_version())" 2>/dev/null) || here=missing; \
			echo "Python 3.11 or later with venv is missing ($(or $(PYTHON),python3) is $$here): install it (Debian: apt-get install python3 python3-venv), or name it with PYTHON=/path/to/python." >&2; \
			missing=yes; \
		fi; \
	fi; \
	if ! node -e 'if (parseInt(process.versions.node) < 20) process.exit(1)' 2>/dev/null; then \
		here=$$(node --version 2>/dev/null) || here=missing; \
		echo "Node.js 20 or later is missing (node is $$here): install it from https://nodejs.org." >&2; \
		missing=yes; \
	elif ! command -v npm >/dev/null; then \
		echo "npm is missing: it comes with Node.js from https://nodejs.org (Debian: apt-get install npm)." >&2; \
		missing=yes; \
	fi; \
	[ -z "$$missing" ]

.venv/.ready: requirements.txt | needed
	@set -e; \
	if ! $(HAS_VENV); then \
		$(FIND_PYTHON); \
		echo "==> Creating .venv with Python $$version ..."; \
		"$$python" -m venv --clear .venv; \
	fi; \
	echo "==> Installing the Python packages into .venv (a minute) ..."; \
	$(VENV) $(PIP) -r requirements.txt
	@touch $@

.venv-ministack/.ready: sandbox/requirements.txt .venv/.ready
	@set -e; \
	echo "==> Installing MiniStack into .venv-ministack ..."; \
	if [ ! -x .venv-ministack/bin/python ]; then $(VENV) -m venv --clear .venv-ministack; fi; \
	.venv-ministack/bin/python $(PIP) -r sandbox/requirements.txt
	@touch $@

# `cdk synth` then needs no network, whatever the architecture.
build/.ready: lambda_src/requirements.txt $(wildcard infra/bundle/*.py) .venv/.ready
	@echo "==> Fetching the functions' libraries into build (ten seconds) ..."
	@$(VENV) -m infra.bundle --fetch
	@mkdir -p build
	@touch $@

.venv-checkov/.ready: tools/scan/requirements.txt .venv/.ready
	@set -e; \
	echo "==> Installing cfn-lint, checkov and zizmor into .venv-checkov (half a minute) ..."; \
	if [ ! -x .venv-checkov/bin/python ]; then $(VENV) -m venv --clear .venv-checkov; fi; \
	.venv-checkov/bin/python $(PIP) -r tools/scan/requirements.txt
	@touch $@

.venv-mutants/.ready: tools/mutants/requirements.txt .venv/.ready
	@set -e; \
	echo "==> Installing cosmic-ray into .venv-mutants ..."; \
	if [ ! -x .venv-mutants/bin/python ]; then $(VENV) -m venv --clear .venv-mutants; fi; \
	.venv-mutants/bin/python $(PIP) --no-binary yattag -r tools/mutants/requirements.txt
	@touch $@

node_modules/.ready: package.json package-lock.json .npmrc | needed
	@echo "==> Installing the CDK command line into node_modules ..."
	@npm ci --include=dev --no-progress --loglevel=error
	@touch $@
