"""The commands on a real Spark: a master, two workers and a Thrift server on this machine's loopback.

    python tools/spark [--folder .spark] [--serve] [PYTEST OPTIONS]

Installs into an environment of its own, which is kept for the next time, starts the cluster, runs tools/tests/spark
with the transcript of each command and the promises of every engine (tools/tests/engines), and ends every process
that it started. `--serve` runs no tests: the cluster stays
until it is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from cluster import HOST, JAVA, Cluster, ClusterError, running

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tools" / "tests"
CHOSEN = (
    *(TESTS / "engines" / f"test_{name}.py" for name in ("kill", "workspace", "releases", "waiting", "surroundings")),
    TESTS / "spark",
)
LOCKED = ("constraints.txt", "constraints-spark.txt")


def main() -> int:
    """Pytest's exit code; 2 where there is no Java, or the cluster does not come up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / ".spark", help="where environment and cluster are")
    parser.add_argument("--python", type=Path, help="an environment that has dbt-spark and pyspark already")
    parser.add_argument("--serve", action="store_true", help="start the cluster alone")
    given, pytest = parser.parse_known_args()
    # Ended from outside, everything is taken down as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if shutil.which("java") is None:
        print("error: there is no Java\nhint: install Java 17 (Debian, Ubuntu: apt install openjdk-17-jre-headless)")
        return 2
    folder: Path = given.folder.resolve()
    try:
        python = given.python or environment(folder)
        started = time.monotonic()
        with running(home(python), folder / "run") as cluster:
            print(f"cluster: master, 2 workers and Thrift server in {time.monotonic() - started:.0f} s", flush=True)
            if given.serve:
                serve(cluster)
            return tests(python, cluster, pytest)
    except ClusterError as error:
        print(f"error: {error}\nhint: the logs are in {folder / 'run' / 'logs'}")
        return 2
    except KeyboardInterrupt:
        return 130


def environment(folder: Path) -> Path:
    """The Python of an environment as the project and the constraints ask for it; what changed is installed anew."""
    asked = "".join((ROOT / name).read_text(encoding="utf-8") for name in (*LOCKED, "pyproject.toml"))
    digest = hashlib.sha256(asked.encode()).hexdigest()
    # One for each Python: it takes two gigabytes.
    place = folder / ".".join(map(str, sys.version_info[:2]))
    python, done = place / "bin" / "python", place / "made"
    if not done.exists() or done.read_text(encoding="utf-8") != digest:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        constraints = [word for name in LOCKED for word in ("-c", str(ROOT / name))]
        words = ["install", "--quiet", "--disable-pip-version-check", *constraints, "-e", f"{ROOT}[dev]"]
        subprocess.run([python, "-m", "pip", *words, "dbt-spark[PyHive,session]", "pyspark"], cwd=ROOT, check=True)
        done.write_text(digest, encoding="utf-8")
    return python


def home(python: Path) -> Path:
    """Where pyspark has Spark."""
    asked = "import pyspark, pathlib; print(pathlib.Path(pyspark.__file__).parent)"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def tests(python: Path, cluster: Cluster, pytest: list[str]) -> int:
    """Run them, then say what each worker did."""
    words = ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-s", "-v", *pytest]
    known = {**os.environ, "DATAOPS_SPARK_PORT": str(cluster.port), "SPARK_LOCAL_IP": HOST, "SPARK_SUBMIT_OPTS": JAVA}
    chosen = [] if any(Path(each.split("::")[0]).exists() for each in pytest) else [*map(str, CHOSEN)]
    process = subprocess.Popen([str(python), *words, *chosen], cwd=ROOT, env=known)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        raise
    finally:
        if process.poll() is None:
            process.kill()
    tasks = cluster.executors()
    print(f"workers: {cluster.workers()} alive; tasks by executor: {tasks}", flush=True)
    if not code and (cluster.workers() < 2 or not all(tasks.values())):
        print("error: not both workers were used")
        return 1
    return code


def serve(cluster: Cluster) -> None:
    """Wait for Ctrl-C."""
    print(f"thrift://127.0.0.1:{cluster.port}, files in {cluster.folder}; Ctrl-C ends it", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
