# The words people type. Meson does the work; `make help` lists them.
# SPDX-License-Identifier: MIT

PORT ?= 8888
ARGS ?=
SECONDS ?= 60
PREFIX ?= /usr/local
# Debian's own, which sees its packages (python3-tornado), whatever else is on the PATH.
PYTHON = $(firstword $(wildcard /usr/bin/python3) python3)
RELEASE = --buildtype=debugoptimized -Db_lto=true -Dprefix=$(PREFIX)

# The checks choose their own compilers and options for each build.
.PHONY: all help demo build examples check check-quick check-release check-asan check-tsan \
        check-valgrind check-ucontext check-clang check-aarch64 fuzz soak bench lint format \
        headers layers symbols docs check-docs banned deb install clean

all: build

help:
	@echo 'make demo          build and run all demos, linked by http://localhost:8888 (PORT=9000)'
	@echo 'make check         every test and check; ends with "N passed, N failed"'
	@echo 'make check-quick   the tests under sanitizers only (what to run while working)'
	@echo 'make check-X       one part: asan, release, clang, ucontext, tsan, valgrind, aarch64'
	@echo 'make fuzz          each fuzz target for SECONDS=60'
	@echo 'make soak          the tests under sanitizers again and again for SECONDS=60'
	@echo 'make bench         the benchmark; writes bench/RESULTS.md'
	@echo 'make examples      build the example programs into build/examples'
	@echo 'make lint          formatting (clang-format), cppcheck and the banned words'
	@echo 'make format        let clang-format write'
	@echo 'make headers       each public header compiles alone, as C and as C++'
	@echo 'make layers        the layers and the module graph, with a level for each module'
	@echo 'make symbols       only gale_ symbols leave the libraries'
	@echo 'make docs          the documentation as a site in build/site; build/examples/site serves it'
	@echo 'make check-docs    the programs in README.md and docs/ compile and run, links lead somewhere'
	@echo 'make deb           Debian packages in build/deb, of the last commit'
	@echo 'make install       PREFIX=/usr/local, DESTDIR= as usual'
	@echo 'make clean         remove build/'

# build/ is the release build; the checks have theirs below it, build/debug-asan and so on.
build/build.ninja:
	@scripts/deps build
	@mkdir -p build
	@meson setup build $(RELEASE) >build/setup.log 2>&1 || { cat build/setup.log; exit 1; }
	@ln -sf build/compile_commands.json compile_commands.json

build: build/build.ninja
	@ninja -C build

examples: build

# The front page and the demos it starts, until interrupted. ARGS goes to the program: make demo
# ARGS=--logging=debug
demo: build/build.ninja
	@ninja -C build demo
	@exec build/examples/demo --port=$(PORT) $(ARGS)

check:
	@scripts/deps check
	@scripts/deps-npm
	@$(PYTHON) tools/check.py

check-quick:
	@scripts/deps check
	@scripts/deps-npm
	@$(PYTHON) tools/check.py asan

check-release check-asan check-tsan check-valgrind check-ucontext check-clang check-aarch64:
	@scripts/deps check
	@scripts/deps-npm
	@$(PYTHON) tools/check.py $(@:check-%=%)

fuzz:
	@scripts/deps check
	@$(PYTHON) tools/fuzz.py --seconds=$(SECONDS) $(TARGETS)

soak:
	@scripts/deps check
	@scripts/deps-npm
	@$(PYTHON) tools/check.py --soak=$(SECONDS) asan

bench:
	@scripts/deps build bench
	@$(PYTHON) bench/run.py $(ARGS)

lint:
	@scripts/deps check
	@$(PYTHON) tools/lint.py

format:
	@scripts/deps check
	@$(PYTHON) tools/lint.py --write

headers layers banned: build/build.ninja
	@$(PYTHON) tools/$@.py

symbols: build
	@$(PYTHON) tools/symbols.py build

docs: build/build.ninja
	@scripts/deps docs
	@ninja -C build manuals examples/site
	@$(PYTHON) tools/docsite.py build build/site
	@echo 'build/site/index.html; build/examples/site serves it on http://localhost:8888'

check-docs: build
	@$(PYTHON) tools/programs.py docs build
	@$(PYTHON) tools/guide.py
	@$(PYTHON) tools/reference.py

deb:
	@scripts/deps deb
	@scripts/deb

install: build/build.ninja
	@meson configure build -Dprefix=$(PREFIX)
	@ninja -C build
	@meson install -C build --no-rebuild

clean:
	rm -rf build compile_commands.json
