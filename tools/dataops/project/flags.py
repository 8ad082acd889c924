"""Every flag of dbt, and what becomes of it when dbt is run from here.

dbt takes a flag from its command line, the environment (`DBT_EMPTY`), `flags:` of dbt_project.yml or the profile. Left
alone, the latter three decide what a run means, behind the back of whoever reads its verdict. A test fails when dbt
brings a flag that this table does not have.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbt.cli.main import cli

from dataops.errors import SettingsError

ASIDE = "set aside"
"""It changes what a run means: it counts nothing here, but for a build in a person's own target."""

FIXED = "fixed"
"""It changes what this tool reads of a run, or does not belong to one: it always has the same value."""

REFUSED = "refused"
"""It cannot be set aside: dbt takes it from the environment whatever it is told."""

GIVEN = "given"
"""This tool gives it to every command that knows it, from its own options."""

KEPT = "kept"
"""It changes neither what runs nor what is said of it."""

OTHER = "not run"
"""A flag of commands that are not run from here."""


@dataclass(frozen=True)
class Flag:
    """`name` is dbt's name of the parameter; `value` what it is where it is set aside or fixed."""

    name: str
    use: str
    why: str
    value: Any = None


def _of(use: str, why: str, *names: str) -> Iterator[Flag]:
    yield from (Flag(name, use, why) for name in names)


TABLE = (
    Flag("exclude_resource_types", ASIDE, "leaves kinds of nodes out, tests for one", ()),
    Flag("resource_types", ASIDE, "leaves kinds of nodes out, tests for one", ()),
    Flag("indirect_selection", ASIDE, "leaves tests out", "eager"),
    Flag("empty", ASIDE, "builds every table without rows, on which every test passes", False),
    Flag("sample", ASIDE, "builds tables of a part of the rows"),
    Flag("event_time_start", ASIDE, "builds a part of the batches"),
    Flag("event_time_end", ASIDE, "builds a part of the batches"),
    Flag("full_refresh", ASIDE, "rebuilds what would be added to; `--full-refresh` asks for it", False),
    Flag("manage_state", ASIDE, "takes what others built in place of building", False),
    Flag("fail_fast", ASIDE, "leaves out what comes after the first failure; `build --fail-fast` asks for it", False),
    Flag("defer", ASIDE, "reads relations elsewhere; `build --defer` asks for it", False),
    Flag("favor_state", ASIDE, "reads relations elsewhere", False),
    Flag("defer_state", ASIDE, "reads relations elsewhere"),
    Flag("state", ASIDE, "decides what `state:` chooses"),
    Flag("store_failures", ASIDE, "leaves tables behind; the project's `store_failures` config decides that", False),
    Flag("partial_parse_file_diff", FIXED, "off, dbt sees no file that changed", True),
    Flag("partial_parse_file_path", FIXED, "an earlier parse is taken from where the release keeps it"),
    Flag("use_v2_parser", FIXED, "another parser than the one whose result is compared", False),
    Flag("hints_enabled", FIXED, "dbt notes in the home folder what it told nobody", False),
    Flag("write_json", FIXED, "a release keeps what dbt writes", True),
    Flag("export_saved_queries", FIXED, "writes tables that no plan knows", False),
    Flag("upload_to_artifacts_ingest_api", FIXED, "sends every single step of a command elsewhere", False),
    *_of(REFUSED, "the old name of a flag that is set aside", "deprecated_defer", "deprecated_favor_state"),
    *_of(REFUSED, "the old name of a flag that is set aside", "deprecated_state"),
    *_of(GIVEN, "says which project and which target", "project_dir", "profiles_dir", "profile", "target", "vars"),
    *_of(GIVEN, "says what runs", "select", "models", "exclude", "selector"),
    *_of(GIVEN, "says where artifacts and logs go", "target_path", "log_path", "log_level", "log_level_file"),
    *_of(GIVEN, "says what dbt prints, to nobody", "output", "output_keys", "compile", "threads"),
    *_of(GIVEN, "nothing is sent to dbt's makers", "send_anonymous_usage_stats"),
    *_of(KEPT, "can only make a run stricter", "warn_error", "warn_error_options", "version_check"),
    *_of(KEPT, "how fast, not what", "cache_selected_only", "populate_cache", "partial_parse", "single_threaded"),
    *_of(KEPT, "how fast, not what", "static_parser", "use_experimental_parser", "use_fast_test_edges", "sqlparse"),
    *_of(KEPT, "how dbt prints and logs", "debug", "log_cache_events", "log_file_max_bytes", "log_format"),
    *_of(KEPT, "how dbt prints and logs", "log_format_file", "macro_debugging", "print", "printer_width", "quiet"),
    *_of(KEPT, "how dbt prints and logs", "deprecated_print", "record_timing_info", "show", "show_all_deprecations"),
    *_of(KEPT, "how dbt prints and logs", "use_colors", "use_colors_file", "version"),
    *_of(KEPT, "how dbt prints and logs", "snowflake_projects_otel"),
    *_of(KEPT, "which program `use_v2_parser` runs", "v2_parser"),
    *_of(KEPT, "what dbt's own `state:` compares of seeds", "maximum_seed_size_mib"),
    *_of(KEPT, "dbt ignores it", "include_saved_query"),
    *_of(KEPT, "how the documentation is written", "static", "empty_catalog"),
    *_of(
        KEPT,
        "`flags:` of the project alone: the same for production and for a change",
        "require_batched_execution_for_custom_microbatch_strategy",
        "require_event_names_in_deprecations",
        "require_explicit_package_overrides_for_builtin_materializations",
        "require_resource_names_without_spaces",
        "source_freshness_run_project_hooks",
        "skip_nodes_if_on_run_start_fails",
        "state_modified_compare_more_unrendered_values",
        "state_modified_compare_vars",
        "require_yaml_configuration_for_mf_time_spines",
        "require_nested_cumulative_type_params",
        "validate_macro_args",
        "require_all_warnings_handled_by_warn_error",
        "require_generic_test_arguments_property",
        "require_unique_project_resource_names",
        "require_ref_searches_node_package_before_root",
        "allow_jinja_file_extensions",
        "enable_grouped_warn_error_parser_logs",
        "latest_version_pointer_enabled_by_default",
        "require_corrected_analysis_fqns",
        "require_source_and_semantic_model_names_without_spaces",
        "require_sql_header_in_test_configs",
        "require_valid_schema_from_generate_schema_name",
        "support_custom_ref_kwargs",
        "use_catalogs_v2",
    ),
    *_of(OTHER, "`dbt deps`", "add_package", "lock", "source", "upgrade"),
    *_of(OTHER, "`dbt run-operation`", "args", "macro", "sql"),
    *_of(OTHER, "`dbt docs serve`", "browser", "host", "port"),
    *_of(OTHER, "`dbt clean`", "clean_project_files_only"),
    *_of(OTHER, "`dbt debug`", "config_dir", "connection"),
    *_of(OTHER, "`dbt compile`, `dbt show`", "inject_ephemeral_ctes", "inline", "inline_direct", "introspect", "limit"),
    *_of(OTHER, "`dbt init`", "project_name", "skip_profile_setup", "skip_debug"),
    *_of(OTHER, "`dbt login`", "skip_browser_auth"),
    *_of(OTHER, "dbt without a command", "show_resource_report"),
)

_FLAGS = {flag.name: flag for flag in TABLE}

ROWS = frozenset({"empty", "sample", "defer", "favor_state", "defer_state"})
"""Those that put other rows into a table than its model says."""

OWN = frozenset(flag.name for flag in TABLE if flag.use == ASIDE)
"""What a build in a person's own target leaves to dbt and to them."""

IN_PRODUCTION = OWN - ROWS
"""The same of a build in production's own target."""


def overrides(command: str, words: Sequence[str], left: Collection[str] = ()) -> dict[str, Any]:
    """The values that a command of dbt is given against the environment and `flags:`. Those of `left` stay as they are.

    Raises:
        SettingsError: a flag of the environment cannot be set aside.
    """
    found = {}
    given = set(words)
    for param in _parameters(command):
        flag = _FLAGS.get(param.name)
        if flag is None or given.intersection((*param.opts, *param.secondary_opts)):
            continue
        if flag.use == REFUSED and (variable := _variable(param)):
            raise SettingsError(f"{variable} is set, and cannot be set aside: {flag.why}", f"unset {variable}")
        if flag.use == FIXED or (flag.use == ASIDE and flag.name not in left):
            found[flag.name] = flag.value
    return found


def set_outside(names: Collection[str], project: Mapping[str, Any]) -> tuple[str, ...]:
    """Which flags of some the environment or `flags:` (`project`) set: `DBT_EMPTY`, `flags: fail_fast`."""
    found = {}
    for param in _parameters("build"):
        if param.name in names:
            if variable := _variable(param):
                found[param.name] = variable
            elif project.get(param.name) not in (None, _FLAGS[param.name].value):
                found[param.name] = f"flags: {param.name}"
    return tuple(found.values())


def _parameters(command: str) -> list[Any]:
    group: Any = cli
    params = list(group.params)
    for word in command.split():
        group = group.commands[word]
        params += group.params
    return list({param.name: param for param in params}.values())


def _variable(param: Any) -> str | None:
    """The variable of the environment that sets a flag to other than what it is set aside to."""
    names = [param.envvar] if isinstance(param.envvar, str) else param.envvar or ()
    usual = _FLAGS[param.name].value
    for name in names:
        text = os.environ.get(name, "").strip()
        if text and not (usual is False and text.lower() in _NO) and text.lower() != str(usual).lower():
            return str(name)
    return None


_NO = frozenset({"0", "f", "false", "n", "no", "off"})
