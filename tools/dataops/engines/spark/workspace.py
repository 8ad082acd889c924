"""Where a pull request is built: the pull requests' schemas, with copies that dbt can go on from."""

from __future__ import annotations

from dataops.engines.server import Copies, OwnSchemas
from dataops.engines.spark.copying import beneath, copy
from dataops.engines.spark.names import named, quoted
from dataops.project.invocation import Parsed
from dataops.project.profiles import Target
from dataops.warehouse import connect


class SparkSchemas(OwnSchemas):
    """Production may be views onto a release: what a copy is made of, their tables tell."""

    def take_over(self, target: Target, head: Parsed, wanted: Copies) -> tuple[str, ...]:
        """Copy those of production's relations that exist, each as it is made."""
        with connect(self.project, target, head.manifest) as warehouse:
            existing = warehouse.existing({uid: live for uid, (live, _) in wanted.items()})
            for uid, live in existing.items():
                place = wanted[uid][1]
                warehouse.drop(place)
                warehouse.run(f"create schema if not exists {quoted(place.schema)}")
                source, destination = (named(each.schema, each.identifier) for each in (live, place))
                copy(warehouse.run, *beneath(warehouse.rows, source), destination)
        return tuple(sorted(existing))
