"""Which of the seven came, under which names, and how often."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, Severity, listed, problem, quoted
from mock_rmm.endpoints.receiver import SOAP, XML_RPC

MOST_LOOKED_AT = 40
LONGEST_NAME = 60
ALIKE = 0.75
_NO_LETTER = re.compile(r"[^a-z0-9]")

_WRITTEN_INSTEAD = {
    "id": "ticketid ticket",
    "number": "ticketnumber ticketno",
    "status": "state ticketstatus",
    "created_datetime": "created createdat createddate createdate createdtime datecreated",
    "last_activity_datetime": (
        "lastactivity lastactivitydate lastactivitytime lastupdated lastmodified updatedat modified"
    ),
    "domain": "logindomain",
    "udf": "userdefinedfield udfvalue customfield",
}
"""In small letters without what stands between them."""

ALIASES = {alias: name for name, aliases in _WRITTEN_INSTEAD.items() for alias in aliases.split()}
PLAIN = {_NO_LETTER.sub("", name): name for name in FIELDS}


def misspelt(name: str) -> str:
    """The one of the seven that a name was meant for, or nothing."""
    plain = _NO_LETTER.sub("", name[:LONGEST_NAME].casefold())
    if plain in PLAIN or plain in ALIASES:
        return PLAIN.get(plain) or ALIASES[plain]
    close = get_close_matches(plain, PLAIN, n=1, cutoff=ALIKE) if len(plain) > 2 else []  # noqa: PLR2004 (two letters are like anything)
    return PLAIN[close[0]] if close else ""


def names(case: Case) -> Iterator[Finding]:
    if not case.came_as_wanted or (case.format == XML_RPC and not case.seen.style):
        return
    if case.format == SOAP and not case.seen.method:
        return  # no call: there is nothing that could hold a value
    came = case.came
    others = [value.name for value in case.seen.values if value.name and value.name not in FIELDS]
    meant = {name: misspelt(name) for name in others[:MOST_LOOKED_AT]}
    yield from _misspelt(case, {name: right for name, right in meant.items() if right})
    missing = [name for name in FIELDS if name not in came and name not in meant.values()]
    yield from _missing(case, missing, none_came=not came)
    yield from _twice(case)
    unknown = [quoted(name) for name, right in meant.items() if not right]
    # A GET's query may hold whatever the callout's URL holds
    if unknown and case.endpoint.kind.method != "GET":
        beside = f"Beside the seven there came {listed(unknown)}."
        why = "Nobody reads that."
        if case.exact:
            why = "This receiver's contract has no such value. Leave it out."
        yield Finding("unknown-names", "problem" if case.exact else "note", f"{beside} {why}")


def _misspelt(case: Case, meant: dict[str, str]) -> Iterator[Finding]:
    for name, right in meant.items():
        why = "its letters are in another case" if name.lower() == right else "it is passed over"
        lost = right not in case.came
        what = f"{quoted(name)} isn't one of the seven names: {why}. Call it {quoted(right)}."
        otherwise = _severity(case, [right]) if lost else "note"
        yield Finding("misspelt-name", "problem" if case.exact else otherwise, what)


def _missing(case: Case, missing: list[str], *, none_came: bool) -> Iterator[Finding]:
    if not missing:
        return
    order = f"A callout has {listed(FIELDS)}, all in lower case, and sends each, be it empty."
    if none_came and len(missing) == len(FIELDS):
        yield problem("no-values", f"None of the seven values came. {order}")
        return
    what = f"{listed(missing)} didn't come. {order} Add {'it' if len(missing) == 1 else 'them'}."
    yield Finding("missing-values", _severity(case, missing), what)


def _severity(case: Case, lost: list[str]) -> Severity:
    if case.contract is not None and set(lost) & set(case.contract.required):
        return "problem"
    return "warning" if case.came else "problem"


def _twice(case: Case) -> Iterator[Finding]:
    counts = Counter(value.name for value in case.seen.values if value.name in FIELDS)
    for name in (name for name, count in counts.items() if count > 1):
        texts = [value.text for value in case.seen.values if value.name == name]
        came = "the same each time" if len(set(texts)) == 1 else listed([quoted(text) for text in texts])
        where = "Send it once."
        if case.endpoint.kind.method == "GET":
            where = "Look whether the URL on the General tab of the callout's editor has one of its own."
        what = f"{name} came {counts[name]} times: {came}. Receivers differ in which they read. {where}"
        yield Finding("duplicate-value", case.severity if case.format == SOAP else "warning", what)
