"""Views that a release takes over from the one before get rows of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dataops.project.slices import Place
from dataops.warehouse import Warehouse


def freeze(warehouse: Warehouse, taken: Mapping[str, Place]) -> None:
    """In a copy of production: give held views rows of their own, which are those that they show before the build.

    A view shows whatever it reads, and what it reads may be released without it.
    """
    there = warehouse.existing(taken)
    views = {uid: place for uid, place in there.items() if warehouse.is_view(place)}
    frozen = {uid: replace(place, identifier=f"{place.identifier}__held") for uid, place in views.items()}
    # All are read before the first is replaced: they may read each other.
    for uid, place in views.items():
        warehouse.create(frozen[uid], f"select * from {warehouse.rendered(place)}")  # noqa: S608
    for uid, place in views.items():
        name = warehouse.quote(place.identifier)
        warehouse.run(f"drop view {warehouse.rendered(place)}")
        warehouse.run(f"alter table {warehouse.rendered(frozen[uid])} rename to {name}")
