"""What `portal send` sends: chosen pairs with chosen values, the whole matrix, or a file of cases."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from portal.callouts.formats import SENDABLE
from portal.callouts.payload import Payload
from portal.callouts.render import render
from portal.callouts.secrets import Secrets
from portal.cli.send_pairs import MOST_ATTEMPTS, PAIRS, SETS, USUAL, USUAL_PAIR, Pair
from portal.core.verdicts import Refused
from portal.core.wire import FIELD_NAMES, Fields, Target

MOST_CASES = 10_000
_OPTIONS = {"method_name": "--method", "soap_action": "--soap-action", "namespace_override": "--namespace"}
_ID = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Case:
    """One callout to send."""

    name: str
    pair: Pair
    target: Target
    payload: Payload

    @property
    def soap(self) -> bool:
        return any(each.name == "soap_action" for each in SENDABLE[self.target.data_format].settings)


class WrongCases(Exception):  # noqa: N818 - it is shown to a person, who has cases, not errors
    """What is wrong with what was asked for: a sentence a line."""


class Row(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A case of the file; the options of the command are the same, and hold for what a case leaves out."""

    name: str = ""
    pair: Literal[*PAIRS] | None = None  # type: ignore[valid-type] # read at run time, by msgspec
    url: str = ""
    fields: dict[Literal[*FIELD_NAMES], str | int] = {}  # type: ignore[valid-type]
    method: str = ""
    soap_action: str = ""
    namespace: str = ""
    webhook_id: str = ""
    attempt: Annotated[int, msgspec.Meta(ge=1, le=MOST_ATTEMPTS)] = 1


def from_options(options: Row, pairs: Iterable[str]) -> list[Case]:
    """Give a case for each pair."""
    return [_case(options, PAIRS[name], "usual values", USUAL) for name in pairs or [USUAL_PAIR]]


def matrix(options: Row, pairs: Iterable[str]) -> list[Case]:
    """Give each pair with each set of values: those that were chosen, or all that a portal sends."""
    chosen = [PAIRS[name] for name in pairs] or [each for each in PAIRS.values() if each.sent_by_portal]
    return [_case(options, pair, name, values) for pair in chosen for name, values in SETS.items()]


def from_file(text: bytes, options: Row, pairs: Iterable[str]) -> list[Case]:
    """Read a JSON array of cases; what one leaves out is taken from the options. Raises WrongCases."""
    try:
        rows = msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"), type=list[dict[str, Any]])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WrongCases(f"The file of cases must be a JSON array of objects: {error}.") from error
    problems, found = [], []
    for number, row in enumerate(rows, start=1):
        try:
            whole = msgspec.convert(_merged(options, row), Row)
        except msgspec.ValidationError as error:
            problems.append(f"Case {number}: {error}.")
            continue
        chosen = [whole.pair] if whole.pair else pairs or [USUAL_PAIR]
        found += [_case(whole, PAIRS[pair], whole.name or f"case {number}", USUAL) for pair in chosen]
        _check_count(len(found))
    if problems or not rows:
        raise WrongCases("\n".join(problems) or "The file of cases has none.")
    return found


def _merged(options: Row, row: dict[str, Any]) -> dict[str, Any]:
    own = row.get("fields", {})
    fields = options.fields | own if isinstance(own, dict) else own
    return msgspec.structs.asdict(options) | row | {"fields": fields}


def checked(cases: list[Case], *, times: int, one_id: bool) -> list[Case]:
    """Give cases in the order of sending, each so many times. Raises WrongCases for what can't be sent."""
    _check_count(len(cases) * times)
    problems = list(dict.fromkeys(each for case in cases if (each := _problem(case))))
    if one_id and len(cases) > 1:
        problems.append(
            f"--webhook-id names one callout, and there are {len(cases)}: a receiver would take the others for repeats."
        )
    if problems:
        raise WrongCases("\n".join(problems))
    return [
        replace(case, payload=replace(case.payload, attempt=case.payload.attempt + more))
        for case in cases
        for more in range(times)
    ]


def _case(row: Row, pair: Pair, name: str, values: Fields) -> Case:
    fields = replace(values, **{field: str(value) for field, value in row.fields.items()})
    target = Target(
        row.url, pair.transport, row.method, row.soap_action, row.namespace, pair.parameters, pair.data_format
    )
    return Case(name, pair, target, Payload(fields, row.webhook_id or f"msg_{uuid.uuid4().hex}", row.attempt))


def _problem(case: Case) -> str:
    """Say why a case can't be sent; "" if it can."""
    for setting in SENDABLE[case.target.data_format].settings:
        if problem := setting.problem(getattr(case.target, setting.name)):
            return f"{_OPTIONS.get(setting.name, setting.name)} for {case.pair.label}: {problem}"
    if not _ID.fullmatch(case.payload.webhook_id):
        return "A webhook-id has 1 to 200 printable ASCII characters and no spaces."
    rendered = render(case.payload, case.target, Secrets(), datetime.now(UTC))
    return rendered.text if isinstance(rendered, Refused) else ""


def _check_count(count: int) -> None:
    if count > MOST_CASES:
        raise WrongCases(f"These are {count:,} callouts; {MOST_CASES:,} are the most.")
