"""How an XML-RPC call carries the seven values: one struct, or seven strings."""

from collections.abc import Iterator

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, listed, problem, quoted, setting
from mock_rmm.endpoints.receiver import STRUCT, STYLES


def rpc_parameters(case: Case) -> Iterator[Finding]:
    seen = case.seen
    if case.format != "XML-RPC" or seen.kind != "XML-RPC" or seen.trouble:
        return
    wanted = case.contract.style if case.contract is not None else ""
    if wanted and seen.style and seen.style != wanted:
        yield problem(
            "rpc-style",
            f"The parameters are {_counted(seen.style, seen.count)}, and this receiver takes "
            f"{_counted(wanted, len(FIELDS))}. {setting('XML-RPC parameters', STYLES[wanted])}",
        )
    elif seen.style != STRUCT and seen.count != len(FIELDS):
        came = f"{seen.count} parameters" if seen.count != 1 else "one parameter, which is no struct"
        yield problem(
            "rpc-count",
            f"The call has {came}. Send one struct with the seven members, or seven strings in this order: "
            f"{listed(FIELDS)}.",
        )
    typed = [value for value in seen.values if value.type not in {"string", ""}]
    if typed:
        names = listed(
            [f"{quoted(value.name) if value.name else 'a value'} ({quoted(value.type)})" for value in typed]
        )
        yield Finding(
            "rpc-types",
            "problem" if case.exact else "warning",
            f"Not a string: {names}. All seven are strings, the id too. Send <string>.",
        )


def _counted(style: str, count: int) -> str:
    return "one struct" if style == STRUCT else f"{count} strings in order"
