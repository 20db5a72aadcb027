# secure-tiller: everything a user or a developer runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo cluster down status toolchain uid schema reference practices env policies test test-unit test-pythons fuzz rights golden lock times lint format count

PYTHON ?= python3
# CLUSTER=existing: the demo uses the cluster of the current kubeconfig context.
CLUSTER ?= local
# SECURE_TILLER_CLUSTER=NAME:NUMBER in the environment: the local cluster is another one beside the first, local:0.
ENVIRONMENT := .venv/ready
SCANNERS := .venv-scanners/ready
POLICIES := policies/.venv/ready
RUN := .venv/bin/python
# The tests of a file run in one process: they share what is computed once for them.
UNIT_TESTS := $(RUN) -m pytest --numprocesses=auto --dist=loadfile tests/unit tests/testbed tests/repository tests/support
# Most tests of the engine and the cluster run next to others; those that are marked as `alone` follow, one by one.
# Most of a test's time it waits for the cluster: more processes than this machine has cores.
REAL_TESTS := $(RUN) -m pytest --numprocesses=$$((`nproc` + 1)) --dist=loadfile --no-loadscope-reorder -m "not alone" tests/engine tests/cluster tests/scanners
# Python keeps what it has compiled: each of thousands of processes would otherwise compile pulumi and the tests anew.
unexport PYTHONDONTWRITEBYTECODE
# pip compiles nothing: for all modules of pulumi-kubernetes that takes more than a third of an installation, and the tests
# make several. The value is 0, not 1, because pip takes it as that of its option `compile`.
export PIP_NO_COMPILE := 0
WHERE := $(if $(filter existing,$(CLUSTER)),--existing,)
FUZZ ?= 300
PYTHONS ?= 3.12 3.13
PACKAGES ?= pinned

ifeq ($(filter local existing,$(CLUSTER)),)
$(error CLUSTER=$(CLUSTER): it is `local` (the default) or `existing`)
endif

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## two teams' Tillers on a real cluster, and what they refuse (CLUSTER=existing: on yours)
	@$(RUN) -m testbed.demo $(WHERE)

cluster: $(ENVIRONMENT) ## start the local one-node cluster, or find it running
	@$(RUN) -m testbed.cluster up

down: $(ENVIRONMENT) ## remove the local cluster and every trace of it
	@$(RUN) -m testbed.cluster down

status: $(ENVIRONMENT) ## does the local cluster run?
	@$(RUN) -m testbed.cluster status

toolchain: $(ENVIRONMENT) ## find or build every program the demo and the tests run
	@$(RUN) -m testbed.toolchain

uid: ## the UID by which a stack file names its cluster: that of the current kubeconfig context
	@kubectl get namespace kube-system --output 'jsonpath={.metadata.uid}{"\n"}'

schema: $(ENVIRONMENT) ## write stacks/schema.json, by which editors complete and check stack files, plugin/schema.json and docs/fields.md
	@$(RUN) -m secure_tiller_stack.json_schema > stacks/schema.json
	@$(RUN) -m secure_tiller_stack.plugin > plugin/schema.json
	@$(RUN) -m secure_tiller_stack.fields_page < plugin/schema.json > docs/fields.md

reference: $(ENVIRONMENT) ## write docs/reference.md, every option of the command, from the command itself
	@.venv/bin/typer secure_tiller_cli.commands utils docs --name secure-tiller --title 'Reference of `secure-tiller`' --output docs/reference.md

practices: $(ENVIRONMENT) ## write docs/practices.md, every practice of a safe Tiller, from the catalogue
	@$(RUN) -m tiller_facts.practices.page > docs/practices.md

env: $(ENVIRONMENT) ## for `eval "$(make -s env)"`: tools, cluster and backend of the demo in this shell
	@$(RUN) -m testbed.demo --env $(WHERE)

policies: $(POLICIES) ## install the policy pack, for `pulumi preview --policy-pack policies`

# The policy pack and the scanners are installed while other things happen.
test: lint ## everything: style, types, unit tests, then the tests on the real engine and cluster
	@$(MAKE) --no-print-directory $(POLICIES) $(SCANNERS) & installed=$$!; \
	  $(RUN) -m testbed.toolchain; \
	  $(UNIT_TESTS); \
	  wait $$installed; \
	  $(RUN) -m testbed.cluster during $(SHELL) -ec '$(REAL_TESTS); $(RUN) -m pytest -m alone tests/cluster'

test-unit: $(ENVIRONMENT) ## the tests that need no engine, no Go and no network
	$(UNIT_TESTS)

# PACKAGES=newest ignores constraints.txt: it installs what a user gets today.
test-pythons: ## the unit tests on other versions of Python (PYTHONS="3.12 3.13"), each in its own .venv-VERSION
	@for version in $(PYTHONS); do \
	  for python in python$$version "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$version.*/bin/python none; do \
	    "$$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null && break; done; \
	  test "$$python" != none || { echo "Python $$version is neither on PATH nor in pyenv; install it, or set PYTHONS to the versions that you have" >&2; exit 2; }; \
	  echo "== $$("$$python" --version), packages: $(PACKAGES)"; \
	  test -x .venv-$$version/bin/pip || "$$python" -m venv .venv-$$version; \
	  .venv-$$version/bin/pip install --quiet --disable-pip-version-check $(if $(filter newest,$(PACKAGES)),--upgrade \
	    --upgrade-strategy eager,--constraint constraints.txt) --editable '.[cli,development]'; \
	  .venv-$$version/bin/python -m pytest --numprocesses=auto --dist=loadfile tests/unit; done

fuzz: $(ENVIRONMENT) ## test the readers of foreign input with many more samples (FUZZ=300: 300 times as many)
	SECURE_TILLER_FUZZ=$(FUZZ) $(RUN) -m pytest --timeout=0 tests/unit/secure_tiller_cli/test_any_input.py

rights: $(ENVIRONMENT) ## ask the real API server for every right of everybody in two teams, and compare with their plans
	$(RUN) -m testbed.toolchain
	SECURE_TILLER_RIGHTS=every $(RUN) -m pytest tests/cluster/test_rights.py

golden: $(ENVIRONMENT) ## preview every change of tests/golden on the real engine, and write the golden files
	$(RUN) -m testbed.toolchain
	SECURE_TILLER_GOLDEN=write $(RUN) -m pytest tests/cluster/test_preview_summary.py

# Versions stay as they are: those of constraints.txt, and those that policies/requirements.txt names already.
LOCK := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --custom-compile-command 'make lock'

lock: $(ENVIRONMENT) ## write the tests' versions where users install from, with the hashes of their files
	$(LOCK) --extra cli --group build --constraint constraints.txt --output-file requirements.txt pyproject.toml
	$(RUN) tests/repository/tested.py
	$(LOCK) --group release --constraint constraints.txt --output-file .github/requirements.txt
	$(LOCK) --output-file policies/requirements.txt policies/requirements.in

times: $(ENVIRONMENT) ## measure the demo, the tests and the command, and compare with the goals (TIMES='help unit': only these)
	@$(RUN) -m testbed.times $(TIMES)

lint: $(ENVIRONMENT) ## style, types, and who imports whom
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	MYPYPATH=.github/scripts $(RUN) -m mypy .github/scripts/*.py
	PYTHONPATH=policies .venv/bin/lint-imports --no-cache --no-logo

format: $(ENVIRONMENT) ## put the code into its one format
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

count: ## lines of code, without blanks, comments and docstrings (CHECKOUT=path: of another checkout)
	@$(PYTHON) tests/repository/lines.py $(CHECKOUT)

OLDER_PIP := echo "pip stays in the version that Python brings: what follows takes longer" >&2

# What pip prints goes to standard error: `make -s env` is read by a shell. pip itself comes first:
# that of Python 3.11 takes much longer than ours to choose a version where an index has many files.
$(ENVIRONMENT): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; choose one with: make PYTHON=/path/to/python3" >&2; exit 2; }
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv || { \
	  echo "The venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@echo "python: installing what constraints.txt names into .venv" >&2
	@.venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt pip >&2 || $(OLDER_PIP)
	@.venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[cli,development]' >&2
	@touch $@

# An environment of their own, because checkov wants other versions of what the package and its tests need.
$(SCANNERS): tests/scanners/constraints.txt | $(ENVIRONMENT)
	@test -x .venv-scanners/bin/pip || $(PYTHON) -m venv .venv-scanners
	@echo "python: installing checkov and kubernetes-validate, as $< names them, into .venv-scanners" >&2
	@.venv-scanners/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt pip >&2 || $(OLDER_PIP)
	@.venv-scanners/bin/pip install --quiet --disable-pip-version-check --constraint $< checkov kubernetes-validate >&2
	@touch $@

# An environment of its own, because pulumi-policy wants an older protobuf than the package.
$(POLICIES): policies/requirements.txt | $(ENVIRONMENT)
	@test -x policies/.venv/bin/pip || $(PYTHON) -m venv policies/.venv
	@echo "python: installing what $< names into policies/.venv" >&2
	@policies/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $< >&2
	@touch $@
