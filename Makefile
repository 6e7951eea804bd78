# `make help` lists the targets. Everything is installed into this folder: .venv, .venv-ministack,
# .venv-checkov, .venv-mutants, node_modules, build.

PYTHON_VERSIONS := 3.14 3.13 3.12 3.11
PYENV_ROOT ?= $(HOME)/.pyenv
VENV := .venv/bin/python
PIP := -I infra/bundle/run_pip.py install -qq --disable-pip-version-check --require-hashes --only-binary :all:
# The systems are in pyproject.toml. The files name no index: each machine has its own.
COMPILE := -m uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url

# Shell: sets $$python to the newest supported Python on the PATH or of pyenv, or to nothing; PYTHON=…
# overrides it. On one line, because macOS has make 3.81.
FIND_PYTHON = for version in $(PYTHON_VERSIONS); do \
	for python in $(if $(PYTHON),"$(PYTHON)",python$$version python3 "$(PYENV_ROOT)"/versions/$$version.*/bin/python); do \
		if "$$python" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null; then break 2; fi; \
	done; \
	python=; \
done
HAS_VENV = $(VENV) -c "import pip" 2>/dev/null

# Shell: defines step, which runs a command under a title and prints how long it took.
STEP = set -e; step() { printf '==> %s ... ' "$$1"; shift; started=$$(date +%s); \
	"$$@" >/dev/null || { echo failed; return 1; }; echo "$$(($$(date +%s) - started)) s"; };

# These variables would make Python import modules from elsewhere.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH

# Two sandboxes or test runs at once would exceed the time limits that they test.
.NOTPARALLEL:

.PHONY: help setup run accept test test-bundle test-long browser screenshots check format faults load abuse fuzz reproduce \
	mutants bench docs commands verify bundle synth deploy hooks update clean needed

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: node_modules/.ready .venv/.ready .venv-ministack/.ready build/.ready ## Install everything into this folder

run: setup ## Deploy the stack on this machine, send a first text, stay up (ARGS="-c key=value …")
	@$(VENV) -m sandbox $(ARGS)

accept: setup ## Check a whole deployment: on AWS with STACK=…, else on this machine
	@SANDBOX_FOLDER=.sandbox-accept $(VENV) -m tools.accept $(if $(STACK),--stack "$(STACK)") \
		$(if $(TO),--to "$(TO)") $(if $(QUEUE),--queue) $(if $(PAUSE),--pause) $(ARGS)

test: setup ## Unit, template and short end-to-end tests
	@$(VENV) -m pytest -n 2 --no-loadscope-reorder $(ARGS)

test-bundle: setup ## Run the unit tests against the bundle that is deployed
	@$(VENV) -m pytest -p tests.support.bundled $(or $(ARGS),tests/unit)

LONG_TESTS := tests/browser tests/fuzz tests/examples tests/commands tests/accept tests/make

test-long: setup ## Run the slow tests: browser, fuzz, examples and commands
	@$(VENV) -m pytest -n 2 --no-loadscope-reorder $(LONG_TESTS) $(ARGS)

browser: setup ## Test the sandbox's page in this machine's browser
	@$(VENV) -m pytest $(or $(ARGS),tests/browser)

screenshots: setup ## Take the README's pictures of the page
	@$(VENV) -m pytest -q tests/browser/pictures.py

check: setup .venv-checkov/.ready ## Check format, lint, types, layers and security rules
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache
	@$(VENV) -m tools.scan

format: setup ## Format the code
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

faults: setup ## Inject every fault 50 times and count the texts
	@SANDBOX_FOLDER=.sandbox-faults $(VENV) -m tests.faults $(ARGS)

load: setup ## Send 5,000 requests over 2,000 ReferenceIds through the API
	@SANDBOX_FOLDER=.sandbox-load $(VENV) -m tests.load $(ARGS)

abuse: setup ## Pump texts against the default limits, then pause sending
	@SANDBOX_FOLDER=.sandbox-abuse $(VENV) -m tests.abuse

fuzz: setup ## Send 1,000 requests generated from docs/openapi.json (FUZZ_SEED=7)
	@$(VENV) -m pytest -s tests/fuzz $(ARGS)

docs: setup ## Rewrite the generated parts of docs/
	@$(VENV) -m docs.generate

commands: setup ## Run every command of the docs in a sandbox; test this Makefile and make accept
	@$(VENV) -m pytest $(or $(ARGS),tests/commands tests/make tests/accept)

reproduce: setup ## Synthesize offline, elsewhere, with every other Python: the template is the same
	@$(VENV) -m tests.reproduce

mutants: setup .venv-mutants/.ready ## Break 60 random lines and list those that no test notices (ARGS="--seed 16")
	@$(VENV) -m tools.mutants $(ARGS)

bench: setup ## Measure starts, requests and memory into docs/performance.md (10 minutes)
	@$(VENV) -m benchmarks $(ARGS)

# In a short form: 4 of each fault, 600 requests, the bundle without random histories.
verify: check test test-long accept abuse ## Run everything that CI runs
	@$(VENV) -m pytest -p tests.support.bundled --ignore tests/unit/test_model.py tests/unit
	@$(VENV) -m tests.reproduce --oldest
	@SANDBOX_FOLDER=.sandbox-load $(VENV) -m tests.load --requests 600 --reference-ids 240
	@SANDBOX_FOLDER=.sandbox-faults $(VENV) -m tests.faults --cases 2
	@$(VENV) -m benchmarks --short

bundle: setup ## Build the bundle for this machine into build/bundle/
	@$(VENV) -m infra.bundle

synth: setup ## Run cdk synth (ARGS="-c key=value …")
	@node_modules/.bin/cdk synth --no-notices $(ARGS)

deploy: setup ## Run cdk deploy, into your AWS account (ARGS="-c key=value …")
	@node_modules/.bin/cdk deploy --no-notices $(ARGS)

hooks: setup ## Make git check format and lint before a commit, types before a push
	@$(VENV) -m pre_commit install --hook-type pre-commit --hook-type pre-push

update: .venv/.ready ## Update all Python packages (ARGS="-P name": this one only)
	@$(STEP) for folder in lambda_src/ infra/ "" sandbox/ tools/scan/ tools/mutants/; do \
		step "Writing $${folder}requirements.txt" \
			$(VENV) $(COMPILE) $(or $(ARGS),--upgrade) $${folder}requirements.in -o $${folder}requirements.txt; \
	done

clean: ## Remove everything that was installed or built
	rm -rf .venv .venv-ministack .venv-checkov .venv-mutants node_modules build cdk.out .sandbox*

# Before anything is installed, name every program that is missing.
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
	@$(STEP) \
	if ! $(HAS_VENV); then \
		$(FIND_PYTHON); \
		step "Creating .venv with Python $$version" "$$python" -m venv --clear .venv; \
	fi; \
	step "Installing the Python packages into .venv (a minute)" $(VENV) $(PIP) -r requirements.txt
	@touch $@

# Shell: makes an environment, unless it is there, and installs packages into it.
ENVIRONMENT = $(STEP) [ -x $(1)/bin/python ] || $(VENV) -m venv --clear $(1); \
	step "Installing $(2) into $(1)" $(1)/bin/python $(PIP)

.venv-ministack/.ready: sandbox/requirements.txt .venv/.ready
	@$(call ENVIRONMENT,.venv-ministack,MiniStack) -r $<
	@touch $@

# After this, cdk synth needs no network, for any architecture.
build/.ready: lambda_src/requirements.txt $(wildcard infra/bundle/*.py) .venv/.ready
	@$(STEP) step "Fetching the functions' libraries into build" $(VENV) -m infra.bundle --fetch
	@mkdir -p build
	@touch $@

.venv-checkov/.ready: tools/scan/requirements.txt .venv/.ready
	@$(call ENVIRONMENT,.venv-checkov,the scanners) -r $<
	@touch $@

.venv-mutants/.ready: tools/mutants/requirements.txt .venv/.ready
	@$(call ENVIRONMENT,.venv-mutants,cosmic-ray) --no-binary yattag -r $<
	@touch $@

node_modules/.ready: package.json package-lock.json .npmrc | needed
	@$(STEP) step "Installing the CDK command line into node_modules" \
		npm ci --include=dev --no-progress --loglevel=error
	@touch $@
