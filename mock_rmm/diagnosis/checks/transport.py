"""The HTTP method: each address takes one or two."""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, problem
from mock_rmm.diagnosis.words import listed, setting


def transport(case: Case) -> Iterator[Finding]:
    method = case.arrival.method
    if method in case.methods:
        return
    todo = (
        setting("HTTP Transport Method", case.methods[-1])
        if method in {"GET", "POST"}
        else f"Send it by {listed(case.methods, 'or')}."
    )
    yield problem(
        "http-method",
        f"The request came by {method}, and this address takes {listed(case.methods, 'or')}. {todo}",
    )
