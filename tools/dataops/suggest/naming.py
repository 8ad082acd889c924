"""What a column's name tells of its meaning. Names decide only what is worth asking; the rows decide what is true."""

from __future__ import annotations

import re

_KEY = re.compile(r"(^|_)(id|key|uuid|guid|sk|pk)$|[a-z](Id|ID|Key)$")
_FLAG = re.compile(r"^(is|has|was|can|should)_|_flag$")
_FREE = re.compile(
    r"(^|_)(name|title|description|comments?|notes?|text|email|phone|address|street|city|county|country|nation|region"
    r"|state|province|zip\d*|postcode|postal|url|uri|reason|message|path|file|month|week|day|date|year|hour|hash|body|subject|label)"
    r"($|_)"
)
_SHARE = re.compile(r"(^|_)(probability|prob|share|fraction|proportion|precision|recall|rate|coverage)($|_)")
_PERCENT = re.compile(r"(^|_)(percent|percentage|pct)$")
_COUNTED = re.compile(r"(^|_)(counts?|rows|items|events|orders|users|visits|sessions|clicks|views)$|^(n|num|count)_")
_MEASURED = re.compile(
    r"(^|_)(quantity|qty|age|duration|seconds|minutes|hours|days|weight|distance|length|stddev|confidence|amount|price"
    r"|cost|costs|fee|usd|eur|gbp)$"
)
_MONEY = re.compile(r"(^|_)(amount|price|cost|revenue|total|value|fee|charge|payment|sales|usd|eur|gbp)($|_)")
INTERMEDIATE, MART = 2, 3
_LAYERS = (("stg_",), ("int_",), ("fct_", "dim_", "mart_", "rpt_"))
_GRAIN = re.compile(r"(^|_)(code|number|no|month|week|day|date|year|hour|step|line|rank|position|version|size|type)$")
_NOT_A_CLOCK = re.compile(
    r"(^|_)(birth|born|death|dob|due|expir\w*|end|ends|ended|valid|until|deadline|expected|promised|planned|scheduled"
    r"|last|first|max|min|newest|oldest|target|next|previous|stop|stopped|commit)($|_)"
)


def is_key(name: str) -> bool:
    """Whether a column identifies something."""
    return bool(_KEY.search(name))


def is_flag(name: str) -> bool:
    """Whether a column answers yes or no."""
    return bool(_FLAG.search(name.lower()))


def is_free_text(name: str) -> bool:
    """Whether a column's values are written by people, or go on: no list of them is ever whole."""
    return bool(_FREE.search(name.lower())) or is_key(name)


def is_share(name: str) -> bool:
    """Whether a number is a part of a whole, between 0 and 1."""
    return bool(_SHARE.search(name.lower()))


def is_percentage(name: str) -> bool:
    """Whether a number is a part of a whole, between 0 and 100."""
    return bool(_PERCENT.search(name.lower()))


def is_counted(name: str) -> bool:
    """Whether a number is a count. What SQL counts is never below 0; what was loaded could be."""
    return bool(_COUNTED.search(_without_period(name)))


def is_measured(name: str) -> bool:
    """Whether a number is an amount of something, usually not below 0."""
    return bool(_MEASURED.search(_without_period(name)))


def is_measure(name: str) -> bool:
    """Whether a number's average is worth watching."""
    return not is_key(name) and bool(_MONEY.search(name.lower()) or is_measured(name))


def is_grain(name: str) -> bool:
    """Whether a column may be part of what identifies a row."""
    return is_key(name) or bool(_GRAIN.search(name.lower()))


def is_clock(name: str) -> bool:
    """Whether a date or time can say when a row happened, and not when something will be or has been at last."""
    return not _NOT_A_CLOCK.search(name.lower())


def is_of(key: str, relation: str) -> bool:
    """Whether a key is named after the relation that it is in: `order_id` in `fct_open_orders`."""
    named_after = re.sub(r"_?(id|key|uuid|guid|sk|pk)$", "", key.lower())
    return bool(named_after) and named_after in stem(relation)


def stem(name: str) -> str:
    """What a relation holds, in the singular: `customer` of `dim_customers`."""
    bare = re.sub(r"^(stg|int|fct|dim|raw|base|src|mart)_", "", name.lower())
    return re.sub(r"(ies)$", "y", bare.split("__")[-1]) if bare.endswith("ies") else bare.split("__")[-1].rstrip("s")


def layer(name: str, kind: str) -> int | None:
    """How far a relation is from what was loaded, 0, by the usual prefixes; None where its name has none of them."""
    if kind in ("source", "seed"):
        return 0
    return next((1 + at for at, prefixes in enumerate(_LAYERS) if name.startswith(prefixes)), None)


def _without_period(name: str) -> str:
    """The name without the length of a window: `paid_amount_24`, `orders_30d`."""
    return re.sub(r"_\d+[a-z]?$", "", name.lower())
