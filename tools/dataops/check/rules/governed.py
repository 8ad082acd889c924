"""Who answers for something, who may read it, and what is promised to them."""

import re
from collections.abc import Iterator

from dataops.check.nodes import Node, exceptions
from dataops.check.rule import Problem, rule

_PERSONAL = (
    "email", "e_mail", "phone", "mobile", "first_name", "last_name", "full_name", "surname", "maiden_name",
    "birth_date", "birthdate", "date_of_birth", "dob", "ssn", "social_security", "passport", "iban", "credit_card",
    "card_number", "ip_address", "street", "postal_address", "home_address", "driver_license", "tax_id",
)  # fmt: skip


@rule(
    of=("source", "seed", "model"),
    mend="tag the column `pii` (or `phi`): its values are then hidden in reviews, samples and alerts",
    light="warn",
)
def personal_columns_are_tagged(
    node: Node, *, names: tuple[str, ...] = _PERSONAL, tags: tuple[str, ...] = ("pii", "phi")
) -> Iterator[Problem]:
    """What is not tagged as personal is shown to everybody who sees a review, a failing test or a sample.

    It is tagged where it comes in; what is made of it is followed from there. A model is judged where no column of what
    it reads is described.
    """
    if node.kind == "model" and (
        not any(each.kind != "model" for each in node.parents) or any(each.columns for each in node.parents)
    ):
        return
    for column in node.columns.values():
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).lower()
        parts = f"_{words}_"
        if (
            not (column.tags | node.tags) & set(tags)
            and any(f"_{each}_" in parts for each in names)
            and not _count(words)
        ):
            yield Problem(f"{node.name}.{column.name} has the name of personal data and is not tagged", column.name)


def _count(name: str) -> bool:
    """Whether a column tells something of personal data, and none of it."""
    return name.startswith(("is_", "has_", "n_", "num_", "count_")) or name.endswith(("_count", "_hash", "_hashed"))


@rule(
    mend="set `meta: {owner: …}`, or a `group:` that has an owner, for the model or its folder",
    light="off",
    standard="warn",
)
def models_are_owned(model: Node, *, layers: tuple[str, ...] = ("marts",)) -> Iterator[str]:
    """At three in the morning somebody has to be told, and somebody has to say whether a change is right."""
    if not model.owners and (not layers or model.layer in layers):
        yield f"nobody owns {model.name}"


@rule(mend="set `contract: {enforced: true}` and the columns' `data_type`, or take `access: public` away", light="warn")
def public_models_have_contracts(model: Node) -> Iterator[str]:
    """Other teams build on a public model: without a contract its columns change under them."""
    if model.access == "public" and not model.contracted:
        yield f"{model.name} is public and has no contract"


@rule(
    mend="take the column out, declare how it is made harmless (`meta: {deidentified: …}`) or masked "
    "(`column_mask`, `policy_tags`, `meta: {masking_policy: …}`), or make an exception with its reason",
)
def public_models_show_no_person(model: Node, *, tags: tuple[str, ...] = ("pii", "phi")) -> Iterator[Problem]:
    """Whoever may read a public model reads what is personal in it, unless something keeps that from them."""
    if model.access == "public":
        for column in model.columns.values():
            if column.tags & set(tags) and not column.guard:
                yield Problem(f"{model.name} is public and shows {column.name}, which is personal", column.name)


@rule(mend="describe the column", light="off", standard="error")
def public_models_are_documented(model: Node) -> Iterator[Problem]:
    """Other teams have nobody to ask: what a public model holds is what its columns say."""
    if model.access == "public":
        if not model.columns:
            yield Problem(f"{model.name} is public and describes no column")
        for column in model.columns.values():
            if not column.description:
                yield Problem(f"{model.name} is public and {column.name} has no description", column.name)


@rule(mend="set `access: public` for the model", light="off", standard="off", strict="warn")
def exposures_read_public_models(exposure: Node) -> Iterator[Problem]:
    """A dashboard is a reader outside of the project, for whom a model that is not public promises nothing."""
    for each in exposure.parents:
        if each.kind == "model" and each.access != "public":
            yield Problem(f"{exposure.name} reads {each.name}, which is {each.access or 'not public'}", each.unique_id)


@rule(mend="set `deprecation_date` for the version, or remove it", light="off", standard="warn")
def old_versions_end(model: Node) -> Iterator[str]:
    """A version without an end is built for ever, and its readers never move."""
    if model.old and not model.deprecated:
        yield f"{model.name} has a later version and no deprecation date"


@rule(
    of=("model", "seed", "snapshot", "source", "exposure", "macro"),
    mend="write `skip_checks: {the_rule: the reason}`",
)
def exceptions_have_reasons(node: Node) -> Iterator[Problem]:
    """An exception that does not say why is one that nobody dares to take away."""
    said = [("", node.meta), *((column.name, column.meta) for column in node.columns.values())]
    for column, meta in said:
        where = f"{node.name}.{column}" if column else node.name
        for rule_name, reason in exceptions(meta).items():
            if rule_name not in node.project.rules:
                yield Problem(f"{where} makes an exception of {rule_name}, which is no rule", f"{column}/{rule_name}")
            elif not reason:
                yield Problem(f"{where} makes an exception of {rule_name} without a reason", f"{column}/{rule_name}")
