"""How settings are written: values whose type does not say it all, and mistakes told by line, key and what is known."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

import yaml

from dataops.errors import SettingsError

Place = tuple[str | int, ...]
"""Keys, and positions in lists, from the top of the file."""

_LIMIT = r"^\s*\d+(\.\d+)?([eE][-+]?\d+)?\s*%?\s*$"
_TYPES = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
}


class MistakeError(ValueError):
    """A value that is not as it must be. `said`: of what is written there; where that may be a secret, without it."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.said = said
        self.remedy = remedy


@dataclass(frozen=True)
class Notation:
    """How a value may be written. `read` makes of it what its type wants; `schema` says it to editors."""

    read: Callable[[Any], Any] | None
    schema: Callable[[dict[str, Any]], dict[str, Any]]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """For pydantic: read it first."""
        from pydantic_core import core_schema

        own = handler(source)
        return own if self.read is None else core_schema.no_info_before_validator_function(self.read, own)

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """For pydantic: the schema of a value."""
        return self.schema(handler(core))


def _number(value: Any) -> Any:
    """YAML reads a number as text when it is written like 1e-9."""
    if not isinstance(value, str):
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        return float(value)
    except ValueError:
        raise MistakeError(f"is {_shown(value)}, not a number", "write it like 0.001 or 1e-9") from None


def _limit(value: Any) -> str | None:
    """A limit of 0 is a number to YAML, one of 0.1% is text."""
    if value is None or (not isinstance(value, bool) and re.match(_LIMIT, str(value))):
        return None if value is None else str(value)
    raise MistakeError(f"is {_shown(value)}", "write a number, such as 0, or a share, such as 0.1%")


def _variables(value: Any) -> tuple[str, ...]:
    """Names of environment variables. What is none is not shown: it may be the secret that belongs into one."""
    names = value if isinstance(value, list) else [None]
    if not all(isinstance(each, str) and re.fullmatch(r"[A-Za-z_]\w*", each, re.ASCII) for each in names):
        raise MistakeError(
            "must be a list of names of environment variables",
            "put each secret into a variable and its name into this list, as in `[ALERT_MAIL]`",
        )
    return tuple(names)


def _rule_setting(value: Any) -> Any:
    """A severity by itself, or with parameters. YAML reads a bare `off` as false."""
    given = {"severity": value} if not isinstance(value, dict) else value
    said = {**given, "severity": "off"} if given.get("severity") is False else given
    if said.get("severity", "warn") not in ("off", "warn", "error"):
        raise MistakeError(
            f"is {_shown(value)}", "write off, warn, error, or parameters such as {severity: warn, layers: [marts]}"
        )
    return said


number = Notation(_number, lambda schema: schema)
limit = Notation(
    _limit,
    lambda _: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _LIMIT}, {"type": "null"}]},
)
variables = Notation(
    _variables,
    lambda schema: {**schema, "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
)
_SEVERITY = {"enum": ["off", "warn", "error", False]}
rule_setting = Notation(
    _rule_setting, lambda _: {"anyOf": [_SEVERITY, {"type": "object", "properties": {"severity": _SEVERITY}}]}
)
NULLABLE = Notation(None, lambda schema: {"anyOf": [schema, {"type": "null"}]})
"""A section of which nothing is written yet."""


@dataclass(frozen=True)
class Mistakes:
    """What is wrong with a file: its name, its text, what YAML makes of it, the class that it should be, its schema."""

    name: str
    text: str
    raw: Any
    kind: type
    schema: Mapping[str, Any]

    def first(self, errors: Sequence[Mapping[str, Any]]) -> SettingsError:
        """The first of pydantic's errors from the top of the file, in our words."""
        told = [(line_of(self.text, error["loc"]), error) for error in errors]
        line, error = min(told, key=lambda each: each[0])
        said, remedy = self._told(error)
        return SettingsError(f"{self.name}:{line}: {said}", remedy)

    def _told(self, error: Mapping[str, Any]) -> tuple[str, str]:
        place: Place = error["loc"]
        key, kind = f"`{_dotted(place)}`", error["type"]
        if kind == "unexpected_keyword_argument":
            known = sorted(each.name for each in fields(self._class(place[:-1])))
            close = difflib.get_close_matches(str(place[-1]), known, 1)
            hint = f"did you mean `{close[0]}`? " if close else ""
            return f"unknown key {key}", f"{hint}known here: {', '.join(known)}"
        if kind == "dataclass_type":
            return f"{key if place else 'the file'} must be a mapping", "write `key: value` lines"
        if kind == "tuple_type":
            return f"{key} must be a list", "write `- key: value` items"
        if kind == "value_error":
            mistake = error["ctx"]["error"]
            return f"{key} {mistake.said}", mistake.remedy
        found = f"{key} is {_shown(self._value(place))}"
        if kind == "literal_error":
            return found, f"write one of {error['ctx']['expected'].replace(chr(39), '').replace(' or ', ', ')}"
        if kind == "greater_than_equal":
            return f"{found}, less than {error['ctx']['ge']}", self._about(place)
        return f"{found}, not {_TYPES.get(kind, error['msg'])}", self._about(place)

    def _class(self, place: Place) -> type:
        """The class of a section."""
        kind = self.kind
        for part in place:
            hint = get_type_hints(kind).get(str(part)) if isinstance(part, str) else None
            kind = next((each for each in (hint, *get_args(hint)) if is_dataclass(each)), kind)  # type: ignore[assignment]
        return kind

    def _about(self, place: Place) -> str:
        """What a key is for, as the schema describes it."""
        section = self.schema["$defs"].get(self._class(place[:-1]).__name__, self.schema)
        return f"`{place[-1]}`: {section['properties'].get(place[-1], {}).get('description', 'mend the value')}"

    def _value(self, place: Place) -> Any:
        value = self.raw
        for part in place:
            value = value[part]
        return value


def line_of(text: str, place: Place) -> int:
    """The line, from 1, of a key or an item; of the last one on the way that is there."""
    node = yaml.compose(text, yaml.SafeLoader)
    line = 0 if node is None else node.start_mark.line
    for part in place:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
    return int(line) + 1


def _shown(value: Any) -> str:
    """As YAML takes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _dotted(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
