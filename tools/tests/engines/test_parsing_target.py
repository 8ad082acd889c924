"""Who builds nothing needs no target of pull requests: the profile's default one does, on any warehouse."""

from __future__ import annotations

import pytest

from dataops import config
from dataops.engines.registry import resolve
from dataops.errors import SettingsError
from dataops.project.session import Options, Project
from tests.shop import Shop, refused

FACTS = "{type: postgres, host: 127.0.0.1, port: 9, user: u, password: p, dbname: shop, schema: NAME, threads: 1}"


def _profile(shop: Shop, *names: str, default: str = "dev") -> None:
    """The profile of a warehouse at which nobody listens."""
    outputs = "".join(f"    {name}: {FACTS.replace('NAME', name)}\n" for name in names)
    shop.write("profiles/profiles.yml", f"shop:\n  target: {default}\n  outputs:\n{outputs}")


def test_a_project_that_has_only_dev(fresh: Shop) -> None:
    _profile(fresh, "dev")
    fresh.write("models/marts/named.sql", "{{ config(tags=[target.name]) }}\nselect 1 as id\n")
    fresh.commit("on a warehouse")
    fresh.git("switch", "-qc", "change")
    fresh.write("models/marts/named.sql", "{{ config(tags=[target.name]) }}\nselect 2 as id\n")
    plan = fresh.ok("plan", "--base", "main", "--format", "json")
    assert [each["unique_id"] for each in plan.json["changes"]] == ["model.shop.named"]
    assert plan.err == ""
    assert "Linted 1 file" in fresh.ok("lint", "--base", "main").out
    assert "no new findings" in fresh.ok("check", "--base", "main").out
    for words in (["ci", "--base", "main"], ["deploy"], ["diff", "--base", "main"]):
        refused(fresh.run(*words), "profile `shop` has no target for pull requests", "add a target `ci`")


@pytest.mark.parametrize(
    ("names", "default", "named", "settings", "parsing"),
    [
        (("dev",), "dev", None, "", "dev"),
        (("dev", "prod"), "dev", None, "", "dev"),
        (("dev", "prod"), "prod", None, "", "prod"),
        (("dev", "prod"), "dev", "prod", "", "prod"),
        (("dev", "prod", "ci"), "dev", None, "", "ci"),
        (("dev", "prod", "pr"), "dev", None, "ci: {target: pr}\n", "pr"),
        (("dev", "prod"), "dev", None, "production: {target: prod}\n", "dev"),
        (("dev", "prod"), "{{ env_var('HERE', 'dev') }}", None, "", "dev"),
    ],
)
def test_which_target_it_is(
    fresh: Shop, names: tuple[str, ...], default: str, named: str | None, settings: str, parsing: str
) -> None:
    _profile(fresh, *names, default=f'"{default}"')
    fresh.write("dataops.yml", settings)
    project = Project(Options(fresh.root, None, None, named, None, None))
    with project.entered():
        found = resolve(project, config.load(fresh.root), named, builds=False)
        assert found.parsing.name == parsing
        if not {"ci", "pr"} & set(names):
            with pytest.raises(SettingsError, match="no target for pull requests"):
                resolve(project, config.load(fresh.root), named)


def test_a_target_that_is_named_has_to_be_there(fresh: Shop) -> None:
    _profile(fresh, "dev")
    fresh.write("dataops.yml", "ci: {target: pr}\n")
    refused(fresh.run("check", "--all"), "has no target `pr`", "name another one")
