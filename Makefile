# Tandem. `make run` starts the product, `make test` passes its tests; both set up what they need first.
PYTHON ?= python3
PY = .venv/bin/python
export PORT ?= 8000

.PHONY: run setup dev test check soak bench words lock clean

run: setup ## set up, migrate, load the demo company once, start web and worker (PORT, DATABASE_URL, DEMO=0)
	@$(PY) manage.py prepare
	@exec $(PY) manage.py serve

setup:
	@$(PYTHON) scripts/setup.py

dev:
	@$(PYTHON) scripts/setup.py --dev

test: dev ## every test, on SQLite and on PostgreSQL with Redis where their binaries are found
	@$(PY) -m scripts.test

check: dev ## lint, format, types, import contracts, migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy config crm sales marketing journeys
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

soak: dev ## long kill and load tests
	@$(PY) -m scripts.test --soak

bench: dev ## what we measure, each against a floor in the same run: a JSON line a bar
	@$(PY) -m benchmarks.run

words: dev ## look for the words of public pages and mails again, and put them into locale/
	@$(PY) manage.py words

lock: ## write the lock files anew; needs uv
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/base.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -c requirements/base.txt pyproject.toml -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/node.in -o requirements/node.txt

clean: ## forget everything but the code: environment, assets, database
	rm -rf .venv node_modules frontend/dist var
