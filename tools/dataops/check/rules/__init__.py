"""The rules that come with the tool, by what they are about."""

from importlib import import_module

from dataops.check.rule import collected

_ABOUT = ("layers", "relations", "tested", "documented", "named", "governed", "sources")


def _load() -> None:
    for name in _ABOUT:
        import_module(f"{__name__}.{name}")


BUILT_IN = collected(_load)
