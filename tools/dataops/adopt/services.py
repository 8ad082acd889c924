"""The CI systems that are known: by which files and hosts they are told, and where their workflow file goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """A CI system. `signs`: files or folders that only it has; `hosts`: parts of its remotes' addresses.

    `file` is where a workflow is written, relative to the checkout's top. `beside`: where it goes instead when the
    system reads one file only and that is there already; "" where it reads as many as there are. `then` says what is
    left to be done by hand: `{file}` is what was written.
    """

    title: str
    signs: tuple[str, ...]
    hosts: tuple[str, ...]
    file: str
    beside: str = ""
    then: str = ""
    then_beside: str = ""


SERVICES: Mapping[str, Service] = {
    "github": Service("GitHub Actions", (".github/workflows",), ("github.",), ".github/workflows/{name}.yml"),
    "gitlab": Service(
        "GitLab CI",
        (".gitlab-ci.yml",),
        ("gitlab",),
        ".gitlab-ci.yml",
        ".gitlab/{name}.yml",
        then_beside="add to .gitlab-ci.yml: `include: [{{local: {file}}}]`; its stages need `test` and `deploy`",
    ),
    "azure": Service(
        "Azure Pipelines",
        ("azure-pipelines.yml", ".azure-pipelines", ".azuredevops"),
        ("dev.azure.com", "visualstudio.com"),
        "azure-pipelines-{name}.yml",
        then="create a pipeline from {file} in Azure DevOps; in Azure Repos, a branch policy runs it for pull requests",
    ),
    "bitbucket": Service(
        "Bitbucket Pipelines",
        ("bitbucket-pipelines.yml",),
        ("bitbucket",),
        "bitbucket-pipelines.yml",
        "bitbucket-pipelines-{name}.yml",
        then_beside="Bitbucket reads bitbucket-pipelines.yml alone: copy the steps of {file} into it",
    ),
}
