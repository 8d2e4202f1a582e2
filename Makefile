# Talent Harbour. `make help` says what there is.
PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test quick drill check bench lock messages dev

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-15s %s\n' "$$name" "$$what"; done

run: ## the portal with an invented city on http://127.0.0.1:8000 (PORT=8001 for another port); Ctrl-C ends it
	@exec $(PYTHON) deploy/run.py

test: dev check ## the checks, then every test on SQLite and on PostgreSQL, with a real worker and a real browser
	@$(VENV)/python -m deploy.suite all

quick: dev ## the tests that need no browser, worker or PostgreSQL
	@$(VENV)/python -m deploy.suite quick

drill: dev ## what becomes of the portal when its parts fail: worker, scheduler, broker, cache, mail, text messages, database
	@$(VENV)/python -m deploy.suite drill

check: dev ## style, types, which part may import which, and migrations on both databases
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/python -m deploy.suite migrations

bench: dev ## how fast the policy engine is beside clauses written by hand, a simulation beside a plain loop, steps with and without the audit, a roll beside its writers, submitting beside a bare form, and cards, verification, booking and the draw beside theirs (ratios)
	@DEMO=1 $(VENV)/python -m benchmarks.policy
	@DEMO=1 $(VENV)/python -m benchmarks.simulation
	@DEMO=1 $(VENV)/python -m benchmarks.audit
	@DEMO=1 $(VENV)/python -m benchmarks.rolls
	@DEMO=1 $(VENV)/python -m benchmarks.submit
	@DEMO=1 $(VENV)/python -m benchmarks.cards
	@DEMO=1 $(VENV)/python -m benchmarks.verification
	@DEMO=1 $(VENV)/python -m benchmarks.booking
	@DEMO=1 $(VENV)/python -m benchmarks.draw

lock: ## (maintainers, needs uv) requirements*.in to requirements*.txt
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt

messages: dev ## (maintainers, needs gettext) gather the Chinese sentences into locale/en
	@command -v xgettext >/dev/null || { echo "make messages needs gettext (Debian and Ubuntu: apt-get install gettext)."; exit 1; }
	DEMO=1 $(VENV)/python manage.py makemessages --locale en --no-obsolete --add-location file --extension html,txt,py --ignore '.venv/*' --ignore 'var/*' --ignore 'tests/*' --ignore 'deploy/*' --ignore 'benchmarks/*'

dev:
	@$(PYTHON) deploy/bootstrap.py requirements-dev.txt
