"""SOAP's version and the method's name, against the contract."""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, problem
from mock_rmm.diagnosis.words import listed, quoted, setting


def soap_version(case: Case) -> Iterator[Finding]:
    seen = case.seen
    if seen.kind != "SOAP" or case.format != "SOAP" or not seen.version:
        return
    if case.contract is not None and case.contract.versions and seen.version not in case.contract.versions:
        wanted = [f"SOAP {version}" for version in sorted(case.contract.versions)]
        yield problem(
            "soap-version",
            f"The Envelope is of SOAP {seen.version}, and this receiver reads {listed(wanted, 'or')}. Its "
            "namespace says which. A callout of the portal is SOAP 1.1; let the receiver read that.",
        )


def method_name(case: Case) -> Iterator[Finding]:
    wanted = case.contract.method if case.contract is not None else ""
    came = case.seen.method
    if not wanted or case.format == "form" or case.seen.kind != case.format or not came or came == wanted:
        return
    how = " They differ only in case." if came.casefold() == wanted.casefold() else ""
    yield problem(
        "method-name",
        f"The method is {quoted(came)}, and this receiver's is {quoted(wanted)}.{how} "
        f"{setting('Method Name', wanted)}",
    )
