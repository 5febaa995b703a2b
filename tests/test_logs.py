"""The log: what went wrong, and never what was in the variables."""

import pytest
import structlog

from portal.logs import configure_logging


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_does_not_show_the_values_of_variables(log_format: str, capsys):
    configure_logging(log_format)
    password = f"hunter{len('two') - 1}"
    try:
        password.index("x")
    except ValueError:
        structlog.get_logger("test").exception("it_went_wrong")
    logged = capsys.readouterr().err
    assert "it_went_wrong" in logged
    assert "ValueError: substring not found" in logged
    assert password not in logged
