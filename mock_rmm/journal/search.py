"""What one looks for in the journal, and how the database is asked for it."""

from dataclasses import dataclass
from typing import Any

from mock_rmm.journal.rows import escaped
from mock_rmm.problems import Problems

OPEN = "open"
NONE = "none"
SEVERITIES = {"problem", "warning", "note"}
LONGEST_TEXT = 200

_TEXT = r"""(request LIKE :inside ESCAPE '\' OR CAST(body AS TEXT) LIKE :text ESCAPE '\'
    OR CAST(answer_body AS TEXT) LIKE :text ESCAPE '\')"""


@dataclass(frozen=True)
class Search:
    """What is empty is not looked at."""

    text: str = ""
    """Somewhere in the request or in the answer's body; upper and lower case of a to z are the same."""
    receiver: str = ""
    door: str = ""
    finding: str = ""
    """The code of a finding, or a severity."""
    status: str = ""
    """A status such as 503, a class such as 5xx, "none" for no answer, "open" while there is none yet."""
    webhook_id: str = ""
    before: int = 0
    """Entries older than this id: the last of the page before."""
    after: int = 0
    """Entries newer than this id."""

    def problems(self) -> Problems:
        """What can't be looked for, by name."""
        found = {}
        if self.status and not (self.status in {OPEN, NONE} or _range(self.status)):
            found["status"] = "Give a status such as 503, a class such as 5xx, none or open."
        if len(self.text) > LONGEST_TEXT:
            found["text"] = f"Make it at most {LONGEST_TEXT} characters."
        return found


def condition(search: Search) -> tuple[str, dict[str, Any]]:
    """The condition as SQL, and the values in it."""
    parts, values = ["1"], dict[str, Any]()
    if search.before:
        parts.append("id < :before")
        values["before"] = search.before
    if search.after:
        parts.append("id > :after")
        values["after"] = search.after
    for name in ("door", "webhook_id"):
        if wanted := getattr(search, name):
            parts.append(f"{name} = :{name}")
            values[name] = wanted
    if search.webhook_id:
        parts.append("webhook_id <> ''")  # what the index is limited to
    if search.receiver:
        # The built-in receivers bear their doors' names
        parts.append("(receiver = :receiver OR (receiver = '' AND door = :receiver))")
        values["receiver"] = search.receiver
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
    values["least"], values["most"] = _range(wanted) or (0, 0)
    return "answer_status BETWEEN :least AND :most"


def _range(wanted: str) -> tuple[int, int] | None:
    if not wanted.isascii() or len(wanted) != 3:  # noqa: PLR2004 (the digits of a status)
        return None
    if wanted.isdigit():
        return int(wanted), int(wanted)
    if wanted[0].isdigit() and wanted[1:].lower() == "xx":
        return int(wanted[0]) * 100, int(wanted[0]) * 100 + 99
    return None


def _like(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"
