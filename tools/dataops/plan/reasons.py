"""Why a node counts as changed: its inputs compared with the base's, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from dataops.plan import seeds
from dataops.project.configuration import differing, keeps_rows
from dataops.project.dependencies import Dependencies, Reach, is_dbt_own
from dataops.project.fingerprint import LATEST, Fingerprints, Inputs
from dataops.project.inventory import INERT_CONFIG
from dataops.project.jinja import ANY_ENV, ANY_VAR, OWN_CONFIG, TARGET, UNREADABLE, VOLATILE, reads
from dataops.project.surroundings import UNKNOWN
from dataops.sql.difference import Difference

COMPILE, DATA, STORED, INERT = "compile", "data", "stored", "inert"
"""What follows from a reason. COMPILE: the compiled SQL tells. DATA: anything can differ. STORED: the relation has to
be made anew, with what it held. INERT: nothing that is built."""


@dataclass(frozen=True)
class Reason:
    """One input that differs: which kind, which one in words, and what follows.

    `output`: how the node's output differs, where the input itself tells.
    """

    kind: str
    detail: str
    effect: str
    output: Difference | None = None


_RUNS = ("model", "seed", "snapshot", "test", "analysis", "operation", "function")
_BUILT = ("model", "snapshot", "seed", "test", "unit_test", "function")
_MEANT = ("unit_test", "exposure", "metric", "semantic_model", "saved_query")

_compared = attrgetter(*(name for name in Inputs._fields if name not in ("config", "relation")))
"""What tells by itself that a node is the same: `config` is an index, and `relation` may differ by the environment."""


class Comparison:
    """Two parses of a project, compared."""

    def __init__(self, before: Fingerprints, after: Fingerprints, dependencies: Dependencies) -> None:
        """Find what differs around the nodes: macros, variables, environment."""
        self.before = before
        self.after = after
        self.dependencies = dependencies
        self.macros = _differing(before.macros, after.macros)
        recorded = before.surroundings.recorded
        old, new = before.surroundings, after.surroundings
        self.variables = _differing(old.variables, new.variables) if recorded else frozenset()
        self.environment = _differing(old.environment, new.environment) if recorded else frozenset()
        self._recorded = recorded
        self._dispatched = self._candidates()
        self._same_target = before.target == after.target
        self._pairs: dict[tuple[int, int], tuple[tuple[str, str], ...]] = {}
        naming = dependencies.naming()
        # The environment is left out: where pull requests are built is often told by it, and is no change.
        self._naming = [f"macro {_name(each)}" for each in sorted(naming.macros & self.macros)]
        every = self.variables if naming.flags & ANY_VAR else naming.variables & self.variables
        self._naming += [f"var {each}" for each in sorted(every)]

    def reasons(self, strict: bool = False) -> dict[str, tuple[Reason, ...]]:
        """Every node of the project that differs from the base, with why. New nodes have the reason `new`."""
        around = bool(
            self.macros
            or self.variables
            or self.environment
            or not self._recorded
            or self._dispatched
            or self.before.unknown
        )
        found: dict[str, tuple[Reason, ...]] = {}
        for unique_id, after in self.after.nodes.items():
            before = self.before.nodes.get(unique_id)
            if before is None:
                why = self.before.missing.get(unique_id)
                found[unique_id] = (
                    Reason("inputs", f"that are not known: {why}", DATA) if why else Reason("new", "", DATA),
                )
                continue
            if not around and self._same(before, after):
                continue
            each = tuple(self._settled(unique_id, before, after, [*self._own(unique_id, before, after, around)]))
            if each:
                found[unique_id] = each
        gone = [uid for uid in self.before.nodes.keys() - self.after.nodes.keys() if "-on-run-" in uid]
        for unique_id in [*(uid for uid, each in found.items() if "-on-run-" in uid and _counts(each)), *sorted(gone)]:
            self._everything(found, Reason("hook", f"{_name(unique_id)}, which may touch anything", DATA))
        for kind, name in self._settings():
            self._everything(found, Reason(kind, name, DATA), self._requoted if kind == "quoting" else None)
        if self.before.unrecorded:
            self._everything(found, Reason("inputs", f"that are not known: {self.before.unrecorded}", DATA))
        toolchain = self.toolchain()
        if strict and toolchain:
            self._everything(found, Reason("toolchain", ", ".join(toolchain), DATA))
        if found or self.before.nodes.keys() - self.after.nodes.keys():
            self._readers_of_the_graph(found)
        return found

    def _settings(self) -> Iterator[tuple[str, str]]:
        """What differs for all nodes, as a kind of reason and a name."""
        old, new = self.before.surroundings, self.after.surroundings
        if not old.recorded:
            return
        for name in sorted(_differing(old.settings, new.settings)):
            kind, _, rest = name.partition(" ")
            yield kind, rest

    def _candidates(self) -> Mapping[str, frozenset[str]]:
        """By namespace whose order of search differs: the macros that may be called instead, or no longer."""
        old, new = self.before.surroundings.dispatch, self.after.surroundings.dispatch
        changed = [name for name in {*old, *new} if old.get(name) != new.get(name)]
        if not self._recorded:
            changed = [*new]
        every = self.before.macros.keys() | self.after.macros.keys()
        found = {}
        for name in sorted(changed):
            packages = {name, *old.get(name, ()), *new.get(name, ())}
            # Without an order of its own, the root project comes first.
            within = (uid for uid in every if name not in old or name not in new or uid.split(".")[1] in packages)
            found[name] = frozenset(uid for uid in within if "__" in uid.rsplit(".", 1)[-1])
        return found

    def toolchain(self) -> tuple[str, ...]:
        """What differs in the versions of dbt, its adapter, the engine and the packages, in words."""
        old, new = self.before.surroundings.toolchain, self.after.surroundings.toolchain
        if not old:
            return ()
        return tuple(
            f"{name} {old.get(name, 'none')} -> {new.get(name, 'none')}" for name in sorted(_differing(old, new))
        )

    def _everything(
        self,
        found: dict[str, tuple[Reason, ...]],
        reason: Reason,
        effect: Callable[[str], str] | None = None,
    ) -> None:
        for unique_id in self.after.nodes:
            if unique_id.split(".", 1)[0] in _BUILT:
                said = replace(reason, effect=effect(unique_id)) if effect else reason
                found[unique_id] = (*found.get(unique_id, ()), said)

    def _requoted(self, unique_id: str) -> str:
        """What follows for a node from other quotes around the names of relations.

        To DuckDB a name is the same with quotes and without. So the node's SQL tells, where dbt's own macros make it
        from nothing: they do no more with a name than to use it. A relation that dbt has to find again, by a name that
        is not in small letters, may count as another.
        """
        kind, inputs = unique_id.split(".", 1)[0], self.after.nodes[unique_id]
        names = f"{inputs.place}{inputs.relation}"
        foreign = any(not is_dbt_own(each) for each in self.dependencies.building(unique_id).macros)
        if "dbt-duckdb" not in self.after.surroundings.toolchain or names != names.lower() or foreign:
            return DATA
        if kind == "model" and self.dependencies.opaque(unique_id) is None:
            return COMPILE
        hooked = {"pre_hook", "post_hook"} & self.after.config(unique_id).keys()
        return INERT if kind == "seed" and not hooked else DATA

    def removed(self) -> list[str]:
        """Nodes that the base has and the project has not."""
        gone = self.before.nodes.keys() - self.after.nodes.keys()
        return sorted(uid for uid in gone if uid.split(".", 1)[0] != "operation")

    def _same(self, before: Inputs, after: Inputs) -> bool:
        return bool(_compared(before) == _compared(after)) and not self._config(before, after)

    def _config(self, before: Inputs, after: Inputs) -> tuple[tuple[str, str], ...]:
        pair = (before.config, after.config)
        if pair not in self._pairs:
            old, new = self.before.configs[pair[0]], self.after.configs[pair[1]]
            self._pairs[pair] = () if old == new else tuple(differing(old, new))
        return self._pairs[pair]

    def _own(self, unique_id: str, before: Inputs, after: Inputs, around: bool) -> Iterator[Reason]:
        kind = unique_id.split(".", 1)[0]
        if kind == "seed":
            yield from _seed(before, after, "dbt-snowflake" in self.after.surroundings.toolchain)
        elif before.text != after.text:
            yield Reason("sql", "", COMPILE if kind in ("model", "snapshot") else DATA)
        yield from _read(before, after, kind)
        yield from self._configured(before, after, kind)
        if before.shown != after.shown and self._reads_itself(unique_id):
            yield Reason("config", "what is said of it", INERT)
        if before.contract != after.contract:
            yield Reason("contract", "", DATA)
        if before.asked not in (after.asked, after.asked + LATEST):
            yield _asked(before, after, kind)
        if kind == "source":
            yield from self._source(before, after)
        elif before.defined != after.defined and kind != "seed":
            yield Reason({"unit_test": "sql", "exposure": "exposure"}.get(kind, "definition"), "", DATA)
        yield from self._described(unique_id, before, after)
        if around and kind in (*_RUNS, "unit_test"):
            yield from self._around(unique_id, kind, after)
        elif unique_id.split(".")[1] in self.before.unknown:
            yield Reason("package", self.before.unknown[unique_id.split(".")[1]], DATA)

    def _reads_itself(self, unique_id: str) -> bool:
        """Whether a node's own Jinja, or what builds it, reads what is said of the node."""
        reached = self.dependencies.text(unique_id), self.dependencies.building(unique_id)
        return any(each.flags & OWN_CONFIG for each in reached)

    def _configured(self, before: Inputs, after: Inputs, kind: str) -> Iterator[Reason]:
        old, new = self.before.configs[before.config], self.after.configs[after.config]
        for key, how in self._config(before, after):
            words = f"{key}: {how}" if how else key
            if key in INERT_CONFIG or kind in _MEANT:
                yield Reason("config", words, INERT)
            else:
                yield Reason("config", words, STORED if keeps_rows(key, old, new) else DATA)
        if kind != "source":
            yield from self._moved(before, after)

    def _moved(self, before: Inputs, after: Inputs) -> Iterator[Reason]:
        if before.place != after.place:
            yield Reason("relation", "", STORED)
        elif self._same_target and before.relation and before.relation != after.relation and self._named(before, after):
            yield Reason("relation", ", ".join(self._named(before, after)), STORED)
        elif self.variables:
            named = reads(after.place)
            if named.variables & self.variables or named.flags & ANY_VAR:
                yield Reason("relation", "", STORED)

    def _named(self, before: Inputs, after: Inputs) -> list[str]:
        """What can have moved a relation, besides the target: the macros that name it, or the file that it is in."""
        moved = ["another file"] if before.file != after.file else []
        # What a node says of itself may be what names it: generate_schema_name gets the node.
        return [*self._naming, *moved, *(["another configuration"] if self._config(before, after) else [])]

    def _source(self, before: Inputs, after: Inputs) -> Iterator[Reason]:
        moved = before.defined != after.defined or (before.relation and before.relation != after.relation)
        if before.written != after.written or (self._same_target and moved):
            yield Reason("source", "", DATA)
        if before.place != after.place:
            yield Reason("freshness", "", INERT)

    def _described(self, unique_id: str, before: Inputs, after: Inputs) -> Iterator[Reason]:
        if before.words != after.words:
            kept = "persist_docs" in self.after.config(unique_id)
            yield Reason("description", "", STORED if kept else INERT)
        if before.columns != after.columns and before.contract == after.contract:
            yield Reason("columns", "", INERT)

    def _around(self, unique_id: str, kind: str, after: Inputs) -> Iterator[Reason]:
        """What a node reads in its text, and in how it is built."""
        compiled = COMPILE if kind in ("model", "snapshot") else DATA
        own = self.dependencies.text(unique_id)
        building = self.dependencies.building(unique_id)
        package = unique_id.split(".")[1]
        reached = {package, *(macro.split(".")[1] for macro in own.macros | building.macros)}
        for name in sorted(reached & self.before.unknown.keys()):
            yield Reason("package", self.before.unknown[name], DATA)
        for name, macros in self._dispatched.items():
            if macros & (own.macros | building.macros):
                yield Reason("dispatch", name, DATA if macros & building.macros - own.macros else compiled)
        for reach, effect in ((own, compiled), (building, DATA)):
            for macro in sorted(reach.macros & self.macros):
                if effect is compiled or macro not in own.macros or compiled is DATA:
                    yield Reason("macro", _name(macro), effect)
            yield from self._values("var", reach.variables, self.variables, reach.flags & ANY_VAR, effect)
            # Of a value that is not known, what was compiled here is no evidence.
            told = DATA if UNKNOWN in self.before.surroundings.environment.values() else effect
            yield from self._values("env", reach.environment, self.environment, reach.flags & ANY_ENV, told)

    def _values(
        self, kind: str, read: frozenset[str], changed: frozenset[str], every: int, effect: str
    ) -> Iterator[Reason]:
        if not self._recorded:
            for name in sorted(read):
                yield Reason(kind, f"{name}, whose earlier value is not recorded", effect)
            return
        for name in sorted(changed if every else read & changed):
            yield Reason(kind, name, effect)

    def _settled(self, unique_id: str, before: Inputs, after: Inputs, found: list[Reason]) -> Iterator[Reason]:
        """Without what is said twice or only looks changed, and with inert keys that the node's own Jinja reads."""
        if not found:
            return
        own: Reach = self.dependencies.text(unique_id)
        building: Reach = self.dependencies.building(unique_id)
        flags = own.flags | building.flags
        steady = before.text == after.text and not {"macro", "var", "env"} & {each.kind for each in found}
        unwritten = self.before.config(unique_id).get("~") == self.after.config(unique_id).get("~")
        seen: set[tuple[str, str]] = set()
        for each in found:
            if (each.kind, each.detail) in seen:
                continue
            seen.add((each.kind, each.detail))
            moment = own.flags & VOLATILE and each.kind == "config" and unwritten
            elsewhere = own.flags & (TARGET | ANY_ENV) or own.environment
            if (
                steady
                and not own.flags & UNREADABLE
                and (moment or (each.kind == "relation" and elsewhere and not each.detail))
            ):
                continue
            if each.effect == INERT and each.kind in ("config", "columns", "description") and flags & OWN_CONFIG:
                # What builds the node, or a hook of it, is in no compiled query.
                yield replace(each, effect=DATA if building.flags & OWN_CONFIG else COMPILE)
            else:
                yield each

    def _readers_of_the_graph(self, found: dict[str, tuple[Reason, ...]]) -> None:
        """A node whose Jinja walks the whole graph may see any change of it, and a hook may act on any."""
        walkers = {uid for uid in self.after.nodes if self.dependencies.walks(uid)}
        for unique_id in sorted(walkers - found.keys() - {uid for uid in walkers if uid.startswith("operation.")}):
            found[unique_id] = (Reason("graph", "its Jinja walks the graph, which changed", DATA),)
        if any(uid.startswith("operation.") for uid in walkers):
            for unique_id, each in found.items():
                if unique_id.split(".", 1)[0] in ("model", "snapshot", "seed") and not _counts(each):
                    found[unique_id] = (*each, Reason("graph", "which a hook walks, and may act on", STORED))


def _counts(reasons: tuple[Reason, ...]) -> bool:
    return any(each.effect != INERT for each in reasons)


def _asked(before: Inputs, after: Inputs, kind: str) -> Reason:
    if kind == "source":
        return Reason("source", "", DATA)
    # The view that is named after the latest version is made with it; where it was, nothing is.
    latest = before.asked + LATEST == after.asked
    return Reason("config", "it is the latest version now" if latest else "what it asks for", DATA)


def _read(before: Inputs, after: Inputs, kind: str) -> Iterator[Reason]:
    """Other parents. A changed text tells by itself what it reads now."""
    gone, come = set(before.parents) - set(after.parents), set(after.parents) - set(before.parents)
    if (gone or come) and before.text == after.text and kind not in _MEANT[1:]:
        words = [*(f"reads {_name(p)}" for p in sorted(come)), *(f"no longer {_name(p)}" for p in sorted(gone))]
        yield Reason("depends_on", ", ".join(words), DATA)


def _seed(before: Inputs, after: Inputs, in_capitals: bool) -> Iterator[Reason]:
    # Only dbt's own checksum is left where the base is a manifest without its files.
    same = before.text == after.text if before.text and after.text else before.defined == after.defined != ""
    if not same:
        output = seeds.difference(before, after, in_capitals)
        yield Reason("seed", output.why if output else "", DATA, output and replace(output, why=""))


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _name(unique_id: str) -> str:
    return unique_id.split(".", 2)[-1]
