"""What one looks for in the journal, and how the database is asked for it."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.journal.entry import escaped

OPEN = "open"
NONE = "none"
SEVERITIES = {"problem", "warning", "note"}

_TEXT = r"""(request LIKE :inside ESCAPE '\' OR CAST(body AS TEXT) LIKE :text ESCAPE '\'
    OR CAST(answer_body AS TEXT) LIKE :text ESCAPE '\')"""

EntryId = Annotated[int, Meta(ge=0, le=2**53, extra={"words": "Give a whole number from 0 on."})]


class Search(Struct, frozen=True):
    """What is empty is not looked at."""

    text: Annotated[
        str, Meta(max_length=200, description="Somewhere in the request, or in the answer's body")
    ] = ""
    """Upper and lower case of a to z are the same."""
    receiver: Annotated[str, Meta(description="The name of a receiver")] = ""
    door: Annotated[
        str, Meta(description="The name of an endpoint", extra_json_schema={"enum": [*KINDS]})
    ] = ""
    finding: Annotated[str, Meta(description="The code of a finding, or problem, warning or note")] = ""
    status: Annotated[
        str,
        Meta(
            description="The answer's status, such as 503; 5xx; none; open",
            pattern="^([0-9]{3}|[0-9][xX]{2}|none|open)?$",
            extra={"words": "Give a status such as 503, a class such as 5xx, none or open."},
        ),
    ] = ""
    """"none" is for no answer, "open" while there is none yet."""
    webhook_id: Annotated[str, Meta(description="The deliveries with this webhook-id")] = ""
    before: Annotated[EntryId, Meta(description="Only requests with a lower id")] = 0
    """The last of the page before."""
    after: Annotated[EntryId, Meta(description="Only requests with a higher id")] = 0


_SIMPLE = {
    "before": "id < :before",
    "after": "id > :after",
    "door": "door = :door",
    "webhook_id": "webhook_id = :webhook_id AND webhook_id <> ''",  # what the index is limited to
    # The built-in receivers have their endpoints' names
    "receiver": "(receiver = :receiver OR (receiver = '' AND door = :receiver))",
}


def condition(search: Search) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {name: getattr(search, name) for name in _SIMPLE if getattr(search, name)}
    parts = ["1", *(_SIMPLE[name] for name in values)]
    if search.finding:
        parts.append("instr(findings, :finding)")
        # Within a JSON string each quotation mark is escaped, so this is no part of a sentence
        before, after = (",", ",") if search.finding in SEVERITIES else ("[", ",")
        values["finding"] = f'{before}"{escaped(search.finding)}"{after}'
    if search.status:
        parts.append(_status(search.status, values))
    if search.text:
        parts.append(_TEXT)
        values["inside"], values["text"] = _like(escaped(search.text)), _like(search.text)
    return " AND ".join(parts), values


def _status(wanted: str, values: dict[str, Any]) -> str:
    if wanted == OPEN:
        return "answered_at IS NULL"
    if wanted == NONE:
        return "answered_at IS NOT NULL AND answer_status IS NULL"
    wanted = wanted.lower()
    values["least"], values["most"] = int(wanted.replace("x", "0")), int(wanted.replace("x", "9"))
    return "answer_status BETWEEN :least AND :most"


def _like(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"
