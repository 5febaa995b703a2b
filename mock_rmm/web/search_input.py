"""Makes a search of a query string, or says what is wrong with it, name by name."""

from collections.abc import Mapping

from mock_rmm.doors import DOORS
from mock_rmm.journal import Search
from mock_rmm.problems import Problems

NAMES = ("text", "receiver", "door", "finding", "status", "webhook_id")
LONGEST_NUMBER = 15


def read_search(given: Mapping[str, str]) -> Search | Problems:
    problems = {name: "Give a whole number." for name in ("before", "after") if not _is_whole(given, name)}
    text = {name: given.get(name, "").strip() for name in NAMES}
    if text["door"] and text["door"] not in DOORS:
        problems["door"] = f"Choose one of {', '.join(DOORS)}."
    search = Search(
        text=text["text"],
        receiver=text["receiver"],
        door=text["door"],
        finding=text["finding"],
        status=text["status"],
        webhook_id=text["webhook_id"],
        before=0 if problems else int(given.get("before") or 0),
        after=0 if problems else int(given.get("after") or 0),
    )
    problems |= search.problems()
    return problems or search


def _is_whole(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name) or "0"
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
