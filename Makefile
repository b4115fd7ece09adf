# Everything here sets itself up; python3, python3-venv and make are all that it needs.
#   make verify        explore the protocols, replay them on the real machine, print the evidence
#   make test          the tests          make test-system   those that need Debian packages
#   make full          every check, the widest bounds included; run again, it goes on where it was
#   make lint | types | contracts | drift | coverage
#   make setup         the environment alone, in .venv     make clean   removes it
#   make lock          pins requirements.in anew
# PYTHON=… picks the interpreter.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Two processes take the tests, file by file, since tests of one file share what they have computed; in the order of the
# files, since those with the fewest tests, which would come last, are not the shortest.
SPREAD := -n 2 --dist loadfile --no-loadscope-reorder

# Nothing of the caller's own Python set-up reaches the environment.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONSAFEPATH VIRTUAL_ENV MYPYPATH
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIREMENT PIP_REQUIRE_HASHES

.PHONY: verify test test-system full lint types contracts drift coverage setup lock clean FORCE

verify: setup
	$(BIN)/lockedroom verify

test: setup
	$(BIN)/python -m pytest -q $(SPREAD) tests --ignore=tests/system

test-system: setup
	$(BIN)/python -m pytest -q $(SPREAD) tests/system

full: setup
	$(BIN)/python -m tests.full

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# The second line compares our stubs with what they describe.
types: setup
	$(BIN)/python -m mypy
	MYPYPATH=typings $(BIN)/python -m mypy.stubtest --ignore-missing-stub posix_ipc z3

contracts: setup
	$(BIN)/lint-imports

# What is generated from the code is committed too: the chapters' tables, the schemas, the corpus.
drift: setup
	$(BIN)/python -m lockedroom.spec.generate --check
	$(BIN)/python -m lockedroom.conformance.generate --check
	$(BIN)/python -m lockedroom.cli.chapter --check

coverage: setup
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q tests --ignore=tests/system
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

# A new lock, another interpreter or another place rebuild the environment; a change of
# pyproject.toml only installs the project again.
setup: $(VENV)/.installed

$(VENV)/.locked: requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "lockedroom needs Python 3.11 or newer: set PYTHON=")'
	rm -rf $(VENV)
	"$(PYTHON)" -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements.lock
	@printf '%s' "$(PYTHON)" > $(VENV)/.made-by
	@printf '%s' "$(CURDIR)" > $(VENV)/.made-in
	@touch $@

ifneq ($(file <$(VENV)/.made-in),$(CURDIR))
$(VENV)/.locked: FORCE
endif
ifneq ($(origin PYTHON),file)
ifneq ($(file <$(VENV)/.made-by),$(PYTHON))
$(VENV)/.locked: FORCE
endif
endif

$(VENV)/.installed: $(VENV)/.locked pyproject.toml Makefile package
	PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "$$LINK_FOLDERS"
	@touch $@

# The folders become the subpackages of `lockedroom` through links, for every tool alike.
define LINK_FOLDERS
import os, pathlib, sysconfig, tomllib
folders = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
links = pathlib.Path("$(VENV)/links/lockedroom")
links.mkdir(parents=True, exist_ok=True)
wanted = {name.partition(".")[2]: pathlib.Path(folder) for name, folder in folders.items()}
face = wanted.pop("")
wanted |= {file.name: file for file in face.iterdir() if file.is_file()}
for name, target in wanted.items():
    if not (links / name).is_symlink():
        (links / name).symlink_to(os.path.relpath(target, links))
for link in links.iterdir():
    if link.is_symlink() and link.name not in wanted:
        link.unlink()
path = pathlib.Path(sysconfig.get_path("purelib"), "lockedroom-links.pth")
path.write_text(f"{links.parent.resolve()}\n")
endef
export LINK_FOLDERS

# uv writes the lock, from an environment of its own.
lock:
	rm -rf build/uv
	"$(PYTHON)" -m venv build/uv
	build/uv/bin/python -m pip --disable-pip-version-check install --quiet --only-binary :all: uv
	build/uv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
