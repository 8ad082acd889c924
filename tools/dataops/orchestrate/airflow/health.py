"""A sensor that waits until production is healthy, and meanwhile costs a coroutine in the triggerer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from dataops.orchestrate.child import found, variables


async def status(project_dir: str, environment: str | None, target: str | None, env: dict[str, str] | None) -> Any:
    """What `dataops status` says of production.

    Raises:
        RuntimeError: it could not say it.
    """
    words = [found(environment), "status", "--format", "json", *(["--target", target] if target else [])]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*words, cwd=project_dir, env=variables(env), stdout=pipe, stderr=pipe)
    try:
        out, err = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    if child.returncode not in (0, 1):
        raise RuntimeError(err.decode("utf-8", "replace").strip() or f"dataops status ended with {child.returncode}")
    return json.loads(out)


def problems(found: dict[str, Any]) -> str:
    """Why production is not healthy, on one line."""
    return "; ".join(f"{each['kind']}: {each['name']}" for each in found["problems"][:5]) or "no run of it is known"


class HealthTrigger(BaseTrigger):
    """Asks again and again, and fires once production is healthy, or cannot be asked."""

    def __init__(
        self,
        project_dir: str,
        environment: str | None,
        target: str | None,
        env: dict[str, str] | None,
        poke_interval: float,
    ) -> None:
        super().__init__()
        self.asked = {"project_dir": project_dir, "environment": environment, "target": target, "env": env}
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """See `BaseTrigger`."""
        return f"{__name__}.HealthTrigger", {**self.asked, "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """See `BaseTrigger`."""
        while True:
            try:
                found = await status(**self.asked)  # type: ignore[arg-type]
            except (OSError, RuntimeError, ValueError) as error:
                yield TriggerEvent({"error": str(error)})
                return
            if found["healthy"]:
                yield TriggerEvent({"live": found["live"]})
                return
            self.log.info("not healthy: %s", problems(found))
            await asyncio.sleep(self.poke_interval)


class DataopsHealthSensor(BaseSensorOperator):
    """Waits for `dataops status` to call production healthy; `deferrable`: in the triggerer, and takes no worker."""

    template_fields: Sequence[str] = ("project_dir", "environment", "target", "env")
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        project_dir: str,
        environment: str | None = None,
        target: str | None = None,
        env: dict[str, str] | None = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_dir = project_dir
        self.environment = environment
        self.target = target
        self.env = env
        self.deferrable = deferrable

    def poke(self, context: Any) -> bool:
        """See `BaseSensorOperator`."""
        try:
            told = asyncio.run(status(self.project_dir, self.environment, self.target, self.env))
        except FileNotFoundError as error:
            raise AirflowFailException(str(error)) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise AirflowException(str(error)) from error
        if not told["healthy"]:
            self.log.info("not healthy: %s", problems(told))
        return bool(told["healthy"])

    def execute(self, context: Any) -> Any:
        """See `BaseSensorOperator`."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            trigger = HealthTrigger(self.project_dir, self.environment, self.target, self.env, self.poke_interval)
            self.defer(trigger=trigger, method_name="resumed", timeout=timedelta(seconds=self.timeout))
        return None

    def resumed(self, context: Any, event: dict[str, Any]) -> None:
        """The trigger fired."""
        if "error" in event:
            raise AirflowException(event["error"])
