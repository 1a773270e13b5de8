# Each target is one line of shell; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help serve test check format pages commands bench explorer constraints clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

serve: ## a server on an embedded MongoDB, at http://127.0.0.1:8000
	@tools/serve

test: ## every check and every test
	@tools/test

check: ## every check that takes no database: lint, layout, types, imports, the house
	@tools/prepare dev && . .venv/bin/activate && ruff check . && ruff format --check . && mypy && lint-imports && pytest -q tests/test_house.py

format: ## lay the code out
	@tools/prepare dev && .venv/bin/ruff format . && .venv/bin/ruff check --fix .

pages: ## schema.graphql, the tables in docs/, and the explorer's examples, from the code
	@tools/prepare && .venv/bin/python tools/pages.py && .venv/bin/python tools/graphiql/examples.py

commands: ## docs/commands.md: what each operation asks of the database
	@tools/prepare dev && .venv/bin/python tools/commands.py

bench: ## how fast it is, beside others, in about a quarter of an hour
	@tools/prepare dev && .venv/bin/python -m benchmarks

explorer: ## the explorer's built files, from tools/graphiql (needs Node)
	@cd tools/graphiql && npm ci && npm run build

constraints: ## tools/constraints.txt, from what .venv holds now
	@tools/prepare dev && { sed -n '/^#/p' tools/constraints.txt && .venv/bin/pip freeze --exclude-editable; } > .venv/constraints && mv .venv/constraints tools/constraints.txt

clean: ## remove what was made here; data stay
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
