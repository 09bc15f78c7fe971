"""Delimited text, plain or gzipped, on its way to the door.

Belongs here: how the engine reads a delimited file. Does not belong here: what its values mean.
"""

import re
from codecs import BOM_UTF8
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Feed
from orchestration.feeds.door import ROW, Staged
from orchestration.feeds.header import HEADER_LIMIT, Header, read_header
from orchestration.feeds.lake import quoted
from orchestration.feeds.opened import FileRefused, Traits, open_text
from orchestration.feeds.scrub import RECORD_LIMIT, Scrubbed, scrub
from orchestration.feeds.site import NO_SITE, Site

OTHER_FORMATS = {
    rb"PK\x03\x04": "zip",
    rb"\xd0\xcf\x11\xe0": "xls",
    rb"PAR[1E]": "parquet",
    rb"%PDF": "pdf",
    rb"\[\s*\{|\{": "json",
    rb"<\?xml": "xml",
    rb"<": "html",
    rb"Obj\x01": "avro",
    rb"ORC[\x00-\x1f]": "orc",
    rb"ARROW1\x00": "arrow",
    rb"SQLite format 3\x00": "sqlite",
    rb"\x00{12}\xc2\xea\x81": "sas7bdat",
    rb"BZh[1-9]1AY": "bzip2",
    rb"\x28\xb5\x2f\xfd": "zstd",
    rb"\xfd7zXZ": "xz",
    rb"7z\xbc\xaf": "7z",
    rb"-----BEGIN PGP|\x85[\x01-\x04]": "pgp",
}
"""Formats by their first bytes, with which no header begins; a workbook of today is a zip archive."""


def _see_that_it_is_text(path: Path) -> None:
    """See that a file does not begin as another format does.

    Raises:
        FileRefused: ``unsupported_format:<format>``.
    """
    with path.open("rb") as handle:
        head = handle.read(64).removeprefix(BOM_UTF8).lstrip(b" \t\r\n")
    for mark, name in OTHER_FORMATS.items():
        if re.match(mark, head):
            raise FileRefused(f"unsupported_format:{name}")


def _field(position: int) -> str:
    return f"field{position}"


def _read_csv(text: Path, header: Header, *, is_clean: bool) -> str:
    names = [ROW] if is_clean else []
    line_end = "\\n" if is_clean or header.line_end == "\n" else "\\r\\n"
    names += [_field(position) for position in range(header.width)]
    columns = ", ".join(f"'{name}': '{'BIGINT' if name == ROW else 'VARCHAR'}'" for name in names)
    source = f"""read_csv({quoted(text)}, auto_detect = false, header = {str(not is_clean).lower()},
        delim = {quoted(header.delimiter)}, quote = '"', escape = '"', compression = 'none',
        new_line = '{line_end}', max_line_size = {RECORD_LIMIT + 100}, columns = {{{columns}}})"""
    return f"FROM {source}" if is_clean else f"SELECT row_number() OVER () AS {ROW}, * FROM {source}"  # noqa: S608


def _staged(header: Header, relation: str, traits: Traits, scrubbed: Scrubbed | None = None) -> Staged:
    columns = header.columns
    # Without a space, tab or carriage return only a line feed could pad a value, and each row is one line.
    trim = "wh_trim_ascii" if traits.has_blank or scrubbed else "wh_blank"
    return Staged(
        relation=relation,
        columns={name: f"r.{_field(position)}" for name, position in columns.known.items()},
        site={name: f"r.{_field(position)}" for name, position in columns.site.items()},
        trim=trim if traits.is_ascii else "wh_trim_unseen",
        unknown=columns.unknown,
        expected_rows=scrubbed.clean_rows if scrubbed else traits.lines - 1,
        malformed=scrubbed.malformed if scrubbed else None,
        malformed_rows=scrubbed.malformed_rows if scrubbed else 0,
    )


def stage_csv(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    traits: Traits,
    feed: Feed,
    work: Path,
    *,
    is_careful: bool,
    site: Site = NO_SITE,
) -> Staged:
    """Stage a delimited file.

    Args:
        connection: where a reader of another format may put tables; not used here.
        path: the landed file.
        traits: of its bytes.
        feed: the contract.
        work: an empty folder of this file's own.
        is_careful: False trusts that every line is a row, which the engine checks as it reads; True looks at
            each row first, and is asked for where the engine objected or found another number of rows.
        site: names the delimiter, where it is not to be found out.

    Returns:
        The rows as text.

    Raises:
        FileRefused: the file as a whole cannot be read.
    """
    del connection
    _see_that_it_is_text(path)
    text, traits = open_text(path, traits, work)
    _see_that_it_is_text(text)
    with text.open("rb") as handle:
        header = read_header(handle.read(HEADER_LIMIT), feed, site)
    is_strange = traits.has_nul or traits.has_odd_quotes or traits.longest_line > RECORD_LIMIT
    is_strange = is_strange or header.lines_before > 0
    if not (is_careful or is_strange):
        return _staged(header, _read_csv(text, header, is_clean=False), traits)
    scrubbed = scrub(text, header.delimiter, header.width, header.lines_before, work)
    relation = _read_csv(scrubbed.path, header, is_clean=True) if scrubbed.clean_rows else _no_rows(header)
    return _staged(header, relation, traits, scrubbed)


def _no_rows(header: Header) -> str:
    fields = "".join(f", NULL::VARCHAR AS {_field(position)}" for position in range(header.width))
    return f"SELECT 0::BIGINT AS {ROW}{fields} WHERE false"
