"""What a bulk job is to be about, as its page asks for it: read from an address or a form, and said in words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from werkzeug.datastructures import MultiDict

from portal.core.eastern import read_moment
from portal.delivery.selection import OUTCOMES, Selection
from portal.models.bulk import CANCEL, SEND_AGAIN
from portal.models.delivery import WAITING
from portal.queries.delivery_search import PERIODS
from portal.web.finding import number_or_none
from portal.web.presenting import exact, local, user_zone
from portal.web.presenting.deliveries import MET_WITH, REMARKED

ACTIONS = {SEND_AGAIN: "Send again", CANCEL: "Cancel what waits"}
MOST_TICKED = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """``problem`` says what is wrong with the time; nothing is counted then. ``since`` is as it was entered."""

    selection: Selection
    since: str = ""
    problem: str = ""


def read(values: MultiDict[str, str], now: datetime) -> Asked:
    """Read what was asked for, by this page or by the filters of the list of deliveries."""
    state = values.get("state", "")
    action = values.get("action", CANCEL if state == WAITING else SEND_AGAIN)
    outcome = values.get("outcome", state)
    error = values.get("error", "")
    wanted = Selection(
        action=action if action in ACTIONS else SEND_AGAIN,
        outcome=outcome if outcome in OUTCOMES else Selection().outcome,
        callout_id=_id(values.get("callout")),
        ticket=values.get("ticket", "").replace("\x00", "").strip()[:200],
        error=error if error in MET_WITH else "",
        ids=tuple(sorted({each for each in map(_id, values.getlist("id")) if each}))[:MOST_TICKED],
    )
    entered, period = values.get("since", "").strip()[:40], values.get("period", "")
    if not entered and period in PERIODS:
        # the field knows no seconds
        begin = (now - PERIODS[period]).replace(second=0, microsecond=0)
        return Asked(replace(wanted, since=begin), f"{local(begin):%Y-%m-%dT%H:%M}")
    if not entered:
        return Asked(wanted)
    since = moment_of(entered)
    if since is None:
        return Asked(wanted, entered, "Write a date and a time, like 2030-01-31 14:00.")
    return Asked(replace(wanted, since=since), f"{local(since):%Y-%m-%dT%H:%M}")


def moment_of(text: str) -> datetime | None:
    """Read a time; one without a zone is the user's."""
    try:
        return read_moment(text, user_zone(), minutes=True).astimezone(user_zone())
    except ValueError:
        return None


def fields(wanted: Selection) -> list[tuple[str, str]]:
    """Return the fields of a form that asks for the same again."""
    found = {
        "action": wanted.action,
        "outcome": wanted.outcome,
        "callout": wanted.callout_id,
        "ticket": wanted.ticket,
        "error": wanted.error,
        "since": wanted.since.isoformat() if wanted.since else "",
    }
    named = [(name, str(value)) for name, value in found.items() if value]
    return named + [("id", str(each)) for each in wanted.ids]


def sentence(wanted: Selection, callouts: Mapping[int, str]) -> str:
    """Say which deliveries are meant: "failed deliveries of “Acme RMM” that ended since 3 Nov 2026, 10:00:00 EST"."""
    cancels = wanted.action == CANCEL
    what = "waiting" if cancels else OUTCOMES[wanted.outcome][0].partition(",")[0].lower()
    text = f"{what} deliveries"
    if wanted.callout_id is not None:
        text += f" of “{callouts.get(wanted.callout_id, f'callout {wanted.callout_id}')}”"
    if wanted.ticket:
        text += f" of tickets with “{wanted.ticket}”"
    if wanted.error:
        remarked = REMARKED.get(wanted.error)
        text += f" with “{remarked}”" if remarked else f" that met with the error “{wanted.error}”"
    if wanted.since is not None:
        text += f" {'made' if cancels else 'that ended'} since {exact(wanted.since)}"
    if wanted.ids:
        text += (
            f", of the {len(wanted.ids):,} that were ticked"
            if len(wanted.ids) > 1
            else ", the one that was ticked"
        )
    return text


def _id(text: str | None) -> int | None:
    number = number_or_none(text)
    return number if number is not None and number > 0 else None
