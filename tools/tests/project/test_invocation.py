"""What dbt says of a node, as it is shown."""

from __future__ import annotations

from types import SimpleNamespace

from dataops.project.invocation import node_result

REFUSED = """Runtime Error
  org.apache.hive.service.cli.HiveSQLException: Error running query: [PARTITIONS_NOT_FOUND] No partition(s).
  \tat org.apache.spark.sql.hive.thriftserver.SparkOperation.withClassLoader$(SparkOperation.scala:79)
  \tat java.base/java.util.concurrent.ThreadPoolExecutor.<init>(ThreadPoolExecutor.java:1136)
  Verify the partition at hand (the name, for one).
"""


def test_a_servers_stack_is_no_part_of_what_it_says() -> None:
    node = SimpleNamespace(
        unique_id="model.a.b", name="b", resource_type="model", original_file_path="b.sql", attached_node=None
    )
    result = SimpleNamespace(node=node, message=REFUSED, status="error", execution_time=1.0, failures=None)
    told = node_result(result, lambda _, file: file).message
    assert [line.strip().split(" ")[0] for line in told.splitlines()] == [
        "Runtime",
        "org.apache.hive.service.cli.HiveSQLException:",
        "Verify",
    ]
