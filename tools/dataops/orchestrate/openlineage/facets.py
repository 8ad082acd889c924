"""The facets of events: which there are, which schema each keeps, and the ones that several events have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    documentation_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    processing_engine_run,
    schema_dataset,
    test_run,
)

from dataops import __version__

PRODUCER = f"urn:dbt-dataops:{__version__}"
OWN = "urn:dbt-dataops:openlineage-release:1"
"""The `$id` of schemas/openlineage-release.json."""

_OWN = f"{OWN}#/$defs/DataopsReleaseRunFacet"
_SCHEMAS: Mapping[str, str] = {
    name: each._get_schema()
    for name, each in (
        ("columnLineage", column_lineage_dataset.ColumnLineageDatasetFacet),
        ("dataQualityAssertions", data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet),
        ("documentation", documentation_dataset.DocumentationDatasetFacet),
        ("errorMessage", error_message_run.ErrorMessageRunFacet),
        ("jobType", job_type_job.JobTypeJobFacet),
        ("outputStatistics", output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet),
        ("parent", parent_run.ParentRunFacet),
        ("processing_engine", processing_engine_run.ProcessingEngineRunFacet),
        ("schema", schema_dataset.SchemaDatasetFacet),
        ("test", test_run.TestRunFacet),
    )
} | {"dataops_release": _OWN}


def facet(name: str, /, **values: Any) -> dict[str, Any]:
    """A facet by its name, with who made it and which schema it keeps; values that are None are left out."""
    told = {key: value for key, value in values.items() if value is not None}
    return {"_producer": PRODUCER, "_schemaURL": _SCHEMAS[name], **told}


def job_facets(kind: str) -> dict[str, Any]:
    """What kind of job it is."""
    return {"jobType": facet("jobType", processingType="BATCH", integration="DBT", jobType=kind)}


def engine(dbt_version: str) -> dict[str, Any]:
    """Which dbt did it, and which dataops told of it."""
    return facet("processing_engine", name="dbt", version=dbt_version, openlineageAdapterVersion=__version__)
