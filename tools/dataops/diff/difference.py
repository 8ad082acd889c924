"""What a comparison of two relations found, as plain values. `before` is production's side, `after` the change's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """The columns that say which row is which, and where that is written. No columns: rows are compared whole."""

    columns: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class Both:
    """A count on each side."""

    before: int
    after: int

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


@dataclass(frozen=True)
class Rows:
    """Counts of rows. `modified` and `same` are rows of both sides; without a key nothing is `modified`.

    Rows that the key does not identify, with a NULL in it (`null_keys`) or sharing it with another row of their side
    (`duplicate_keys`), are compared whole: they are added, removed or the same.
    """

    before: int
    after: int
    added: int
    removed: int
    modified: int
    same: int
    null_keys: Both = Both(0, 0)
    duplicate_keys: Both = Both(0, 0)

    @property
    def alike(self) -> bool:
        """Whether both sides hold the same rows."""
        return not (self.added or self.removed or self.modified)


@dataclass(frozen=True)
class Profile:
    """A column's distribution on one side. Numbers only for numeric columns; None where it cannot be said.

    `distinct` and `quantiles` (5 %, 25 %, 50 %, 75 %, 95 %) may be estimates; `minimum` and `maximum` are text.
    """

    nulls: int
    distinct: int | None = None
    total: float | None = None
    mean: float | None = None
    minimum: str | None = None
    maximum: str | None = None
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True)
class ColumnDiff:
    """One column. A type of None: that side does not have the column.

    `changed`: values that differ, of `compared` rows that both sides have. Both are None when the values were not
    compared, and `not_compared` says why. `hidden`: its values are personal and shown nowhere.
    """

    name: str
    before_type: str | None
    after_type: str | None
    changed: int | None = None
    compared: int | None = None
    not_compared: str = ""
    nullable: tuple[bool, bool] | None = None
    hidden: bool = False
    before: Profile | None = None
    after: Profile | None = None

    @property
    def kind(self) -> str:
        """`added`, `removed`, `retyped`, `changed`, `same`, or `not compared`."""
        if self.before_type is None:
            return "added"
        if self.after_type is None:
            return "removed"
        if self.before_type != self.after_type:
            return "retyped"
        if self.changed is None:
            return "not compared"
        return "changed" if self.changed else "same"

    @property
    def match_rate(self) -> float | None:
        """The share of compared values that agree, 0 to 1; None when nothing was compared."""
        if self.changed is None or not self.compared:
            return None
        return 1 - self.changed / self.compared


@dataclass(frozen=True)
class Cell:
    """One value of a sample, as text; None for NULL, and for the side on which the row is not."""

    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class SampleRow:
    """A row that differs. `kind`: added, removed or modified; `key`: its key's values by column.

    `cells`: of a modified row, the values that differ; of another, all of its values, as `new` or as `old`.
    """

    kind: str
    key: tuple[tuple[str, str | None], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Segment:
    """A value that explains rows that differ: `share` of those looked at have it, against `usual` of all rows.

    `kind`: which rows, as in `SampleRow`; `rows`: about how many of them have it.
    """

    column: str
    value: str | None
    share: float
    usual: float
    rows: int
    kind: str = "modified"


@dataclass(frozen=True)
class Window:
    """Only rows of a time that both sides cover were compared; `outside` rows on each side were not."""

    column: str
    start: str
    end: str
    outside: Both


@dataclass(frozen=True)
class Sampling:
    """Only one row in `one_in`, chosen by its key's hash, was compared. Counts are scaled up.

    `error`: half-width of the 95 % interval of a share, at worst, as a fraction of 1.
    """

    one_in: int
    error: float


@dataclass(frozen=True)
class Diff:
    """Two relations compared. `name` is a unique id, or what the user called the pair.

    `against`: `production`, `base code` (the earlier version of the model, built on the same inputs), or `relation`.
    `rows` is None when rows were not compared, and `failure` says why. `notes` are sentences for the reader.
    """

    name: str
    before: str
    after: str
    against: str
    key: Key
    rows: Rows | None
    columns: tuple[ColumnDiff, ...]
    reordered: bool = False
    samples: tuple[SampleRow, ...] = ()
    segments: tuple[Segment, ...] = ()
    window: Window | None = None
    sampling: Sampling | None = None
    notes: tuple[str, ...] = ()
    failure: str = ""
    seconds: float = 0.0

    @property
    def alike(self) -> bool:
        """Whether nothing differs: neither rows nor columns."""
        shape = any(column.kind in ("added", "removed", "retyped") for column in self.columns)
        return self.rows is not None and self.rows.alike and not shape and not self.reordered


@dataclass(frozen=True)
class OffendingRows:
    """The rows that make a test fail: at most a few of `total`. `hidden`: columns whose values are personal."""

    unique_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    total: int
    hidden: tuple[str, ...] = ()
