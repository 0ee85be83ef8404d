# Each target prepares the machine (nothing to do the second time), then runs a script of bin/.
#   make demo [PORT=8001] [RESET=1]     the trial: address and accounts on screen, Ctrl-C stops it
#   make test [ARGS="tests/actions -x"] the tests; ARGS are pytest's
#   make check                          style, types, layers, templates, migrations
#   make bench [ARGS=…]                 the benchmarks
#   make lock                           compute the locks again after a change of requirements/*.in
#   make clean                          remove what was installed; the trial's data stay in var/
SYSTEM_PYTHON ?= python3
PYTHON = .venv/bin/python
export PORT RESET

.PHONY: demo test check bench lock clean

demo:
	@$(SYSTEM_PYTHON) bin/setup.py demo
	@$(PYTHON) bin/demo.py

test:
	@$(SYSTEM_PYTHON) bin/setup.py test
	@$(PYTHON) bin/test.py $(ARGS)

check:
	@$(SYSTEM_PYTHON) bin/setup.py check
	@$(PYTHON) bin/check.py

bench:
	@$(SYSTEM_PYTHON) bin/setup.py bench
	@$(PYTHON) bin/test.py --bench $(ARGS)

lock:
	@$(SYSTEM_PYTHON) bin/setup.py check
	@for name in base trial dev node uv; do \
		.venv/bin/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
			--no-emit-index-url requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm install --package-lock-only

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
