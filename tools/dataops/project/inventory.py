"""Every field of dbt's manifest and every key of its configuration: which reason it gives, or why it cannot matter.

What the comparison leaves out is read from here, so that the table cannot say anything else. A test fails when dbt
brings a field or a key that is not in it, and `docs/inputs.md` is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One key. `reason`: what a plan calls a difference in it; empty where it gives none.

    `why`: what follows, or why it cannot matter. `effect` of a configuration's key: SHOWN, STORED, or anything.
    `since`: the first dbt that has it; empty where all supported ones do.
    """

    key: str
    reason: str
    why: str
    effect: str = ""
    since: str = ""


SHOWN, STORED = "shown", "stored"
"""SHOWN: no statement sees it, unless Jinja reads its node's configuration. STORED: the relation is made anew with the
rows that it had."""


def _rows(*rows: tuple[str, ...]) -> tuple[Entry, ...]:
    return tuple(_entry(key, *rest) for keys, *rest in rows for key in keys.split())


def _entry(text: str, reason: str, why: str, effect: str = "") -> Entry:
    """`key@1.12`: dbt has it from that version on."""
    key, _, since = text.partition("@")
    return Entry(key, reason, why, effect, since)


# fmt: off


_RUNTIME = "dbt fills it in while it runs; it is not there when a project has been parsed"
_IDENTITY = "it is part of the unique id: another one is another node, and the old one is removed"
_MIRROR = "a copy of what the configuration says"
_WRITTEN = "how it is written; what it comes to is compared where it is used"
_DOCUMENTS = "it documents, and builds nothing"

NODE = _rows(
    ("unique_id name package_name resource_type version", "new", _IDENTITY),
    ("raw_code", "sql", "its text; of SQL, comments and layout do not count"),
    ("language", "sql", "SQL or Python is told by the file, which has another text"),
    ("original_file_path path patch_path fqn", "", "where it lies: it counts where its Jinja reads `model`"),
    ("build_path compiled_path file_key_name", "", "where dbt writes its own files"),
    ("checksum", "seed", "of a seed of which only dbt's manifest is left; else the bytes of its file are compared"),
    ("root_path", "seed", "where a seed's file is: its content is what counts"),
    ("config unrendered_config", "config", "key by key, see below"),
    ("config_call_dict unrendered_config_call_dict", "", "what is written in the text, and is in the configuration"),
    ("tags meta docs group access", "", _MIRROR),
    ("database schema alias", "relation", "as configured; what it comes to under the target is no change"),
    ("relation_name", "relation", "what database, schema, alias and quoting come to, where something moved it"),
    ("depends_on", "depends_on", "nodes: other parents under the same text. Macros: each by its text, however deep"),
    ("refs sources metrics functions@1.11", "depends_on", "what it resolves to is in `depends_on`"),
    ("direct_parents@1.12", "", "the nearest public ones among `depends_on`"),
    ("columns", "columns", "key by key, see below"),
    ("description doc_blocks", "description", "with its doc blocks; kept in the warehouse by `persist_docs`"),
    ("contract constraints", "contract", "with the columns, where a contract is enforced; nothing else reads them"),
    ("latest_version", "depends_on", "which version `ref` means: the reader then has another parent"),
    ("deprecation_date", "", "dbt warns of it; it counts where its Jinja reads `model`"),
    ("primary_key", "", "found by dbt from tests: it counts where its Jinja reads `model`"),
    ("time_spine", "", "read by the semantic layer alone"),
    ("test_metadata attached_node column_name", "new", "a generic test's arguments are part of its unique id"),
    ("index", "hook", "a hook's place in its list is part of its unique id"),
    ("arguments@1.11 returns@1.11 overloads@1.12", "definition", "of a function, but for their descriptions"),
    ("compiled compiled_code extra_ctes extra_ctes_injected _pre_injected_sql", "", _RUNTIME),
    ("defer_relation defer_function@1.11 batch previous_batch_results _has_this _event_status", "", _RUNTIME),
    ("previous_overload_results@1.12", "", _RUNTIME),
    ("created_at", "", "when dbt parsed it"),
)

SOURCE = _rows(
    ("unique_id name source_name package_name resource_type", "new", _IDENTITY),
    ("database schema unrendered_database unrendered_schema identifier", "source", "which relation is read"),
    ("quoting relation_name external", "source", "which relation is read, or from where it is loaded"),
    ("meta", "source", "with `external_location`, `plugin`, `formatter`: read from there; else shown only"),
    ("tags", "source", "the same: a template of a location may name them; else shown only"),
    ("config unrendered_config", "config", "key by key, see below"),
    ("freshness loaded_at_field loaded_at_query", "freshness", "decides when it is late, not what is read"),
    ("columns", "columns", "key by key, see below"),
    ("description doc_blocks", "description", _DOCUMENTS),
    ("source_description source_meta", "", "of all tables of the source: a table's own has it"),
    ("loader", "", _DOCUMENTS),
    ("path original_file_path fqn patch_path", "", "where its properties lie"),
    ("created_at _event_status", "", _RUNTIME),
)

COLUMN = _rows(
    ("name data_type constraints quote", "contract", "where a contract is enforced; else shown only"),
    ("description doc_blocks", "description", "kept in the warehouse by `persist_docs`"),
    ("meta tags config", "columns", "shown only, unless the node's Jinja, a hook or its materialization reads it"),
    ("_extra", "config", "a key that is not dbt's: a tag or a policy of the warehouse, made with the relation"),
    ("granularity dimension@1.12 entity@1.12", "", "read by the semantic layer alone"),
)

OTHER = {
    "exposure": _rows(
        ("type url owner maturity label depends_on", "exposure", "shown only"),
        ("description", "description", "shown only"),
        ("config unrendered_config", "config", "shown only"),
        ("meta tags", "", _MIRROR),
        ("unique_id name package_name resource_type", "new", _IDENTITY),
        ("path original_file_path fqn", "", "where its properties lie"),
        ("refs sources metrics", "exposure", "what it resolves to is in `depends_on`"),
        ("created_at _event_status", "", _RUNTIME),
    ),
    "metric": _rows(
        ("type type_params filter time_granularity group label", "definition", "nothing that is built reads it"),
        ("depends_on refs sources metrics", "definition", "what it resolves to is in its definition"),
        ("description", "description", "shown only"),
        ("config unrendered_config", "config", "shown only"),
        ("meta tags", "", _MIRROR),
        ("metadata path original_file_path fqn", "", "where its properties lie"),
        ("unique_id name package_name resource_type", "new", _IDENTITY),
        ("created_at", "", _RUNTIME),
    ),
    "semantic model": _rows(
        ("model entities measures dimensions defaults primary_entity", "definition", "nothing that is built reads it"),
        ("depends_on refs node_relation", "definition", "what its model resolves to"),
        ("description label", "description", "shown only"),
        ("config unrendered_config group", "config", "shown only"),
        ("metadata path original_file_path fqn", "", "where its properties lie"),
        ("unique_id name package_name resource_type", "new", _IDENTITY),
        ("created_at", "", _RUNTIME),
    ),
    "saved query": _rows(
        ("query_params exports", "definition", "exports are written by dbt's own platform"),
        ("depends_on refs", "definition", "what it resolves to is in its definition"),
        ("description label", "description", "shown only"),
        ("config unrendered_config group tags", "config", "shown only"),
        ("metadata path original_file_path fqn", "", "where its properties lie"),
        ("unique_id name package_name resource_type", "new", _IDENTITY),
        ("created_at _event_status", "", _RUNTIME),
    ),
    "unit test": _rows(
        ("model given expect overrides versions", "sql", "with the rows of its fixtures; it runs"),
        ("checksum", "sql", "of all that"),
        ("depends_on", "depends_on", "it runs with its model"),
        ("config", "config", "shown only"),
        ("description", "description", "shown only"),
        ("schema path original_file_path fqn", "", "where its properties lie"),
        ("unique_id name package_name resource_type version", "new", _IDENTITY),
        ("created_at _event_status", "", _RUNTIME),
    ),
    "macro": _rows(
        ("macro_sql", "macro", "of the project and its packages; of dbt's own, the version of dbt tells"),
        ("unique_id name package_name", "macro", "a macro more or less may be another one that is called"),
        ("depends_on", "macro", "each by its text, however deep"),
        ("supported_languages", "macro", "part of its text"),
        ("resource_type path original_file_path patch_path created_at", "", "where it lies"),
        ("description meta docs config@1.11 arguments", "", _DOCUMENTS),
    ),
    "doc block": _rows(
        ("block_contents", "description", "where a description takes it in"),
        ("unique_id name package_name resource_type path original_file_path", "", _DOCUMENTS),
    ),
    "group": _rows(
        ("unique_id name package_name resource_type path original_file_path", "", "who owns what builds nothing"),
        ("owner description config", "", "who owns what builds nothing"),
    ),
}

CONFIG = _rows(
    ("materialized", "config", "between view, table and ephemeral the rows are the same; else anything may differ"),
    ("unique_key incremental_strategy on_schema_change full_refresh", "config", "how rows are added"),
    ("batch_size begin lookback event_time concurrent_batches", "config", "which rows are read, and when"),
    ("strategy updated_at check_cols", "config", "what a snapshot takes for a change"),
    ("dbt_valid_to_current snapshot_meta_column_names hard_deletes", "config", "what a snapshot writes"),
    ("invalidate_hard_deletes relation", "config", "what a snapshot reads, and what it writes"),
    ("pre_hook post_hook sql_header", "config", "SQL that runs with it"),
    ("column_types delimiter quote_columns", "config", "how a seed's file is read"),
    ("severity warn_if error_if limit where fail_calc", "config", "what a test counts, and what fails it"),
    ("store_failures store_failures_as", "config", "what a test leaves in the warehouse"),
    ("packages imports@1.11 python_version@1.11 additional_libs@1.11", "config", "with what a Python model runs"),
    ("type@1.11 volatility@1.11 runtime_version@1.11 entry_point@1.11 snowflake@1.12", "config", "what a function is"),
    ("contract", "config", "with `contract`, which tells columns and types"),
    ("quoting", "config", "which relation is meant"),
    ("persist_docs grants indexes", "config", "the relation is made anew, with its rows", STORED),
    ("on_configuration_change", "config", "the relation is made anew, with its rows", STORED),
    ("database schema alias target_database target_schema", "relation", "as configured: where it is, not what"),
    ("tags group docs access enabled", "config", "shown only, unless its Jinja, a hook or what builds it asks", SHOWN),
    ("meta", "config", "the same; so do sources, Python models and `labels_from_meta`", SHOWN),
    ("freshness loaded_at_field loaded_at_query", "config", "shown only: when data is late, not what it is", SHOWN),
    ("static_analysis@1.11", "config", "shown only: what dbt checks before it builds", SHOWN),
    ("on_error@1.12", "config", "shown only: what still runs after it has failed", SHOWN),
    ("latest_version_pointer@1.12", "config", "the view beside the latest version of a model, made with it"),
    ("export_as schema_name cache", "config", "shown only: dbt's own platform exports saved queries"),
    ("name catalog_type catalog_name table_format", "config", "where a table is written, and how"),
    ("external_volume file_format adapter_properties", "config", "where a table is written, and how"),
    ("catalog_database@1.12", "config", "where a table is written, and how"),
    ("_extra", "config", "any other key: it may mean anything to an adapter or a macro"),
)
"""Of models, seeds, snapshots, tests, sources, functions and the rest. A key of no row is `_extra`: it counts."""

PROJECT = _rows(
    ("name", "new", "it is part of every unique id"),
    ("dispatch", "dispatch", "which macro answers"),
    ("quoting", "quoting", "which relations are meant, in the project and in each package"),
    ("vars", "var", "where it is read"),
    ("on_run_start on_run_end", "hook", "may touch anything"),
    ("flags", "flag", "key by key, see below"),
    ("models seeds snapshots analyses sources tests", "config", "as each node is then configured"),
    ("data_tests unit_tests", "config", "as each node is then configured"),
    ("metrics semantic_models saved_queries exposures functions@1.11", "config", "as each node is then configured"),
    ("packages packages_install_path", "package", "what is installed, or what is asked for, is compared"),
    ("profile", "profile", "production's target is compared, key by key, see below"),
    ("source_paths model_paths macro_paths data_paths seed_paths test_paths", "", "what is found there is compared"),
    ("analysis_paths docs_paths asset_paths snapshot_paths", "", "what is found there is compared"),
    ("function_paths@1.11 osi_paths@1.12", "", "what is found there is compared"),
    ("version config_version require_dbt_version restrict_access", "", "what dbt refuses"),
    ("target_path clean_targets log_path project_root", "", "where dbt writes its own files"),
    ("query_comment", "", "a comment at the end or the beginning of each statement"),
    ("dbt_cloud", "", "read by dbt's own platform"),
)
"""dbt_project.yml, as dbt names its keys: with dashes in the file."""

FLAG = _rows(
    ("debug log_format log_format_file log_level log_level_file log_path", "", "how dbt talks"),
    ("printer_width use_colors use_colors_file", "", "how dbt talks"),
    ("hints_enabled@1.12 enable_grouped_warn_error_parser_logs@1.12", "", "how dbt talks"),
    ("snowflake_projects_otel@1.12.1", "", "how dbt talks"),
    ("send_anonymous_usage_stats write_json target_path", "", "what dbt writes beside"),
    ("partial_parse static_parser use_experimental_parser cache_selected_only populate_cache", "", "how fast dbt is"),
    ("use_v2_parser@1.12 v2_parser@1.12", "", "which parser reads the project: set aside when dbt is run from here"),
    ("fail_fast indirect_selection", "", "what is left out of a run: set aside when dbt is run from here"),
    ("manage_state@1.13", "", "what is left out of a run: set aside when dbt is run from here"),
    ("warn_error warn_error_options version_check", "", "what dbt refuses"),
    ("require_event_names_in_deprecations", "", "what dbt warns of or refuses"),
    ("require_all_warnings_handled_by_warn_error", "", "what dbt warns of or refuses"),
    ("require_resource_names_without_spaces require_unique_project_resource_names@1.11", "", "what dbt refuses"),
    ("require_source_and_semantic_model_names_without_spaces@1.12", "", "what dbt refuses"),
    ("require_valid_schema_from_generate_schema_name@1.12", "", "what dbt refuses"),
    ("validate_macro_args require_generic_test_arguments_property", "", "what dbt warns of or refuses"),
    ("require_yaml_configuration_for_mf_time_spines", "", "the semantic layer alone"),
    ("require_nested_cumulative_type_params", "", "the semantic layer alone"),
    ("state_modified_compare_more_unrendered_values", "", "what dbt's own `state:` compares"),
    ("state_modified_compare_vars maximum_seed_size_mib@1.12", "", "what dbt's own `state:` compares"),
    ("allow_jinja_file_extensions@1.12 require_corrected_analysis_fqns@1.12", "", "what is then found is compared"),
    ("source_freshness_run_project_hooks", "", "what happens before freshness is asked for"),
    ("require_batched_execution_for_custom_microbatch_strategy", "flag", "how batches are built"),
    ("require_explicit_package_overrides_for_builtin_materializations", "flag", "which materialization builds a node"),
    ("require_ref_searches_node_package_before_root@1.11", "flag", "which node a `ref` means"),
    ("support_custom_ref_kwargs@1.12", "flag", "which node a `ref` means"),
    ("require_sql_header_in_test_configs@1.12", "flag", "what runs before a test"),
    ("latest_version_pointer_enabled_by_default@1.12", "flag", "which views are made beside versioned models"),
    ("use_catalogs_v2@1.12", "flag", "how `catalogs.yml` is read"),
    ("skip_nodes_if_on_run_start_fails", "flag", "what is built after a hook has failed"),
    ("enable_truthy_nulls_equals_macro", "flag", "whether two NULLs are the same to a snapshot"),
)
"""`flags:` of dbt_project.yml; any other counts, since adapters bring more. Those of the environment (`DBT_…`) that
change what a run means are set aside or refused when dbt is run from here."""

CONNECTION = _rows(
    ("path database dbname schema host port account project execution_project", "", "where production is"),
    ("user pass password token motherduck_token use_credential_provider keyfile", "", "as whom dbt asks"),
    ("keyfile_json private_key private_key_path private_key_passphrase authenticator method", "", "as whom dbt asks"),
    ("http_path sslmode sslcert sslkey sslrootcert", "", "how it is reached"),
    ("threads retries connect_retries connect_timeout keepalives_idle keep_open", "", "how fast, and how often"),
    ("application_name query_tag client_session_keep_alive priority warehouse", "", "how it is called, what it costs"),
    ("job_retries job_execution_timeout_seconds timeout_seconds disable_transactions autocommit", "", "how often"),
    ("type", "profile", "which engine"),
    ("settings config_options extensions attach plugins is_ducklake remote", "profile", "what SQL means there"),
    ("secrets filesystems external_root module_paths flights", "profile", "what is read, and with what"),
    ("role search_path", "profile", "which relations a name means, and which rows are seen"),
)
"""Production's target in profiles.yml, as it is written; any other key counts, since adapters bring more."""

FILES = _rows(
    ("dbt_project.yml vars.yml profiles.yml", "", "key by key, see above"),
    ("packages.yml dependencies.yml package-lock.yml", "package", "where what is installed cannot tell"),
    ("catalogs.yml", "catalog", "where and how tables are written, for everything"),
    ("selectors.yml", "", "what a run chooses; a default one is set aside where dbt is run from here"),
    (".dbtignore", "new", "which files there are"),
)

MANIFEST = _rows(
    ("nodes sources exposures metrics semantic_models", "", "node by node, see above"),
    ("saved_queries unit_tests functions@1.11", "", "node by node, see above"),
    ("macros docs groups", "", "one by one, see above"),
    ("disabled", "disabled", "a node that the base had and that is switched off"),
    ("selectors", "", "what a run chooses"),
    ("parent_map child_map group_map", "", "made of what the nodes say"),
    ("metadata", "", "of the parse itself; versions are told as toolchain"),
)


# fmt: on


def _without(entries: tuple[Entry, ...]) -> frozenset[str]:
    return frozenset(each.key for each in entries if not each.reason)


INERT_FLAGS, INERT_CONNECTION = _without(FLAG), _without(CONNECTION)

INERT_CONFIG = frozenset(each.key for each in CONFIG if each.effect == SHOWN)
STORED_CONFIG = frozenset(each.key for each in CONFIG if each.effect == STORED)
PLACE_CONFIG = tuple(each.key for each in CONFIG if each.reason == "relation")
"""Where a relation is: never data. Compared as configured, since what it resolves to differs by target."""


def sections() -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """All of it, each part with its title."""
    yield "Models, seeds, snapshots, tests, analyses, hooks and functions", NODE
    yield "Columns", COLUMN
    yield "Sources", SOURCE
    for kind, entries in OTHER.items():
        yield f"{kind.capitalize()}s" if kind != "saved query" else "Saved queries", entries
    yield "Configuration", CONFIG
    yield "dbt_project.yml", PROJECT
    yield "flags: of dbt_project.yml", FLAG
    yield "Production's target in profiles.yml", CONNECTION
    yield "Files", FILES
    yield "The manifest", MANIFEST


def page() -> str:
    """`docs/inputs.md`."""
    lines = ["# Every input, and the reason that it gives", "", *_INTRODUCTION, ""]
    for title, entries in sections():
        told: dict[tuple[str, str], list[str]] = {}
        for each in entries:
            note = f" (dbt {each.since})" if each.since else ""
            told.setdefault((each.reason, each.why), []).append(f"`{each.key}`{note}")
        lines += [
            f"## {title}",
            "",
            "| field or key | reason | what follows, or why it cannot matter |",
            "| --- | --- | --- |",
        ]
        for (reason, why), keys in told.items():
            lines.append(f"| {', '.join(keys)} | {f'`{reason}`' if reason else 'none'} | {why} |")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


_INTRODUCTION = (
    "A [plan](plan.md) says that nothing changed only where no input differs. These are all fields of dbt's manifest",
    "and all keys of its configuration, with the reason that a plan gives where one of them differs, or why none is",
    "needed. The tool takes from this table what it leaves out, and this page is made of it:",
    "`python -m dataops.project.inventory` prints it. A test fails when dbt brings a field or a key that is not here.",
    "`(dbt 1.12)`: from that version on; what has no such note is in all [versions](versions.md) that are supported.",
)

if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
