"""What a dump will take: capacity units, time and money, from what ``DescribeTable`` tells."""

from __future__ import annotations

from typing import Final

from dynamorm.data import limits
from dynamorm.data.records import record
from dynamorm.data.tables import TableClass, TableDescription
from dynamorm.operate.dumps.parts import PART_BYTES
from dynamorm.ports.backends import BackendTraits, Capability

#: The price of a million read units on demand in us-east-1, in US dollars ("Amazon DynamoDB pricing", since November
#: 2024). Other regions differ by up to a half.
DOLLARS_PER_MILLION: Final[dict[TableClass, float]] = {"STANDARD": 0.125, "STANDARD_INFREQUENT_ACCESS": 0.155}
#: More segments than these need more capacity than most tables have.
MOST_BY_DEFAULT = 8


@record
class DumpEstimate:
    """An estimate of what a dump of a table takes. DynamoDB counts items and bytes about every six hours.

    Attributes:
        table: The name of the table.
        item_count: How many items it has.
        size_bytes: Their size; ``None`` on backends that don't measure it. What follows is then ``None`` as well.
        units: The read units that the scan consumes.
        seconds: How long it takes at the given rate, or else with the provisioned capacity, if nobody else reads;
            ``None`` on demand without a rate.
        dollars: What it costs on demand, at the prices of us-east-1; ``None`` where capacity is provisioned, as that is
            paid for anyway, and where nothing is paid.
        segments: In how many segments the table is read if you don't choose.
        point_in_time_export: The command that exports the table as it was at one moment, which a scan can't; ``None``
            outside of AWS.
    """

    table: str
    item_count: int
    size_bytes: int | None
    units: float | None
    seconds: float | None
    dollars: float | None
    segments: int
    point_in_time_export: str | None


def estimated(
    description: TableDescription, backend: BackendTraits, *, rate: float | None, consistent: bool
) -> DumpEstimate:
    """Return what a dump of the table with this *description* will take at a *rate*, in read units a second."""
    spec, size = description.spec, description.size_bytes
    units = seconds = dollars = None
    if size is not None:
        # A scan pays for the bytes of a page together, not for each item by itself.
        units = size / limits.READ_UNIT_BYTES * (1.0 if consistent else 0.5)
        pace = rate or (None if spec.throughput is None else float(spec.throughput.read))
        seconds = None if pace is None else units / pace
        if spec.throughput is None and is_in_aws(description.arn):
            dollars = units * DOLLARS_PER_MILLION[spec.table_class] / 1_000_000
    return DumpEstimate(
        spec.name,
        description.item_count,
        size,
        units,
        seconds,
        dollars,
        default_segments(description, backend),
        point_in_time_export(description.arn),
    )


def default_segments(description: TableDescription, backend: BackendTraits) -> int:
    """Return in how many segments a table is read: one for each part that it will have, as far as that is sensible."""
    if Capability.PARALLEL_SCAN not in backend.capabilities:
        return 1
    return min(MOST_BY_DEFAULT, 1 + (description.size_bytes or 0) // PART_BYTES)


def is_in_aws(arn: str | None) -> bool:
    """Return whether a table with this *arn* is in AWS: DynamoDB Local has its own region."""
    return arn is not None and ":ddblocal:" not in arn


def point_in_time_export(arn: str | None) -> str | None:
    """Return the command that exports a table as it was at one moment; ``None`` outside of AWS.

    The table needs point-in-time recovery: see "DynamoDB data export to Amazon S3" in the developer guide.
    """
    if not is_in_aws(arn):
        return None
    return f"aws dynamodb export-table-to-point-in-time --table-arn {arn} --s3-bucket BUCKET"
