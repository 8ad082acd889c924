"""Which rules hold in a project, how much each matters, and with which parameters."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops import config
from dataops.check.rule import Rule
from dataops.config import FILE, Checks
from dataops.errors import SettingsError

_WORDS: dict[type, str] = {
    tuple: "a list of texts",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


@dataclass(frozen=True)
class Enforced:
    """A rule as this project has it. `severity` is off, warn or error."""

    rule: Rule
    severity: str
    parameters: Mapping[str, Any]


def enforced(root: Path, settings: Checks, rules: Iterable[Rule]) -> tuple[Enforced, ...]:
    """Every rule with its severity and parameters, by name.

    Raises:
        SettingsError: `dataops.yml` names a rule or a parameter that there is not, or a value of another type.
    """
    known = {each.name: each for each in rules}
    for name in settings.rules:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean `{close[0]}`? " if close else ""
            raise _mistake(root, name, "", f"unknown rule `{name}`", f"{hint}`dataops check --list` lists all rules")
    return tuple(_enforced(root, rule, settings) for _, rule in sorted(known.items()))


def _enforced(root: Path, rule: Rule, settings: Checks) -> Enforced:
    given = dict(settings.rules.get(rule.name, {}))
    severity = given.pop("severity", None) or rule.presets[settings.preset]
    if severity == "off" and given:
        # Whoever sets a parameter of a rule wants the rule.
        severity = "warn" if settings.rules[rule.name].get("severity") is None else severity
    parameters = dict(rule.parameters)
    for name, value in given.items():
        if name not in parameters:
            own = ", ".join(sorted(parameters)) or "none"
            said = f"`check.rules.{rule.name}` has no parameter `{name}`"
            raise _mistake(root, rule.name, name, said, f"its parameters: {own}; and `severity`: off, warn, error")
        kind = type(parameters[name])
        parameters[name] = _value(root, rule, name, value, kind)
    return Enforced(rule, severity, parameters)


def _value(root: Path, rule: Rule, name: str, value: Any, kind: type) -> Any:
    if kind is tuple and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if type(value) is kind or (kind is float and whole):
        return value
    said = f"`check.rules.{rule.name}.{name}` is not {_WORDS.get(kind, kind.__name__)}"
    raise _mistake(root, rule.name, name, said, f"by default it is {shown(rule.parameters[name])}")


def shown(value: Any) -> str:
    """A parameter's value as `dataops.yml` has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) and not value.replace("_", "").isalnum() else str(value)


def _mistake(root: Path, rule: str, parameter: str, said: str, remedy: str) -> SettingsError:
    line = config.line(root, ("check", "rules", rule, *([parameter] if parameter else [])))
    return SettingsError(f"{FILE}:{line}: {said}", remedy)
