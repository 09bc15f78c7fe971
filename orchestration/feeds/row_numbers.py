"""Files of the numbers of rows or lines of which something is true, one a line.

Belongs here: reading them in SQL. Does not belong here: what is true of the rows.
"""

from pathlib import Path

from orchestration.feeds.lake import quoted


def numbers_in(listed: Path, *others: str) -> str:
    """SQL of the table of one ``number`` a line that a file is.

    Args:
        listed: the file.
        others: names of the columns of text beside the number.
    """
    columns = ", ".join(["'number': 'BIGINT'", *(f"'{name}': 'VARCHAR'" for name in others)])
    return (
        f"read_csv({quoted(listed)}, auto_detect = false, header = false, delim = ',', "
        f"columns = {{{columns}}})"
    )
