"""dataops.yml: every key with its type, and what is refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from dataops import config
from dataops.config import Settings, load
from dataops.errors import SettingsError
from tests.written import schema


def _load(folder: Path, text: str) -> Settings:
    (folder / "dataops.yml").write_text(text, encoding="utf-8")
    return load(folder)


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "{}", "lint:\nreleases:\n"])
def test_the_defaults(tmp_path: Path, text: str | None) -> None:
    settings = load(tmp_path) if text is None else _load(tmp_path, text)
    assert asdict(settings) == {
        "state": ".dataops/state",
        "parser": "auto",
        "production": {"target": None, "requires": (), "release_every_hours": None},
        "ci": {"target": None},
        "lint": {"blocking": True},
        "check": {
            "preset": "light",
            "layers": {"staging": ("staging",), "intermediate": ("intermediate",), "marts": ("marts",)},
            "rules": {},
        },
        "releases": {"keep": 5, "hold_hours": 48},
        "diff": {
            "relative_tolerance": 1e-9,
            "absolute_tolerance": 1e-12,
            "ignore_case": False,
            "ignore_space": False,
            "samples": 5,
            "sampled_above": 500_000_000,
            "rules": (),
        },
        "breaker": {"rules": ()},
        "history": {"keep_days": 180, "samples": 5},
        "report": {
            "slack_channel": None,
            "s3_bucket": None,
            "s3_endpoint": None,
            "gcs_bucket": None,
            "azure_container": None,
            "website": False,
        },
        "alert": {"to": (), "site": None},
        "orchestrate": {"assets": ()},
    }


def test_every_key(tmp_path: Path) -> None:
    text = (
        "state: s3://bucket/state\nparser: v2\n"
        "production: {target: live, requires: [SALT], release_every_hours: 24}\nci: {target: review}\n"
        "lint: {blocking: false}\nreleases: {keep: 1, hold_hours: 12}\n"
        "check: {preset: strict, layers: {staging: [raw], intermediate: [], marts: [core, marts]}, "
        "rules: {a: off, b: warn, c: {least: 2}, d: {severity: off, x: [y]}}}\n"
        "diff: {relative_tolerance: 1e-6, absolute_tolerance: 0, ignore_case: true, ignore_space: true, samples: 0, "
        "sampled_above: 10, rules: [{name: n, models: m, columns: c, removed: 0, added: 1%, modified: 0.5, total: 1, "
        "mean: 2, nulls: 3, match: 99%, severity: warn}]}\n"
        "breaker: {rules: [{action: pause, tests: t, models: m, severity: warn, resume_after: 3}]}\n"
        "history: {keep_days: 7, samples: 0}\n"
        "report: {slack_channel: c, s3_bucket: b, s3_endpoint: e, gcs_bucket: g, azure_container: a, website: true}\n"
        "alert: {to: [ALERT_MAIL, _b2], site: 'https://data.example.com'}\n"
        "orchestrate: {assets: [fct_*, 'tag:daily']}\n"
    )
    assert asdict(_load(tmp_path, text)) == {
        "state": "s3://bucket/state",
        "parser": "v2",
        "production": {"target": "live", "requires": ("SALT",), "release_every_hours": 24},
        "ci": {"target": "review"},
        "lint": {"blocking": False},
        "check": {
            "preset": "strict",
            "layers": {"staging": ("raw",), "intermediate": (), "marts": ("core", "marts")},
            "rules": {
                "a": {"severity": "off"},
                "b": {"severity": "warn"},
                "c": {"least": 2},
                "d": {"severity": "off", "x": ["y"]},
            },
        },
        "releases": {"keep": 1, "hold_hours": 12},
        "diff": {
            "relative_tolerance": 1e-6,
            "absolute_tolerance": 0.0,
            "ignore_case": True,
            "ignore_space": True,
            "samples": 0,
            "sampled_above": 10,
            "rules": (
                {
                    "name": "n",
                    "models": "m",
                    "columns": "c",
                    "removed": "0",
                    "added": "1%",
                    "modified": "0.5",
                    "total": "1",
                    "mean": "2",
                    "nulls": "3",
                    "match": "99%",
                    "severity": "warn",
                },
            ),
        },
        "breaker": {
            "rules": ({"action": "pause", "tests": "t", "models": "m", "severity": "warn", "resume_after": 3},)
        },
        "history": {"keep_days": 7, "samples": 0},
        "report": {
            "slack_channel": "c",
            "s3_bucket": "b",
            "s3_endpoint": "e",
            "gcs_bucket": "g",
            "azure_container": "a",
            "website": True,
        },
        "alert": {"to": ("ALERT_MAIL", "_b2"), "site": "https://data.example.com"},
        "orchestrate": {"assets": ("fct_*", "tag:daily")},
    }


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (
            "stat: x\n",
            "unknown key `stat`",
            "did you mean `state`? known here: alert, breaker, check, ci, diff, history, lint, orchestrate, parser",
        ),
        (
            "x: 1\n",
            "unknown key `x`",
            "known here: alert, breaker, check, ci, diff, history, lint, orchestrate, parser, production, releases",
        ),
        ("lint: {block: true}\n", "unknown key `lint.block`", "did you mean `blocking`? known here: blocking"),
        ("1: 2\n", "unknown key `1`", "known here"),
        ("state: 3\n", "dataops.yml:1: `state` is 3, not text", "`state`: Where production's state is kept"),
        ("\n\nstate: null\n", "dataops.yml:3: `state` is null, not text", "`state`: Where"),
        ("state: 2026-03-01\n", '`state` is "2026-03-01", not text', "`state`: Where"),
        ("lint: {blocking: 1}\n", "`lint.blocking` is 1, not true or false", "`blocking`: Whether lint"),
        ("lint: {blocking: 'no'}\n", '`lint.blocking` is "no", not true or false', "`blocking`: Whether lint"),
        ("releases: {keep: true}\n", "`releases.keep` is true, not a whole number", "`keep`: How many"),
        ("releases: {keep: 2.5}\n", "`releases.keep` is 2.5, not a whole number", "`keep`: How many"),
        ("parser: rust\n", '`parser` is "rust"', "write one of auto, dbt, v2"),
        ("releases: {keep: 0}\n", "`releases.keep` is 0, less than 1", "for `dataops rollback`"),
        ("production: {target: [a]}\n", '`production.target` is ["a"], not text', "dbt's target of production"),
        ("production: live\n", "`production` must be a mapping", "key: value"),
        ("- state\n", "the file must be a mapping", "key: value"),
        ("alert: {to: mailto://x}\n", "`alert.to` must be a list of names", "put each secret into a variable"),
        ("alert: {to: ['mailto://x']}\n", "`alert.to` must be a list of names", "put each secret into a variable"),
        (
            "state: x\ndiff:\n  rules:\n    - removed: 0\n    - sevrity: warn\n  samples: few\n",
            "dataops.yml:5: unknown key `diff.rules[1].sevrity`",
            "did you mean `severity`?",
        ),
        ("check: {preset: hard}\n", '`check.preset` is "hard"', "write one of light, standard, strict"),
        ("check: {rules: {a: 3}}\n", "`check.rules.a` is 3", "write off, warn, error, or parameters"),
        ("check: {rules: {a: }}\n", "`check.rules.a` is null", "write off, warn, error, or parameters"),
        ("check:\n  rules:\n    a: {severity: loud}\n", "dataops.yml:3: `check.rules.a` is", "write off, warn, error"),
        ("check: {rules: [a]}\n", '`check.rules` is ["a"], not a mapping', "Single rules by name"),
        ("diff: {rules: [3]}\n", "`diff.rules[0]` must be a mapping", "key: value"),
        ("diff: {rules: null}\n", "`diff.rules` must be a list", "- key: value"),
        ("state\n", "the file must be a mapping", "key: value"),
        ("state: [\n", "not valid YAML", "dataops.yml"),
        ("state: !!python/object:os.system {}\n", "not valid YAML", "dataops.yml"),
    ],
)
def test_refused(tmp_path: Path, text: str, said: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text)
    assert said in caught.value.message
    assert remedy in caught.value.remedy
    assert "\n" not in caught.value.message + caught.value.remedy


EVERY = (
    "state: s3://bucket/state\nlint:\n"
    "production: {target: live, requires: [SALT], release_every_hours: 24}\nreleases: {keep: 1}\n"
    "diff: {absolute_tolerance: 0, rules: [{removed: 0, added: 1%, match: 99.5, severity: warn}]}\n"
    "check: {layers: , rules: {a: off, b: {severity: warn, least: 2}}}\n"
)


def test_the_schema_for_editors_is_what_is_read() -> None:
    """To accept a change of the settings, delete the schema and run the test twice."""
    place = Path(config.__file__).parent / "schemas" / "settings.json"
    if not place.exists():
        place.write_text(json.dumps(config.schema(), indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"there was no {place}: it is written now, read it")
    written = schema("settings")
    assert written == config.schema()
    judge = Draft202012Validator(written)
    Draft202012Validator.check_schema(written)
    assert not list(judge.iter_errors(yaml.safe_load(EVERY)))
    for wrong in ("stat: x", "lint: {blocking: 1}", "diff: {rules: [{added: few}]}", "alert: {to: ['mailto://x']}"):
        assert list(judge.iter_errors(yaml.safe_load(wrong))), wrong
    described = [written, *written["$defs"].values()]
    assert all("description" in each or "$ref" in str(each) for one in described for each in one["properties"].values())


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "dataops.yml").write_bytes(b"state: \xff\xfe\n")
    with pytest.raises(SettingsError, match="not valid YAML"):
        load(tmp_path)
