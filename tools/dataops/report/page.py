"""Elementary's official page, fed by `Answers`, and its senders through Elementary's own clients."""

from __future__ import annotations

import logging
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from elementary.config.config import Config
from elementary.monitor.data_monitoring.report.data_monitoring_report import DataMonitoringReport
from elementary.monitor.data_monitoring.schema import FiltersSchema

from dataops.config import Report as Places
from dataops.errors import DataopsError
from dataops.report.runner import Answers, quicker

SECRETS = {
    "slack_token": "SLACK_TOKEN",
    "slack_webhook": "SLACK_WEBHOOK_URL",
    "azure_connection_string": "AZURE_STORAGE_CONNECTION_STRING",
}
"""Secrets by Elementary's name for each, and the environment variable that holds it. AWS and Google have their own."""

_ALSO_SECRET = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class ReportError(DataopsError):
    """Elementary could not make its page, or not send it."""


def need_a_place(page: Any) -> None:
    """Refuse to send to nowhere, before the page is made.

    Raises:
        ReportError: no place is set.
    """
    if not (page.config.has_send_report_platform or page.config.slack_webhook):
        raise ReportError(
            "there is no place to send the report to",
            "set report.s3_bucket, gcs_bucket, azure_container or slack_channel in dataops.yml",
        )


def send(page: Any, named: Mapping[str, object], given: Mapping[str, str]) -> None:
    """Send the page; `named` are the arguments that it was made with, `given` the environment's variables.

    Raises:
        ReportError: a place did not take it. What it says holds no secret.
    """
    why = ""
    # A webhook takes no files, and elementary-data 0.26.0 fails where it is told of one.
    summary_alone = bool(page.config.slack_webhook and not page.config.slack_token)
    with said() as lines, warnings.catch_warnings():
        # Slack's library warns whoever posts blocks without a text, as Elementary does.
        warnings.simplefilter("ignore", UserWarning)
        try:
            if page.send_report(**named, disable_html_attachment=summary_alone):
                return
        except DataopsError:
            raise
        except Exception as error:  # noqa: BLE001 - what the clients of four services raise
            why = f"{type(error).__name__}: {error}"
    told = " ".join(f"{why} {' '.join(lines)}".split()) or "no reason was given"
    raise ReportError(
        f"Elementary could not send its page: {_without_secrets(told, given)}",
        "check the place in dataops.yml (report.*), its credentials and the network, then run again",
    ) from None


@contextmanager
def said() -> Iterator[list[str]]:
    """What Elementary logs as errors. It would print them, with the address of a Slack webhook, which is a secret."""
    lines: list[str] = []
    logger = logging.getLogger("elementary")
    handler = _Kept(lines)
    propagate, before = logger.propagate, list(logger.handlers)
    logger.propagate, logger.handlers = False, [handler]
    try:
        yield lines
    finally:
        logger.propagate, logger.handlers = propagate, before


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


def _without_secrets(text: str, given: Mapping[str, str]) -> str:
    """The names of variables where their values would be."""
    for variable in (*SECRETS.values(), *_ALSO_SECRET):
        if given.get(variable):
            text = text.replace(given[variable], f"${variable}")
    return text


_FROM_ELSEWHERE = re.compile(rb"<link\b[^>]*https://fonts\.[^>]*>")
"""The page's fonts, which its reader would load from another server; the browser's own are used instead."""

_NO_ACCOUNT = b'<script>window.VITE_API_BASE_URL = "data:application/json,{}#";</script>'
"""Where the page asks for the reader's account with Elementary: it is answered by the address itself, with none. Where
none is given, the page asks for a file `undefined/account/` beside itself, and its reader's console tells of an error.
"""

ALL_RUNS = 1_000_000
"""The page shows as many runs as the answers hold."""


class Page(DataMonitoringReport):  # type: ignore[misc]
    """Elementary's report over our records. It tracks nobody: there is no tracking object to call."""

    def __init__(self, answers: Answers, config: Config, only: FiltersSchema) -> None:
        """`only`: the invocation that the page is limited to."""
        self._given = answers
        self._made: tuple[bool, str] | None = None
        super().__init__(config, tracking=None, selector_filter=only)

    def _init_internal_dbt_runner(self) -> Answers:
        return self._given

    def generate_report(self, *given: Any, **named: Any) -> tuple[bool, str]:
        """Elementary's page in a file, asking no server for fonts, nor for an account. It is made once."""
        if self._made is None:
            self._made = super().generate_report(*given, **named)
            file = Path(self._made[1])
            file.write_bytes(_NO_ACCOUNT + _FROM_ELSEWHERE.sub(b"", file.read_bytes()))
        return self._made

    def _add_report_tracking(self, report_data: object, error: Exception | None = None) -> None:
        """Nothing is tracked; Elementary would go on after an error, and write an empty page."""
        if isinstance(error, DataopsError):
            raise error
        if error is not None:
            raise ReportError(
                f"Elementary could not make its page: {type(error).__name__}: {' '.join(str(error).split())}",
                "please report this as a defect of dataops, with the version of elementary-data",
            ) from error


def write(
    answers: Answers,
    file: Path,
    days: int,
    environment: str,
    only: Mapping[str, object],
    places: Places | None = None,
    given: Mapping[str, str] | None = None,
) -> None:
    """Write the page to a file, whole or not at all; then send it to the places, if there are any.

    `given`: the environment's variables, of which the clients take their secrets. Without places no network is asked.

    Raises:
        ReportError: Elementary could not make it, no place is set, or one did not take it.
    """
    given = given if given and places is not None else {}
    with _elementary(answers, places or Places(), environment, only, given) as (page, folder):
        named = {"days_back": days, "test_runs_amount": ALL_RUNS, "file_path": str(folder / f"{file.stem}.html")}
        if places is not None:
            need_a_place(page)
        with said() as lines:
            made, place = page.generate_report(**named, should_open_browser=False)
        if not made:
            raise ReportError(f"Elementary could not make its page: {' '.join(lines)}", "mend that and run again")
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            shutil.copyfile(place, beside)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
        if places is not None:
            send(page, named, given)


@contextmanager
def _elementary(
    answers: Answers, places: Places, environment: str, only: Mapping[str, object], given: Mapping[str, str]
) -> Iterator[tuple[Page, Path]]:
    """Elementary with a folder of its own for what it leaves, and without a configuration file of another project."""
    before = os.environ.get("DBT_LOG_PATH")
    with TemporaryDirectory(prefix="dataops-report-") as folder:
        config = Config(
            config_dir=folder,
            target_path=folder,
            env=environment,
            quiet_logs=True,
            slack_channel_name=places.slack_channel,
            s3_bucket_name=places.s3_bucket,
            s3_endpoint_url=places.s3_endpoint,
            gcs_bucket_name=places.gcs_bucket,
            azure_container_name=places.azure_container,
            update_bucket_website=places.website,
            **{name: given[variable] for name, variable in SECRETS.items() if variable in given},
        )
        # Elementary points dbt's log at its folder, which is gone when this ends.
        os.environ.pop("DBT_LOG_PATH", None)
        if before is not None:
            os.environ["DBT_LOG_PATH"] = before
        config.anonymous_tracking_enabled = False
        quiet = logging.root.manager.disable
        logging.disable(logging.INFO)
        try:
            with quicker(), said():
                yield Page(answers, config, FiltersSchema(**only)), Path(folder)
        finally:
            logging.disable(quiet)
