# Parley: `make run` serves the chat, `make test` runs the tests. Needs Python 3.11 or newer with venv and pip, nothing else.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# The tests start hundreds of processes, each of which would compile anew what the first one can leave to them.
unexport PYTHONDONTWRITEBYTECODE
# Where our packages are, for Python.
export PYTHONPATH := src:.

python := .venv/bin/python
# What make test leaves to make test-faults.
rest := faults or slow or exhaustive or hypothesis
# Two of these processes wait for products more than they compute; a third one uses what they leave of two cores.
TEST_PROCESSES ?= 3
xdist = -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
# All of them are run, two at a time; the longest comes first, and each shows what it has to say as a whole.
checks := check-types check-migrations check-imports check-scripts check-templates check-lint check-format
side_by_side = $(MAKE) --jobs 2 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync)
.PHONY: help run dev quick test test-faults test-scripts check check-deploy $(checks) messages dist bench screenshots clean

help:
	@echo "make run          serve the chat on http://127.0.0.1:8000 (PORT=… for another port)"
	@echo "make dev          the same, reloading when the source changes"
	@echo "make quick        the lint of what changed, and the tests that take half a minute"
	@echo "make test         run every check, and every test but those of faults, slow and exhaustive ones"
	@echo "make test-faults  the rest: what kills, freezes and cuts off real processes, what is slow or exhaustive"
	@echo "make check        lint, formatting, types, import rules and migrations only, of Python, JavaScript, CSS and templates"
	@echo "make check-deploy judge deploy/ and the image's recipe, run their commands, build and run the image (root, buildah)"
	@echo "make messages     take new texts into the translations (needs gettext)"
	@echo "make dist         build the wheel and the source archive in dist/, and try them in an empty environment"
	@echo "make bench        measure the product against a bare relay"
	@echo "make screenshots  take the pictures of the documentation again"
	@echo "make clean        remove what was installed and built (the data in var/ stays)"

run:
	@bin/install requirements.txt
	@bin/front-end
	@exec bin/parley run

dev:
	@bin/install requirements.txt
	@bin/front-end
	@exec bin/parley run --dev

quick:
	@bin/install requirements-dev.txt
	@bin/front-end
	@exec $(python) -m tests.quick $(PYTEST_ARGS)

test:
	@bin/install requirements-dev.txt
	@bin/front-end
	@$(side_by_side) $(checks) test-scripts
	@CHROMIUM="$$(bin/chromium)" && export CHROMIUM && exec $(python) -m pytest $(xdist) -m "not ($(rest))" --durations=20 $(PYTEST_ARGS)

test-faults:
	@bin/install requirements-deploy.txt
	@bin/front-end
	@CHROMIUM="$$(bin/chromium)" && export CHROMIUM && \
	run() { $(python) -m pytest --durations=20 "$$@" $(PYTEST_ARGS) || [ $$? = 5 ]; }; \
	run -n 2 --dist loadfile --no-loadscope-reorder -m "($(rest)) and not alone"; failed=$$?; \
	run -m "($(rest)) and alone" && exit $$failed

check:
	@bin/install requirements-dev.txt
	@bin/front-end
	@$(side_by_side) $(checks)

check-deploy:
	@bin/install requirements-deploy.txt
	@bin/front-end
	@exec $(python) -m pytest tests/deploy $(PYTEST_ARGS)

check-types:
	$(python) -m mypy

check-migrations:
	$(python) manage.py makemigrations --check --dry-run

check-imports:
	.venv/bin/lint-imports

check-scripts:
	bin/npm run --silent check </dev/null

check-templates:
	find src tests -name '*.html' -exec .venv/bin/djade --target-version 5.2 --check {} +

check-lint:
	$(python) -m ruff check .

check-format:
	$(python) -m ruff format --check .

test-scripts:
	@bin/npm test --silent </dev/null

messages:
	@bin/install requirements-dev.txt
	@for folder in src/parley src/parley_server; do \
		(cd $$folder && admin="$(CURDIR)/.venv/bin/django-admin" && \
		$$admin makemessages -v0 --all --no-location --no-wrap --ignore static && $$admin compilemessages -v0) || exit; \
	done

dist:
	@bin/install requirements-dev.txt
	@bin/front-end
	@rm -rf dist
	@$(python) -m hatchling build --directory dist
	@DIST=dist exec $(python) -m pytest tests/server/test_dist.py $(PYTEST_ARGS)

bench:
	@bin/install requirements-dev.txt
	@bin/front-end
	@exec $(python) -m benchmarks $(BENCH_ARGS)

screenshots:
	@bin/install requirements-dev.txt
	@bin/front-end
	@CHROMIUM="$$(bin/chromium)" && export CHROMIUM && exec $(python) -m tests.screenshots

clean:
	rm -rf .venv node_modules src/parley/static/parley dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
