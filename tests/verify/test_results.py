"""How `portal verify` tells what it found."""

import io

import pytest

from portal.verify.results import FAILED, NOT_APPLICABLE, PASSED, Progress, Row, table

ROWS = [
    Row("SOAP", "round-trip", "Round trip", PASSED, 1, 1234),
    Row("name value GET", "fault-in-200", "Fault inside a 200", NOT_APPLICABLE),
    Row("XML-RPC", "refused", "Credentials refused", FAILED, 11, None, ("The alert was cleared.",)),
]


def test_the_table_has_a_line_a_row_a_reason_a_failure_and_the_sum():
    assert table(ROWS, 61.4).splitlines() == [
        "Pair            Scenario             Result  Attempts  ms to cleared",
        "──────────────  ───────────────────  ──────  ────────  ─────────────",
        "SOAP            Round trip           passed         1          1,234",
        "name value GET  Fault inside a 200   –              –              –",
        "XML-RPC         Credentials refused  failed        11              –",
        "",
        "XML-RPC, Credentials refused: The alert was cleared.",
        "1 passed, 1 failed, in 61 s.",
    ]


def test_without_rows_nothing_was_proved():
    assert table([], 3.0).splitlines()[-1] == "Nothing was proved, in 3 s."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["file", "terminal"])
def test_progress_counts_and_keeps_what_failed(stream: io.StringIO):
    progress = Progress(3, stream)
    for row in ROWS:
        progress.begin(row.pair, row.label)
        progress.end(row)
    told = stream.getvalue()
    assert "[1/3] SOAP: Round trip: passed" in told
    assert told.endswith("[3/3] XML-RPC: Credentials refused: failed\n")
    # on a terminal a line is written over, and only what failed stays
    assert told.count("\n") == (1 if stream.isatty() else 3)
    assert ("\r\x1b[K" in told) == stream.isatty()
