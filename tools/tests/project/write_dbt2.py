"""Writes the artifacts of dbt 2 that tests read, from `projects/both`, with a dbt 2 that is installed elsewhere.

python -m tests.project.write_dbt2 /path/to/the/dbt/of/dbt/2
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "dbt2"
PROJECT = Path(__file__).parents[1] / "projects" / "both"
_OWN = re.compile(r"macro\.dbt(_duckdb)?\.")


def write(binary: str) -> None:
    """Build and compile the project, and keep what is written, without dbt's own macros.

    Where dbt 2 has no driver for DuckDB the build fails, and its results say so.
    """
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "both"
        shutil.copytree(PROJECT, project)
        words = ["--profiles-dir", "profiles", "--target", "prod", "--no-send-anonymous-usage-stats"]
        for command, file in (("build", "run_results.json"), ("compile", "manifest.json")):
            subprocess.run([binary, command, *words], cwd=project, check=False)
            document = json.loads((project / "target" / file).read_text())
            for name in ("macros", "docs"):
                if name in document:
                    document[name] = {uid: each for uid, each in document[name].items() if not _OWN.match(uid)}
            for name in ("child_map", "parent_map"):
                document.pop(name, None)
            (FOLDER / file).write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    write(sys.argv[1])
