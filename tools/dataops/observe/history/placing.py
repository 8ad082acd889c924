"""In which target a run of plain dbt was: its artifacts name it only if somebody named it to dbt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError
from dataops.observe.history.artifacts import Found
from dataops.observe.history.reader import History
from dataops.project import profiles
from dataops.project.profiles import Profile


def placed(found: Sequence[Found], named: str | None, root: Path, history: History) -> list[Found]:
    """Artifacts with their targets, `named` where they have none; None stays where nothing tells it.

    Without a name, dbt took its profile's default. `sources.json`, and all of dbt 2, do not even say that nothing was
    named: they are of the target in which their nodes lie, as another artifact or the history has them.
    """
    profile = _profile(root)
    made: list[Found] = []
    # What has a target of its own tells where others were.
    for each in sorted(found, key=lambda each: not each.with_options):
        target = each.invocation.target or named
        if target is None and each.with_options:
            target = _default(profile)
        elif target is None:
            only = list(profile.outputs) if profile is not None else []
            target = only[0] if len(only) == 1 else _where(each.places, made, history)
        made.append(each.at(target) if target else each)
    return made


def _profile(root: Path) -> Profile | None:
    """The project's profile, as far as this machine has it."""
    try:
        project: Any = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
        name = str(project.get("profile") or project["name"])
        return Profile.read(profiles.find(root, None), name)
    except (SettingsError, OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError):
        return None


def _default(profile: Profile | None) -> str | None:
    return profile.default if profile is not None and "{{" not in profile.default else None


def _where(places: Mapping[str, str], made: Sequence[Found], history: History) -> str | None:
    """The one target whose relations are where these are."""
    rows = history.connection.execute(
        """
        select target, unique_id, results.database, results.schema, identifier
        from results
        inner join invocations using (invocation_id)
        where target is not null and command <> 'ci' and list_contains(?, unique_id)
        qualify row_number() over (partition by target, unique_id order by invocations.started_at desc) = 1
        """,
        [list(places)],
    ).fetchall()
    known = {(str(target), str(uid)): [each for each in parts if each] for target, uid, *parts in rows}
    for each in made:
        target = each.invocation.target
        known |= {(target, uid): _parts(each.places[uid]) for uid in places if target and uid in each.places}
    alike: dict[str, bool] = {}
    for (target, uid), parts in known.items():
        alike[target] = alike.get(target, True) and parts == _parts(places[uid])
    targets = [target for target, same in alike.items() if same]
    return targets[0] if len(targets) == 1 else None


def _parts(relation: str) -> list[str]:
    """`"prod"."main"."orders"` without its quotes."""
    return [each.strip('"`[]') for each in relation.split(".")]
