"""The base and the head of a plan as far as a part of the project shows them, told by a release's index."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, ItemsView, Iterator, Mapping, ValuesView
from dataclasses import replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from dataops.project import fingerprint, graph
from dataops.project.baseline import Baseline
from dataops.project.compiled import CompiledSql
from dataops.project.fingerprint import Fingerprints
from dataops.project.graph import Graph
from dataops.project.index import SINGLE, Index, Row
from dataops.project.outcome import RUNNABLE
from dataops.project.part import Part
from dataops.project.seeds import Contents
from dataops.project.slices import Place
from dataops.project.surroundings import Surroundings


def before(part: Part, around: Surroundings, release: str) -> Baseline:
    """The release, as far as a part of it was cut out."""
    rows = part.rows
    inputs = {uid: row.inputs for uid, row in rows.items() if row.inputs is not None}
    renumbered = {number: at for at, number in enumerate(dict.fromkeys(each.config for each in inputs.values()))}
    configs = part.index.configs(renumbered)
    prints = Fingerprints(
        part.index.fact("target"),
        around,
        part.index.fact("macros"),
        [configs[number] for number in renumbered],
        {uid: each._replace(config=renumbered[each.config]) for uid, each in inputs.items()},
    )
    compiled = CompiledSql(
        {uid: row.sql for uid, row in rows.items() if row.sql is not None},
        {uid: row.rendered for uid, row in rows.items() if row.rendered is not None},
        {uid: row.columns for uid, row in rows.items() if row.columns is not None},
        {uid: row.types for uid, row in rows.items() if row.types is not None},
    )
    return Baseline("release", release, _Places(part.index), prints, lambda: compiled, manifest=part.before)


def after(part: Part, base: Fingerprints, manifest: Any, contents: Contents) -> Fingerprints:
    """The same nodes as they are now: taken anew of what dbt has parsed again, and of the others what the base says."""
    anew = part.anew(manifest)
    groups = {name: getattr(manifest, name, {}) for name in SINGLE}
    fresh = {name: {uid: node for uid, node in each.items() if uid in anew} for name, each in groups.items()}
    here = SimpleNamespace(macros=manifest.macros, **fresh)
    taken = fingerprint.take(here, base.target, base.surroundings, contents)
    contents.remember()
    there = {uid for each in groups.values() for uid in each}
    kept = {uid: each for uid, each in base.nodes.items() if uid in there and uid not in anew}
    shifted = {uid: each._replace(config=each.config + len(taken.configs)) for uid, each in kept.items()}
    return replace(taken, configs=[*taken.configs, *base.configs], nodes={**taken.nodes, **shifted})


def shape(part: Part, manifest: Any) -> Graph:
    """The graph of the whole project as it is now: the part's own, in place of that of the release."""
    index, own = part.index, graph.read(manifest)
    there = part.rows.keys()

    def outside(name: str) -> frozenset[str]:
        return frozenset(filter(None, index.text(name).split("\n"))) - there

    runnable = frozenset(uid for uid in own.parents if uid.split(".", 1)[0] in RUNNABLE)
    return Graph(
        _Children(index, there, own.children),
        _Parents(index, there, own.parents),
        outside("runnable") | runnable,
        outside("ephemeral") | own.ephemeral,
        outside("exposures") | own.exposures,
        outside("empty") | own.empty,
    )


class _Places(Mapping[str, Place]):
    """Where all of production's relations are, read when they are asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @cached_property
    def _all(self) -> dict[str, Place]:
        return {uid: Place(**place) for uid, place in self._index.places().items()}

    def __getitem__(self, uid: str) -> Place:
        row = self._index.rows([uid]).get(uid)
        if row is None or row.place is None:
            raise KeyError(uid)
        return Place(**row.place)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def items(self) -> ItemsView[str, Place]:
        """All of them."""
        return self._all.items()

    def values(self) -> ValuesView[Place]:
        """All of them."""
        return self._all.values()


class _Of(Mapping[str, tuple[str, ...]]):
    """Edges by node: those of the part as it is now, of all others as they are in the index."""

    def __init__(self, index: Index, part: Collection[str], own: Mapping[str, tuple[str, ...]]) -> None:
        self._index = index
        self._part = part
        self._own = own

    def __getitem__(self, uid: str) -> tuple[str, ...]:
        found = self._edges(uid)
        if found is None:
            raise KeyError(uid)
        return found

    def __iter__(self) -> Iterator[str]:
        return (uid for uid in {**dict.fromkeys(self._index.all()), **self._own} if self._edges(uid) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @abstractmethod
    def _edges(self, uid: str) -> tuple[str, ...] | None:
        """Those of one node; None where it has no entry."""

    def _stored(self, uid: str) -> Row | None:
        return self._index.rows([uid]).get(uid)


class _Parents(_Of):
    def _edges(self, uid: str) -> tuple[str, ...] | None:
        if uid in self._part or uid in self._own:
            return self._own.get(uid)
        row = self._stored(uid)
        return row.parents if row is not None else None


class _Children(_Of):
    def _edges(self, uid: str) -> tuple[str, ...] | None:
        row = self._stored(uid)
        outside = [each for each in (row.children if row is not None else ()) if each not in self._part]
        found = sorted([*outside, *self._own.get(uid, ())])
        return tuple(found) or None
