"""The base of table classes: SQLModel's, with the column types of what records hold.

A table class says once what a table's columns, keys, checks and indexes are: migrations are verified against it,
and the text of statements is written with it (`bulkhead.persistence.statements`). It is named as its table is, and has
no instances: rows become records, which are plain dataclasses, without a model in between (ADR 0014).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias, cast, get_args, get_origin

from pydantic import ConfigDict
from sqlalchemy.orm import declared_attr, registry
from sqlalchemy.types import TypeEngine
from sqlmodel import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Field,
    Integer,
    LargeBinary,
    SQLModel,
    Table,
    Text,
)
from sqlmodel.main import FieldInfoMetadata

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.corrections import CorrectionState
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.types import Json, MaskedText, Month, SealedBytes, held_by

_COLUMN_TYPES: Mapping[Any, TypeEngine[Any]] = {
    str: Text(),
    int: Integer(),
    bool: Boolean(),
    bytes: LargeBinary(),
    date: Date(),
    datetime: DateTime(timezone=True),
    CoverageMonth: Month(),
    Masked: MaskedText(),
}


class TableModel(SQLModel):
    """A table. Its fields are annotated as the record's are; what is more than the type stands in `Field`.

    A database has a base of its own, with a registry of its own, from which its tables derive.
    """

    # No validator is ever needed, and building them would take longer than everything else here.
    model_config = ConfigDict(  # pyright: ignore[reportAssignmentType] - SQLModel has no public name for its own
        arbitrary_types_allowed=True, defer_build=True
    )

    if TYPE_CHECKING:
        __table__: ClassVar[Table]

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The class's name, written as tables are: ``PolicyVersions`` is ``policy_versions``."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{cls.__name__} is a table: it has no instances")

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Choose the column type of each field that does not say its own.

        SQLModel makes the columns right after this. Left alone it would choose VARCHAR for text, and know
        nothing of months, personal texts and JSON.
        """
        for field in cls.model_fields.values():
            said = next((each for each in field.metadata if isinstance(each, FieldInfoMetadata)), None)
            if said is None:
                said = FieldInfoMetadata()
                field.metadata.append(said)
            if said.sa_type is SealedBytes:
                said.sa_type = SealedBytes(held_by(field.annotation)[0])
            elif said.sa_type is FieldInfoMetadata.sa_type:
                said.sa_type = _column_type(field.annotation)


def sealed() -> Any:
    """Return the field of a column whose values are sealed in the database, and bound to the key of their row: nothing
    is looked for, ordered or set by it alone.
    """
    return Field(sa_type=SealedBytes)


Tables: TypeAlias = Mapping[type, type[TableModel]]
"""Each kind of record with its table."""


class ChassisTable(TableModel, registry=registry()):
    """A table that the chassis keeps in every service's own database."""


def partitioned_by(column: str) -> dict[str, str]:
    """Return the table argument that cuts a table into partitions by an instant, which the database fills in."""
    return {"postgresql_partition_by": f"RANGE ({column})"}


def is_partitioned_by(table: Table, column: str) -> bool:
    """Whether a table is cut into partitions by this column."""
    return table.dialect_kwargs.get("postgresql_partition_by") == f"RANGE ({column})"


def one_of(column: str, *values: str) -> CheckConstraint:
    """Return the check that a column holds one of these texts, or none."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def corrected_by_people() -> tuple[CheckConstraint, ...]:
    """Return the checks of what is kept of corrections: who decided, where it takes two, and what stands (OPS-5)."""
    return (
        one_of("state", *get_args(CorrectionState)),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint(
            "state <> 'requested' OR (by_two AND decided_at IS NULL)", name="requested_of_a_second"
        ),
        CheckConstraint(
            "NOT by_two OR state IN ('requested', 'declined')"
            " OR (decided_by IS NOT NULL AND decided_by <> asked_by)",
            name="by_two_people",
        ),
        CheckConstraint("(state = 'reversed') = (reversed_by IS NOT NULL)", name="reversed_by_another"),
    )


def _column_type(annotation: Any) -> TypeEngine[Any]:
    held, _ = held_by(annotation)
    if held in _COLUMN_TYPES:
        return _COLUMN_TYPES[held]
    if get_origin(held) in (tuple, dict) or is_dataclass(held):
        return Json(cast("type[Any]", held))
    raise TypeError(f"there is no column type for {held}")
