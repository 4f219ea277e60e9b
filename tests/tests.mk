# SPDX-License-Identifier: GPL-3.0-or-later
#
# Chores that prove things. `check` needs no root and takes a minute or two; `test` is what is run before
# every submission: forty minutes are the aim on two cores, slow ones take more than an hour; `campaign` is all of it at
# full count.

PYTEST        := $(PYTHON) -m pytest -q -p no:cacheprovider
HOST_PACKAGES := $(shell sed '/^\#/d;/^$$/d' tests/host-packages)
C_FILES        = $(shell git ls-files 'agent/*.c' 'agent/*.h' 'tests/*.c')
SHELL_FILES    = $(shell git ls-files ':!tests/fuzz/seeds' | xargs grep -lE '^\#!/bin/(ba)?sh' --)
TIDY_FLAGS     = -std=gnu17 -Wno-unknown-warning-option $(CPPFLAGS) $(PKG_CFLAGS)

.PHONY: deps
deps: ## install what building and testing need (Debian, as root)
	@missing=$$(for p in $(HOST_PACKAGES); do dpkg-query -Wf '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" -ne 0 ]; then echo "missing packages; run: sudo make deps" >&2; exit 1; fi; \
	  apt-get -o DPkg::Lock::Timeout=600 update -q && \
	  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends $$missing; \
	fi

.PHONY: lint lint-rules lint-format lint-shell lint-cppcheck lint-tidy lint-headers
lint: lint-rules lint-format lint-shell lint-headers lint-cppcheck lint-tidy ## house rules, clang-format, shellcheck, cppcheck, clang-tidy

lint-rules:
	@$(PYTHON) tests/lint/house_rules.py

lint-format:
	@clang-format --dry-run --Werror $(C_FILES) && echo "format: kept"

lint-shell:
	@shellcheck -x $(SHELL_FILES) && echo "shellcheck: clean"

lint-headers:
	@for h in $$(git ls-files 'agent/*.h'); do \
	  echo "#include \"$${h#agent/}\"" | $(CC) $(CPPFLAGS) -std=gnu17 $(PKG_CFLAGS) -Wall -Werror -x c -fsyntax-only - || { echo "$$h does not stand alone"; exit 1; }; \
	done; echo "headers: each stands alone"

lint-cppcheck:
	@cppcheck --quiet -j2 --std=c11 --enable=warning,performance,portability --inline-suppr \
	  --suppressions-list=tests/lint/cppcheck-suppressions --error-exitcode=1 -Iagent -D_GNU_SOURCE -D__GNUC__ agent && echo "cppcheck: clean"

TIDY_STAMPS = $(patsubst agent/%.c,build/tidy/%.ok,$(SOURCES))
build/tidy/%.ok: agent/%.c .clang-tidy
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	$(Q)clang-tidy --quiet $< -- $(TIDY_FLAGS) 2>$@.log || { cat $@.log; false; }
	@touch $@

lint-tidy: $(TIDY_STAMPS)
	@echo "clang-tidy: clean"

# --- tests ---------------------------------------------------------------------------------------------------------

.PHONY: asan
asan: ## unit tests under ASan and UBSan
	$(MAKE) --no-print-directory VARIANT=asan unit

.PHONY: fuzz fuzz-programs
FUZZ_SECONDS ?= 5
fuzz-programs: $(FUZZERS)
fuzz: ## every fuzz target for FUZZ_SECONDS (5), starting from its seeds
	$(MAKE) --no-print-directory VARIANT=fuzz fuzz-programs
	@tests/run-fuzz build/fuzz/tests $(FUZZ_SECONDS)

.PHONY: integration
integration: all ## tests of whole programs on this machine
	$(MAKE) --no-print-directory VARIANT=faults all tools
	$(PYTEST) tests/integration

.PHONY: check
check: ## fast, no root: build with gcc and clang, unit tests, the quick lints
	$(MAKE) --no-print-directory all unit lint-rules lint-format lint-shell
	$(MAKE) --no-print-directory VARIANT=clang all unit-tests

.PHONY: vm
vm: deb tools ## scenarios on the test laptop (as root)
	$(PYTEST) tests/vm/scenarios

.PHONY: matrix
matrix: deb ## every row of the storage matrix on the test laptop (as root; a quarter of an hour)
	OUTING_CAMPAIGN=1 $(PYTEST) tests/vm/scenarios/test_matrix.py

.PHONY: test test-all
test: deps ## everything (as root): what the project is judged by
	@$(MAKE) --no-print-directory test-all

test-all:
	@tests/run-all

.PHONY: campaign
campaign: deps ## fault injection, power cuts and fuzzing at full count (hours)
	OUTING_CAMPAIGN=1 FUZZ_SECONDS=900 tests/run-all

.PHONY: bench
bench: ## measure offload, clear, gate and names as ratios to what others take (as root)
	$(MAKE) --no-print-directory all
	$(MAKE) --no-print-directory VARIANT=faults all tools
	@missed=0; for b in tests/bench/bench_*.py; do echo "== $$b"; $(PYTHON) $$b || missed=1; done; exit $$missed

.PHONY: corpus
corpus: ## how often real documents are refused and planted ones missed (fetches Debian packages)
	$(MAKE) --no-print-directory all tools
	$(PYTHON) tests/corpus/measure_inspect.py --write tests/corpus/inspect.md

.PHONY: measure-names
measure-names: ## how often the search for names is wrong, both ways; writes tests/corpus/names.md
	$(MAKE) --no-print-directory tools
	$(PYTHON) tests/corpus/measure_names.py --write tests/corpus/names.md

.PHONY: coverage
coverage: ## line coverage of unit and integration tests
	$(MAKE) --no-print-directory VARIANT=coverage all tools unit
	OUTING_VARIANT=coverage $(PYTEST) tests/integration || true
	@gcovr --root . --filter agent/ --object-directory build/coverage --print-summary --html-details build/coverage/report.html \
	  | tail -n 6

.PHONY: demo
demo: deps ## the main job, narrated, on a disposable test laptop (as root)
	@$(MAKE) --no-print-directory deb
	@$(PYTHON) tests/vm/demo.py
