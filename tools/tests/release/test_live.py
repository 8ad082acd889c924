"""What was live on a given day can be told afterwards, rollbacks included."""

from __future__ import annotations

from tests.shop import Shop


def test_every_change_of_what_is_live_is_recorded(shop: Shop) -> None:
    first = shop.live
    shop.publish(2)
    shop.ok("deploy")
    second = shop.live
    shop.ok("rollback")
    listed = shop.ok("releases", "--format", "json").json["went_live"]
    assert [each["release"] for each in listed] == [first, second, first]
    assert [each["at"] for each in listed] == sorted(each["at"] for each in listed)
