"""The built-in implementation with one mistake, as an adapter: `python -m lockedroom.conformance.broken ID` (see
`mistakes`). The mistake is put into the source as it is imported; no file is changed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from lockedroom.conformance.mistakes import CONTROL, Mistake, Substitution
from lockedroom.conformance.mistakes_store import BY_ID, mutants, of_the_engine

_PACKAGE: Final = "lockedroom."


class NotApplicable(ValueError):
    """A substitution that does not match its module exactly once: it has to be written anew."""


def substituted(source: str, substitutions: Sequence[Substitution], module: str) -> str:
    """A module's source with those of the substitutions that are its own. Raises NotApplicable."""
    for where, old, new in substitutions:
        if _PACKAGE + where == module:
            if source.count(old) != 1:
                raise NotApplicable(f"{old!r} stands {source.count(old)} times in {module}, not once")
            source = source.replace(old, new)
    return source


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, substitutions: Sequence[Substitution]) -> None:
        super().__init__(name, path)
        self._substitutions = substitutions

    def get_code(self, fullname: str) -> CodeType:
        """Compiled anew: what is cached has no mistake."""
        source = self.get_data(self.path).decode("utf-8")
        code = compile(substituted(source, self._substitutions, fullname), self.path, "exec")
        assert isinstance(code, CodeType), "a module is compiled"
        return code


class _Finder(MetaPathFinder):
    def __init__(self, substitutions: Sequence[Substitution]) -> None:
        self._substitutions = substitutions
        self._modules = {_PACKAGE + module for module, _, _ in substitutions}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module with its mistake, if it is one of those that have one."""
        if name not in self._modules:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = _Loader(found.loader.name, found.loader.path, self._substitutions)
        return found


def source_of(module: str) -> str:
    """The source of a module, which is not imported. Raises NotApplicable for one that has none."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise NotApplicable(f"no module {module}")
    return Path(found.origin).read_text(encoding="utf-8")


def mistakes() -> Mapping[str, Mistake]:
    """Every mistake by its id: the adapter's and the backend's, then the engine's."""
    return {**BY_ID, **{one.id: one for one in of_the_engine()}}


def main(arguments: Sequence[str]) -> int:
    """Serve, with that mistake. Exit code 2 for one that there is not."""
    chosen = {**BY_ID, CONTROL.id: CONTROL}.get(arguments[0]) if len(arguments) == 1 else None
    if chosen is None and len(arguments) == 1:
        chosen = {one.id: one for one in mutants()}.get(arguments[0])
    if chosen is None:
        print("say which mistake: an id of `lockedroom conform segment --adequacy --list`", file=sys.stderr)
        return 2
    sys.meta_path.insert(0, _Finder(chosen.substitutions))
    # What was imported so far has no mistake.
    for name in [name for name in sys.modules if name == "lockedroom" or name.startswith(_PACKAGE)]:
        del sys.modules[name]
    return int(import_module(f"{_PACKAGE}conformance.adapter").main([]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
