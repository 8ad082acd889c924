"""What holds for all nodes of a project at once: its quoting, its flags, the settings of its connection.

A difference in one of these counts for everything that is built. `dispatch` is apart: who calls what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INERT_FLAGS = frozenset(
    {
        "cache_selected_only",
        "debug",
        "fail_fast",
        "indirect_selection",
        "log_format",
        "log_format_file",
        "log_level",
        "log_level_file",
        "log_path",
        "partial_parse",
        "populate_cache",
        "printer_width",
        "send_anonymous_usage_stats",
        "static_parser",
        "target_path",
        "use_colors",
        "use_colors_file",
        "use_experimental_parser",
        "version_check",
        "warn_error",
        "warn_error_options",
        "write_json",
    }
)
"""Flags of how dbt runs and talks. Any other may change what is built: behaviour flags do, and adapters bring more."""

INERT_CONNECTION = frozenset(
    {
        # where production is, and who asks
        "path", "database", "dbname", "schema", "host", "port", "user", "pass", "password", "account", "project",
        "token", "motherduck_token", "use_credential_provider", "keyfile", "keyfile_json", "private_key",
        "private_key_path", "private_key_passphrase", "authenticator", "method", "http_path", "sslmode", "sslcert",
        "sslkey", "sslrootcert",
        # how it is reached, and how often
        "threads", "retries", "connect_retries", "connect_timeout", "keepalives_idle", "keep_open", "application_name",
        "query_tag", "client_session_keep_alive", "disable_transactions", "job_retries",
        "job_execution_timeout_seconds", "timeout_seconds", "priority", "warehouse", "execution_project",
    }
)  # fmt: skip
"""Keys of a target that decide where and as whom dbt connects. Any other may decide what it then reads."""


def settings(
    project: Mapping[str, Any], packages: Mapping[str, Mapping[str, Any]], output: Mapping[str, Any]
) -> dict[str, Any]:
    """Each setting by its name in words; `project` and `packages` are dbt_project.yml files, `output` is a target.

    As written, not rendered: what the environment says is compared where it is read.
    """
    found: dict[str, Any] = {}
    for name, document in (("", project), *packages.items()):
        if document.get("quoting"):
            found[f"quoting of package {name}" if name else "quoting"] = document["quoting"]
    flags = project.get("flags")
    for key, value in flags.items() if isinstance(flags, dict) else ():
        if str(key).lower() not in INERT_FLAGS:
            found[f"flag {key}"] = value
    for key, value in output.items():
        if str(key) not in INERT_CONNECTION and value not in (None, [], {}):
            found[f"profile {key}"] = value
    return found


def dispatch(project: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The order in which packages are searched for a namespace's macros: the root project's alone counts."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in project.get("dispatch") or ():
        if isinstance(entry, dict) and isinstance(entry.get("search_order"), list):
            name, order = str(entry.get("macro_namespace")), tuple(map(str, entry["search_order"]))
            # What dbt does without an entry needs none.
            if order != (str(project.get("name")), name):
                found[name] = order
    return found
