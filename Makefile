# Variables on the command line reach every recipe: `make run HOST=0.0.0.0 PORT=9000 PYTHON=python3.12`.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help python run dev test test-all deploy-check bench lint messages pictures assets audit lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

# -E: the caller's own PYTHONPATH and the like must not reach our scripts.

python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install 3.11 or newer, for example \
with \`sudo apt-get install python3 python3-venv\`, or name one with PYTHON=." >&2; exit 1; }

run: python ## Set everything up and serve the site (HOST and PORT change the address)
	@$(PYTHON) -E -m deploy.run serve

dev: python ## The same with Django's development server: reloads changed code, shows errors
	@$(PYTHON) -E -m deploy.run develop

test: python ## Everything that CI runs
	@$(PYTHON) -E -m tests.run

test-all: python ## The same, with every test on both databases: before a release
	@$(PYTHON) -E -m tests.run system environment programs lint migrations deployment catalogue \
		all-on-sqlite all-on-postgresql browser browser-on-postgresql

deploy-check: python ## As root: what docs/ promise of operation (systemd, update, failover, recovery, containers)
	@$(PYTHON) -E -m tests.run system deploy-tools environment deploy-check

bench: python ## Measure against the limits; ONLY="nginx posting" runs some, ROUNDS=5 more often
	@$(PYTHON) -E -m tests.run system bench-tools environment
	@.venv/bin/python -m bench $(ONLY) $(if $(ROUNDS),--rounds $(ROUNDS))

lint: python ## Only the checks that read the code: ruff, djade, mypy
	@$(PYTHON) -E -m tests.run environment lint

messages: python ## Gather the interface's strings into the Korean catalogue, and compile it
	@$(PYTHON) -E -m tests.run environment messages

pictures: python ## Draw the pictures of docs/editor-guide.md anew
	@$(PYTHON) -E -m tests.run system environment pictures

assets: ## Build the editor's script from static-src (needs npm; nothing else does)
	@npm --prefix static-src ci --ignore-scripts --no-audit --no-fund
	@npm --prefix static-src run build

audit: python ## Look the installed packages up in the public vulnerability database
	@$(PYTHON) -E -m tests.run environment audit

lock: python ## Write the lock files from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	@$(PYTHON) -E -m tests.run environment
	@.venv/bin/python -m uv pip compile pyproject.toml $(LOCK_OPTIONS) --output-file requirements.txt
	@.venv/bin/python -m uv pip compile pyproject.toml $(LOCK_OPTIONS) --extra s3 \
		--constraints requirements.txt --output-file requirements-s3.txt
	@.venv/bin/python -m uv pip compile pyproject.toml $(LOCK_OPTIONS) --extra s3 --group dev \
		--constraints requirements-s3.txt --output-file requirements-dev.txt

LOCK_OPTIONS = --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(UPGRADE)

clean: ## Remove .venv, caches and collected static files; the data in var/ stays
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache var/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed .venv, caches and var/static. Database, media and keys in var/ stay; remove them by hand."
