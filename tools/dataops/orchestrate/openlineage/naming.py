"""What OpenLineage calls a relation: the namespace of its place, and its name there. No user, no password, no token.

The namespaces are those of OpenLineage's naming conventions. Where these do not know a database (DuckDB, Spark's Thrift
server), they are what OpenLineage's own integration for dbt writes, so that both name the same relation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops.project import databases
from dataops.project.profiles import Target
from dataops.project.reading import get
from dataops.project.session import Project

_PORTS = {"postgres": 5432, "redshift": 5439, "trino": 8080}
_SPARK_PORTS = {"http": 443, "odbc": 443, "thrift": 10001}
_REDSHIFT = re.compile(r"^([\w-]+)\.[\w-]+\.([a-z]{2}(?:-[a-z]+)+-\d)\.redshift\.amazonaws\.com", re.IGNORECASE)
_SCHEMES = {"databricks": "unitycatalog"}
_SNOWFLAKE = ("us-west-1", "aws")
"""Region and cloud of an account locator that names none, as OpenLineage completes it."""


def namespace(adapter: str, facts: Any, root: Path) -> str:
    """The namespace of a target. `facts`: its credentials; `root`: where relative paths begin."""
    if adapter == "bigquery":
        return "bigquery"
    if adapter == "snowflake":
        return f"snowflake://{_account(str(get(facts, 'account') or ''))}"
    if adapter == "duckdb":
        return _file(str(get(facts, "path") or ""), root)
    host = _host(str(get(facts, "host") or ""))
    port = get(facts, "port")
    if adapter == "redshift" and (found := _REDSHIFT.match(host)):
        host = f"{found[1]}.{found[2]}"
    if adapter == "spark":
        port = port or _SPARK_PORTS.get(str(get(facts, "method") or ""))
    scheme = _SCHEMES.get(adapter, adapter)
    port = port or _PORTS.get(adapter)
    # A workspace of Databricks has no port but that of HTTPS.
    return f"{scheme}://{host or 'localhost'}" + (f":{port}" if port and adapter != "databricks" else "")


def name(node: Any) -> str:
    """A relation's name within its namespace. `node`: dbt's object, or that of its JSON."""
    last = get(node, "alias") or get(node, "identifier") or get(node, "name")
    return ".".join(str(each) for each in (get(node, "database"), get(node, "schema"), last) if each)


def _file(path: str, root: Path) -> str:
    plain = path.split("?", 1)[0]
    if databases.is_remote(plain) or plain.startswith(":memory:"):
        return f"duckdb://{plain}"
    return f"duckdb://{os.path.normpath(databases.on_disk(root, plain))}"


def _host(host: str) -> str:
    """A host alone: without who connects, without a scheme; the folder of a socket is this machine."""
    plain = host.rsplit("@", 1)[-1].split("://", 1)[-1].split("?", 1)[0].rstrip("/")
    return "" if "/" in plain else plain


def _account(account: str) -> str:
    """An account of Snowflake: `organization-account`, or a locator with its region and cloud."""
    parts = account.removesuffix(".snowflakecomputing.com").split(".") if account else [""]
    if "-" in parts[0]:
        return parts[0]
    return ".".join([*parts, *_SNOWFLAKE[len(parts) - 1 :]]) if len(parts) < 3 else ".".join(parts)


@dataclass(frozen=True)
class Names:
    """The names of relations under one target. `homes`: namespaces of databases that it attaches, by name."""

    own: str
    homes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, target: Target) -> Names:
        """Those of a target of the project's.

        Raises:
            DataopsError: its credentials cannot be read.
        """
        facts = project.credentials(target)
        adapter = str(facts.type)
        attached = databases.attached(project.root, facts) if getattr(facts, "attach", None) else ()
        homes = {each.name.lower(): _file(each.path, project.root) for each in attached if each.file is not None}
        return cls(namespace(adapter, facts, project.root), homes)

    def dataset(self, node: Any) -> dict[str, str]:
        """A relation's namespace and name, as a dataset of an event has them."""
        home = self.homes.get(str(get(node, "database") or "").lower(), self.own)
        return {"namespace": home, "name": name(node)}
