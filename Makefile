# Everything runs in .venv, which `make setup` fills; `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MEMBERS := $(wildcard core/pyproject.toml plugins/*/pyproject.toml)
# Read when a recipe runs: after setup said how it made .venv (see scripts/setup.sh).
RUN = $(shell cat .venv/.run 2>/dev/null)
# One PostgreSQL server per worker.
PYTEST = $(RUN) pytest -q -n logical --maxprocesses 4

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.run ## make .venv with every distribution and the tools (finds uv, or installs it into .uv/)

.venv/.run: pyproject.toml $(MEMBERS) scripts/setup.sh
	@sh scripts/setup.sh

demo: setup ## run the main job on a made-up company in ./passerelle-demo
	@$(RUN) passerelle demo

test: setup ## run the tests
	@$(PYTEST)

check: setup ## format, lint, types, import contracts, tests: what has to pass before a commit
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports --no-logo
	@$(PYTEST)

servers: ## install what tests need and pip does not bring: an SSH server, hledger
	@sh scripts/servers.sh

bench: setup ## measure posting, rendering, the policy and memory beside their floors and peers
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) python -m benchmarks
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) python -m benchmarks.declaring

real: setup ## run the tests on all of the real data beside the repository (../shared/data)
	@PASSERELLE_REAL_DATA=all $(PYTEST) tests/real_data

laws: setup ## run generated histories of exports against the laws, twenty times as long as `make test` does
	@PASSERELLE_LAWS=20 $(PYTEST) tests/laws

docs: setup ## write the generated pages of docs/ again
	@$(RUN) python docs/generate.py

clean: ## remove what the other targets made
	rm -rf .venv .uv build dist passerelle-demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find core plugins tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test check servers bench real laws docs clean
