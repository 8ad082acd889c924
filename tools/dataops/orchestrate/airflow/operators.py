"""Operators: each starts one `dataops` command of an environment of its own, and ends as it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dataops.orchestrate.airflow.links import LINKS
from dataops.orchestrate.child import Child, Order, found, variables
from dataops.orchestrate.told import Told, place, published, read_index

OnHeld = Literal["succeed", "fail"]

ALIAS = "dataops"
"""The alias through which assets' events are told: a task that succeeds can leave any of them out."""

INDEX = "dataops-index.json"


class DataopsOperator(BaseOperator):
    """Runs a command in the folder of a dbt project.

    `environment`: the virtual environment that has `dataops`, else the one on the PATH counts; Airflow's own needs
    neither it nor dbt. `env`: variables for the command, added to the worker's. Commands of one project wait for each
    other by `lock`, a file; False lets them meet. `grace_seconds`: how long a command that is to stop may take for it.
    `site`: where `dataops site` is published, for links.
    """

    command: str = ""
    template_fields: Sequence[str] = (
        "project_dir",
        "environment",
        "profiles_dir",
        "profile",
        "target",
        "vars",
        "env",
        "index",
        "site",
    )
    template_fields_renderers = {"env": "json", "vars": "json"}  # noqa: RUF012 - as Airflow has it
    ui_color = "#dbe9f6"
    operator_extra_links = LINKS

    def __init__(
        self,
        *,
        project_dir: str,
        environment: str | None = None,
        profiles_dir: str | None = None,
        profile: str | None = None,
        target: str | None = None,
        vars: str | dict[str, Any] | None = None,  # noqa: A002 - dbt's name
        threads: int | None = None,
        env: dict[str, str] | None = None,
        index: str | None = None,
        lock: bool | str = True,
        grace_seconds: float = 5.0,
        site: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_dir = project_dir
        self.environment = environment
        self.profiles_dir = profiles_dir
        self.profile = profile
        self.target = target
        self.vars = vars
        self.threads = threads
        self.env = env
        self.index = index
        self.lock = lock
        self.grace_seconds = grace_seconds
        self.site = site
        self._child: Child | None = None

    def words(self) -> list[str]:
        """The command's own options."""
        return []

    def execute(self, context: Any) -> Any:
        """Run it; what came of it is the task's result."""
        return self.carry_out(context)

    def carry_out(self, context: Any) -> dict[str, Any]:
        """Run the command and judge it."""
        index = self._index()
        file = self.events(context)
        code = self.run_command([*self.command.split(), *self.words()], file)
        told = Told.read(file)
        result = self.judge(code, told)
        if index is not None and told.is_published() and told.release is not None:
            self._tell(context, index, told.release)
        return result

    def on_kill(self) -> None:
        """End the command, and all that it started."""
        if self._child is not None:
            self._child.stop()

    def events(self, context: Any) -> Path:
        """The file in which the command tells what it does."""
        ti = context["ti"]
        return place(self.project_dir, ti.dag_id, ti.run_id, f"{ti.task_id}-{ti.map_index}-{ti.try_number}")

    def run_command(self, command: list[str], file: Path) -> int:
        """Run a command to its end, its lines in the task's log; the exit code."""
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            program = found(self.environment)
        except FileNotFoundError as error:
            raise AirflowFailException(str(error)) from error
        words = [program, *command, *self._options(), "--events", str(file)]
        lock = str(Path(self.project_dir, ".dataops", "orchestrate.lock")) if self.lock is True else self.lock or ""
        self.log.info("%s", " ".join(["dataops", *command]))
        child = Child(Order(words, self.project_dir, variables(self.env), lock, self.grace_seconds))
        self._child = child
        try:
            for line in child.lines():
                self.log.info("%s", line)
            code = child.wait()
        finally:
            child.stop()
        if code == _STOPPED:
            raise AirflowException("dataops was stopped")
        return code

    def judge(self, code: int, told: Told) -> dict[str, Any]:
        """The task's result, if the command ended well and said so.

        Raises:
            AirflowException: it did not.
        """
        if told.finished is None:
            raise AirflowException(f"dataops ended with {code} and did not say what came of it")
        verdict = str(told.finished["verdict"])
        if code != told.finished["exit_code"]:
            raise AirflowException(f"dataops ended with {code}, after: {verdict}")
        if code:
            raise AirflowException(verdict)
        return {"verdict": verdict}

    def _options(self) -> list[str]:
        given = {
            "--profiles-dir": self.profiles_dir,
            "--profile": self.profile,
            "--target": self.target,
            "--vars": self.vars if self.vars is None or isinstance(self.vars, str) else json.dumps(self.vars),
            "--threads": self.threads,
        }
        return [word for name, value in given.items() if value is not None for word in (name, str(value))]

    def _index(self) -> dict[str, Any] | None:
        """The project's index: the one that was named, or the one that is there."""
        file = Path(self.project_dir, self.index or INDEX)
        if not self.index and not file.exists():
            return None
        try:
            return read_index(file)
        except ValueError as error:
            raise AirflowFailException(str(error)) from error

    def _tell(self, context: Any, index: dict[str, Any], release: dict[str, Any]) -> None:
        accessor = context["outlet_events"][AssetAlias(ALIAS)]
        for each in published(index, release):
            accessor.add(Asset(name=each.name, uri=each.uri), extra=each.extra)
            self.log.info("published %s", each.name)


_STOPPED = 130


class _Releasing(DataopsOperator):
    """A command that can publish. `on_held`: whether the task succeeds when a pause holds some nodes back."""

    def __init__(self, *, on_held: OnHeld = "succeed", **kwargs: Any) -> None:
        if on_held not in ("succeed", "fail"):
            raise ValueError(f"on_held is {on_held!r}: give 'succeed' or 'fail'")
        kwargs["outlets"] = [*(kwargs.get("outlets") or ()), AssetAlias(ALIAS)]
        super().__init__(**kwargs)
        self.on_held = on_held

    def expected(self) -> str:
        """The event of a release without which the task is no success."""
        return "release.published"

    def carry_out(self, context: Any) -> dict[str, Any]:
        """See `DataopsOperator`."""
        if self._index() is None:
            self.log.warning("there is no %s in the project: no asset's event is told", INDEX)
        return super().carry_out(context)

    def judge(self, code: int, told: Told) -> dict[str, Any]:
        """See `DataopsOperator`. Nothing is a success of which no release came."""
        release = told.release
        made = release is not None and release["event"] == self.expected() and told.finished is not None
        if not made or release is None or told.finished is None or code not in (0, 1):
            super().judge(code, told)
            raise AirflowException("dataops made no release")
        verdict = told.finished["verdict"]
        held = [each["unique_id"] for each in release["held"]]
        if told.finished["exit_code"] != code or (code and not held):
            raise AirflowException(f"dataops ended with {code}, after: {verdict}")
        if held:
            why = f"{verdict}, without {len(held)} nodes that are held: {', '.join(held[:5])}"
            if self.on_held == "fail":
                # To try again would release the same.
                raise AirflowFailException(why)
            self.log.warning("%s", why)
        return {
            "verdict": verdict,
            "release": release["release"],
            "revision": release["revision"],
            "nodes": len(release["nodes"]),
            "held": held,
        }


class DataopsDeployOperator(_Releasing):
    """`dataops deploy`: build beside production, test, and replace it if all passed. `hold`: leave it waiting."""

    command = "deploy"

    def __init__(self, *, hold: bool = False, full_refresh: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hold = hold
        self.full_refresh = full_refresh

    def expected(self) -> str:
        """See `_Releasing`."""
        return "release.waiting" if self.hold else "release.published"

    def words(self) -> list[str]:
        """See `DataopsOperator`."""
        return ["--hold"] * self.hold + ["--full-refresh"] * self.full_refresh


class DataopsPublishOperator(_Releasing):
    """`dataops publish`: make live what `deploy --hold` left."""

    command = "publish"


class _Choosing(DataopsOperator):
    """A command on a part of the project, in dbt's selection syntax."""

    template_fields: Sequence[str] = (*DataopsOperator.template_fields, "select", "exclude", "selector")

    def __init__(
        self, *, select: str | None = None, exclude: str | None = None, selector: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.select = select
        self.exclude = exclude
        self.selector = selector

    def words(self) -> list[str]:
        """See `DataopsOperator`."""
        given = {"--select": self.select, "--exclude": self.exclude}
        words = [word for name, value in given.items() if value for each in value.split() for word in (name, each)]
        return words + (["--selector", self.selector] if self.selector else [])


class DataopsBuildOperator(_Choosing):
    """`dataops build`: dbt build in a target, in place. It makes no release, and tells of no asset."""

    command = "build"

    def __init__(self, *, defer: bool = False, full_refresh: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reads_production = defer
        self.full_refresh = full_refresh

    def words(self) -> list[str]:
        """See `DataopsOperator`."""
        return [*super().words(), *["--defer"] * self.reads_production, *["--full-refresh"] * self.full_refresh]


class DataopsFreshnessOperator(_Choosing):
    """`dataops freshness`: fails when a source is too old, or cannot be asked."""

    command = "freshness"
