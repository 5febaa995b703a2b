"""What to send: chosen pairs with chosen values, the whole matrix, or a file of cases.

All that is wrong is told at once.
"""

import difflib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_rmm.callout import FIELDS, Callout
from mock_rmm.sending.letter import Case
from mock_rmm.sending.pairs import PAIRS, Pair
from mock_rmm.sending.request import Target, url_problem
from mock_rmm.sending.values import SETS, USUAL

MOST_CASES = 10_000
KEYS = ("name", "pair", "url", "fields", "method", "soap_action", "namespace", "webhook_id", "attempt")
MOST_ATTEMPTS = 1_000_000
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*")
_ID = re.compile(r"[\x21-\x7e]{1,200}")


class WrongCases(Exception):  # noqa: N818 (it is told to a person, who has cases, not errors)
    """What is wrong with what was asked for, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Wanted:
    """What the command line says: it holds for each case that doesn't say otherwise itself."""

    target: Target
    pairs: tuple[str, ...] = ()
    fields: Mapping[str, str] | None = None
    webhook_id: str = ""
    attempt: int = 1
    times: int = 1

    @property
    def values(self) -> Callout:
        return replace(USUAL, **(self.fields or {}))


def from_options(wanted: Wanted) -> list[Case]:
    pairs = wanted.pairs or ("name-value-post",)
    return _checked([_case(wanted, PAIRS[name], "usual values", wanted.values) for name in pairs], wanted)


def matrix(wanted: Wanted) -> list[Case]:
    """Each pair with each set of values; all pairs that a portal sends, unless some were chosen."""
    pairs = [PAIRS[name] for name in wanted.pairs] or [each for each in PAIRS.values() if each.sent_by_portal]
    fields = wanted.fields or {}
    return _checked(
        [
            _case(wanted, pair, name, replace(values, **fields))
            for pair in pairs
            for name, values in SETS.items()
        ],
        wanted,
    )


def from_file(text: str, wanted: Wanted) -> list[Case]:
    """Read a JSON array of cases. What one leaves out, the command line says."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongCases([f"The file of cases isn't JSON: {error}."]) from error
    if not isinstance(rows, list) or not rows:
        raise WrongCases(["The file of cases must be a JSON array with a case or more, each an object."])
    # Before anything is made of them: a small file can hold a million
    _check_count(sum(map(len, (_pairs_of(row, wanted) for row in rows))), wanted)
    problems, cases = [], []
    for number, row in enumerate(rows, start=1):
        found = _row_problems(row)
        problems += [f"Case {number}: {each}" for each in found]
        if not found:
            cases += _of_row(row, number, wanted)
    if problems:
        raise WrongCases(problems)
    return _checked(cases, wanted)


def read_field(text: str) -> tuple[str, str]:
    """Read NAME=VALUE. Raises ValueError with a sentence."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not NAME=VALUE, as in status=Complete.")
    if name not in FIELDS:
        raise ValueError(_unknown(name, FIELDS, "is none of the seven values"))
    return name, value


def _unknown(name: str, known: Iterable[str], what: str) -> str:
    known = tuple(known)
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"{name!r} {what}: {', '.join(known)}.{meant}"


def _case(wanted: Wanted, pair: Pair, name: str, values: Callout) -> Case:
    webhook_id = wanted.webhook_id or f"msg_{uuid.uuid4().hex}"
    return Case(name, pair, wanted.target, values, webhook_id, wanted.attempt)


def _row_problems(row: Any) -> list[str]:
    if not isinstance(row, dict):
        return ["it is not an object."]
    found = [_unknown(key, KEYS, "is no part of a case") for key in row if key not in KEYS]
    found += [
        f"{key} must be a text."
        for key in KEYS
        if key not in {"fields", "attempt"} and not isinstance(row.get(key, ""), str)
    ]
    attempt = row.get("attempt", 1)
    if isinstance(attempt, bool) or not isinstance(attempt, int) or not 1 <= attempt <= MOST_ATTEMPTS:
        found.append(f"attempt must be a whole number from 1 to {MOST_ATTEMPTS:,}.")
    if isinstance(row.get("pair", ""), str) and row.get("pair", "name-value-post") not in PAIRS:
        found.append(_unknown(row["pair"], PAIRS, "is no pair"))
    fields = row.get("fields", {})
    if not isinstance(fields, dict):
        return [*found, 'fields must be an object, as in {"status": "Complete"}.']
    found += [_unknown(key, FIELDS, "is none of the seven values") for key in fields if key not in FIELDS]
    return found + [f"{key} must be a text or a whole number." for key in fields if not _is_text(fields[key])]


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _of_row(row: Mapping[str, Any], number: int, wanted: Wanted) -> list[Case]:
    """Give a case for its pair, or for each that the command line names."""
    target = Target(
        url=row.get("url", wanted.target.url),
        method=row.get("method", wanted.target.method),
        soap_action=row.get("soap_action", wanted.target.soap_action),
        override=row.get("namespace", wanted.target.override),
    )
    own = replace(
        wanted,
        target=target,
        webhook_id=row.get("webhook_id", wanted.webhook_id),
        attempt=row.get("attempt", wanted.attempt),
    )
    fields = {name: str(value) for name, value in row.get("fields", {}).items()}
    name = row.get("name", "") or f"case {number}"
    values = replace(wanted.values, **fields)
    return [_case(own, PAIRS[pair], name, values) for pair in _pairs_of(row, wanted)]


def _pairs_of(row: Any, wanted: Wanted) -> tuple[Any, ...]:
    own = isinstance(row, dict) and "pair" in row
    return (row["pair"],) if own else wanted.pairs or ("name-value-post",)


def _check_count(cases: int, wanted: Wanted) -> None:
    if cases * wanted.times > MOST_CASES:
        raise WrongCases([f"These are {cases * wanted.times:,} callouts; {MOST_CASES:,} are the most."])


def _checked(cases: list[Case], wanted: Wanted) -> list[Case]:
    """Give them in the order of sending, or say what can't be sent."""
    _check_count(len(cases), wanted)
    problems = list(dict.fromkeys(each for case in cases for each in case_problems(case)))
    if wanted.webhook_id and len(cases) > 1:
        problems.append(
            f"--webhook-id names one callout, and there are {len(cases)}: a receiver would take the others for repeats."
        )
    if problems:
        raise WrongCases(problems)
    return [replace(case, attempt=case.attempt + more) for case in cases for more in range(wanted.times)]


def case_problems(case: Case) -> list[str]:
    """Why it can't be sent."""
    target, pair = case.target, case.pair
    found = []
    if problem := url_problem(target.url):
        found.append(f"The URL {problem}")
    if pair.needs_method:
        found.append(
            pair.method_problem(target.method)
            if target.method
            else f"{pair.label} needs --method: the callout's Method Name."
        )
    if pair.needs_soap_action:
        found.append(
            _action_problem(target.soap_action)
            if target.soap_action
            else f"{pair.label} needs --soap-action: the callout's SOAP Action, such as http://tempuri.org/MyWebMethod."
        )
    if not _ID.fullmatch(case.webhook_id):
        found.append("A webhook-id has 1 to 200 printable ASCII characters and no spaces.")
    return [each for each in found if each]


def _action_problem(action: str) -> str:
    if '"' in action:
        return "Leave the quotes out of --soap-action: they are put around it on the way."
    if not _HEADER_TEXT.fullmatch(action):
        return "--soap-action goes into a header, which carries plain ASCII only. Write the rest percent-encoded."
    return ""
