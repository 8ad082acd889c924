"""Compiling single nodes without a warehouse: what dbt would send there, and nothing is sent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from dbt.compilation import Compiler
from dbt.contracts.graph.manifest import Manifest
from dbt.exceptions import DbtRuntimeError

from dataops.project.closure import reached
from dataops.project.invocation import Parsed
from dataops.project.session import Project


class Compiled:
    """The compiled SQL of a parse's nodes, made when it is asked for. Nodes of the manifest are not changed."""

    def __init__(self, project: Project, parsed: Parsed, stack: ExitStack) -> None:
        """Connect to nothing yet."""
        self._project = project
        self._parsed = parsed
        self._stack = stack
        self._compiler: Any = None
        self._made: dict[str, str | None] = {}

    def sql(self, unique_id: str) -> str | None:
        """A node's compiled SQL; None where it asks the warehouse, is no SQL, or does not compile."""
        if unique_id not in self._made:
            node = self._parsed.manifest.nodes.get(unique_id)
            if node is None or getattr(node, "language", "") != "sql" or not hasattr(node, "compiled_code"):
                return None
            self._made[unique_id] = self._compile(unique_id)
        return self._made[unique_id]

    def _compile(self, unique_id: str) -> str | None:
        if self._compiler is None:
            config = self._stack.enter_context(unconnected(self._project, self._parsed))
            self._compiler = Compiler(config)
        manifest = self._parsed.manifest
        kept = {each: manifest.nodes[each] for each in [unique_id, *ephemeral_above(manifest, unique_id)]}
        try:
            for each, node in kept.items():
                manifest.nodes[each] = copy.deepcopy(node)
            done = self._compiler.compile_node(manifest.nodes[unique_id], manifest, write=False)
            return str(done.compiled_code)
        except Exception:  # noqa: BLE001 - SQL that cannot be compiled here is SQL of which nothing is known
            return None
        finally:
            manifest.nodes.update(kept)


def ephemeral_above(manifest: Manifest, unique_id: str) -> set[str]:
    """The ephemeral models that are inlined into a node, however deep."""

    def inlined(each: str) -> list[str]:
        parents = manifest.nodes[each].depends_on_nodes
        return [up for up in parents if up in manifest.nodes and manifest.nodes[up].is_ephemeral_model]

    return reached(inlined(unique_id), inlined)


@contextmanager
def unconnected(project: Project, parsed: Parsed) -> Iterator[Any]:
    """Dbt's configuration with an adapter that refuses to connect."""
    with project.entered(), project.connected(parsed.target, parsed.manifest) as (adapter, config):
        manager: Any = type(adapter.connections)
        opened = manager.__dict__.get("open")

        def refuse(cls: Any, connection: Any) -> Any:
            raise DbtRuntimeError("a plan asks no warehouse")

        manager.open = classmethod(refuse)
        # A connection opens itself by what was its manager's `open` when it was made.
        adapter.connections.clear_thread_connection()
        adapter.acquire_connection("dataops")
        try:
            yield config
        finally:
            if opened is None:
                del manager.open
            else:
                manager.open = opened
