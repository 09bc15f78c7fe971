"""What a published column's type is called in Postgres.

Belongs here: the names. Does not belong here: anything that is said to a server (``postgres``).
"""

from typing import TYPE_CHECKING

from orchestration.publishing.errors import PublishError

if TYPE_CHECKING:
    import pyarrow as pa


def postgres_type(arrow_type: "pa.DataType") -> str:
    """Return the Postgres type that holds every value of a Parquet column.

    Args:
        arrow_type: the column's type as Arrow reads it.

    Raises:
        PublishError: a published mart has a type that no mart of the contract has.
    """
    import pyarrow as pa

    if pa.types.is_decimal(arrow_type):
        return f"numeric({arrow_type.precision}, {arrow_type.scale})"
    if pa.types.is_timestamp(arrow_type):
        return "timestamp with time zone" if arrow_type.tz else "timestamp"
    names = {
        pa.string(): "text",
        pa.large_string(): "text",
        pa.int16(): "smallint",
        pa.int32(): "integer",
        pa.int64(): "bigint",
        pa.float32(): "real",
        pa.float64(): "double precision",
        pa.date32(): "date",
        pa.bool_(): "boolean",
    }
    if arrow_type not in names:
        raise PublishError(f"a published column has the type {arrow_type}, which the mirror does not know")
    return names[arrow_type]
