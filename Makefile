# Everything here sets itself up. It needs python3, python3-venv and make; `make lock` needs a network.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Nothing of the caller's own Python set-up reaches the virtual environment.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIREMENT PIP_REQUIRE_HASHES

.PHONY: setup verify test test-system full lint types contracts coverage lock clean
.DELETE_ON_ERROR:

verify: setup
	$(BIN)/lockedroom verify segment

test: setup
	$(BIN)/python -m pytest -q tests --ignore=tests/system

test-system: setup
	$(BIN)/python -m pytest -q tests/system

full: lint types contracts test test-system verify
	$(BIN)/python -m pytest -q -m full tests

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/python -m mypy

contracts: setup
	$(BIN)/lint-imports

coverage: setup
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q tests --ignore=tests/system
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

# The environment is rebuilt when the lock changes; a change of pyproject.toml only installs the
# project again. The links make the folders the subpackages of `lockedroom` for every tool alike.
setup: $(VENV)/.installed

$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "lockedroom needs Python 3.11 or newer: set PYTHON=")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements.lock
	touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "$$LINK_FOLDERS"
	touch $@

define LINK_FOLDERS
import os, pathlib, sysconfig, tomllib
folders = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
links = pathlib.Path("$(VENV)/links/lockedroom")
links.mkdir(parents=True, exist_ok=True)
wanted = {name.partition(".")[2]: pathlib.Path(folder) for name, folder in folders.items()}
face = wanted.pop("")
wanted |= {file.name: file for file in face.iterdir() if file.is_file()}
for name, target in wanted.items():
    link = links / name
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(target, links))
for link in links.iterdir():
    if link.name not in wanted:
        link.unlink()
path = pathlib.Path(sysconfig.get_path("purelib"), "lockedroom-links.pth")
path.write_text(f"{links.parent.resolve()}\n")
endef
export LINK_FOLDERS

# uv writes the lock, in an environment of its own.
lock:
	rm -rf build/uv && $(PYTHON) -m venv build/uv
	build/uv/bin/python -m pip --disable-pip-version-check install --quiet --only-binary :all: uv
	build/uv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
