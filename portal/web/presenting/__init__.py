"""How values look on pages: times in the user's zone, states, icons, and the filters templates use."""

import re
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_bootstrap
from flask import Flask, request, url_for
from flask_login import current_user
from markupsafe import Markup, escape

from portal.clock import now
from portal.core.eastern import EASTERN
from portal.core.texts import isolated
from portal.web.presenting import navigation, states
from portal.web.presenting.deliveries import answer_of, in_short

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_JUST_NOW, _DAYS_SHOWN = 45, 30
_MOST_IN_LIST, _FIRST_IN_LIST, _MOST_IN_LINE = 360, 160, 120
_SPRITE = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"
_SYMBOL = re.compile(r'<symbol[^>]*viewBox="([^"]+)"[^>]*id="([^"]+)"[^>]*>(.*?)</symbol>', re.DOTALL)

_BREAKS = frozenset({"\r\n", *"\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"})
_UNSEEN = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]|\A +| +\Z")


def init_app(app: Flask) -> None:
    app.jinja_env.filters |= {
        "local": local,
        "exact": exact,
        "short": short,
        "relative": relative,
        "state": states.describe,
        "standing": states.of_callout,
        "url_parts": url_parts,
        "in_list": in_list,
        "bdi": bdi,
        "marked": marked,
        "is_long": is_long,
    }
    app.jinja_env.finalize = _finalized
    app.jinja_env.globals |= {
        "answer_of": answer_of,
        "icon": icon,
        "in_short": in_short,
        "kept_unseen": kept_unseen,
        "url_with": url_with,
        "url_exists": lambda endpoint: endpoint in app.view_functions,
        "navigation": navigation.visible,
        "time_zone_name": lambda: str(user_zone()),
    }


def in_list(text: str) -> str:
    """Shorten what went wrong for a list: in its middle, since what to do stands at its end."""
    if len(text) <= _MOST_IN_LIST:
        return text
    return f"{text[:_FIRST_IN_LIST].rstrip()} … {text[_FIRST_IN_LIST - _MOST_IN_LIST :].lstrip()}"


def _finalized(value: Any) -> Any:
    """Keep what a template prints from turning what stands beside it; markup has said already what it is."""
    return isolated(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def bdi(text: str) -> Markup:
    """Write a name or a title so that its directions stay its own."""
    return Markup("<bdi>{}</bdi>").format(text) if text else Markup()


def marked(value: str | datetime) -> Markup:
    """Write a stored value, and show what of it one would not see: line breaks, and blanks at its ends."""
    text = exact(value) if isinstance(value, datetime) else value
    return Markup("<bdi>{}</bdi>").format(Markup(_UNSEEN.sub(_mark, str(escape(text)))))  # noqa: S704 - it is escaped


def _mark(found: re.Match[str]) -> str:
    text = found[0]
    if not text.strip(" "):
        name, sign = "blank", "␣" * len(text)
    elif text in _BREAKS:
        name, sign = "line break", "↵"
    else:
        name, sign = ("tab", "⇥") if text == "\t" else (f"control character U+{ord(text):04X}", "�")
    return f'<span class="unseen" role="img" aria-label="{name}" title="{name}">{sign}</span>'


def is_long(value: object) -> bool:
    """Return whether a value of a ticket's history needs lines of its own."""
    return isinstance(value, str) and (len(value) > _MOST_IN_LINE or "\n" in value)


def kept_unseen(text: object) -> Markup:
    """Say beneath a field what is stored and the field can't show, or nothing."""
    if not isinstance(text, str) or not _UNSEEN.search(text):
        return Markup()
    return Markup(" Stored as {}, and kept so unless you change it here.").format(marked(text))


def user_zone() -> tzinfo:
    """Return the zone of whoever is signed in; Eastern, the product's own, for anybody else."""
    return zone_named(getattr(current_user, "time_zone", ""))


def zone_named(name: str | None) -> tzinfo:
    """Return the zone of this name; Eastern where there is none."""
    try:
        return ZoneInfo(name) if name else EASTERN
    except (OSError, ValueError, LookupError):
        return EASTERN


def local(moment: datetime) -> datetime:
    try:
        return moment.astimezone(user_zone())
    except OverflowError:
        # the first and the last hours that a time can have are not there in every zone
        return moment


def exact(moment: datetime) -> str:
    """Write a time in the user's zone, with the zone: ``24 Nov 2026, 14:05:10 EST``."""
    there = local(moment)
    return f"{there.day} {there:%b %Y, %H:%M:%S %Z}"


def short(moment: datetime) -> str:
    """Write a time as it is said: ``14:05`` on the same day, else ``23 Nov, 14:05``."""
    there = local(moment)
    today = there.date() == local(now()).date()
    return f"{there:%H:%M}" if today else f"{there.day} {there:%b, %H:%M}"


def relative(moment: datetime) -> str:
    """Write how long ago (or in how long) a time is; portal.js keeps it fresh in the same words."""
    seconds = (now() - moment).total_seconds()
    size = abs(seconds)
    if size < _JUST_NOW:
        return "just now" if seconds >= 0 else "in a moment"
    if size < _HOUR:
        text = f"{max(1, round(size / _MINUTE))} min"
    elif size < _DAY:
        text = f"{max(1, round(size / _HOUR))} h"
    elif size < _DAYS_SHOWN * _DAY:
        days = max(1, round(size / _DAY))
        text = "1 day" if days == 1 else f"{days} days"
    else:
        there = local(moment)
        return f"{there.day} {there:%b %Y}"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def from_epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def url_parts(url: str, most: int = 48) -> tuple[str, str, str]:
    """Cut a long URL in the middle: its start, what is left out, and its end."""
    if len(url) <= most:
        return url, "", ""
    end = most // 3
    return url[: most - end], url[most - end : -end], url[-end:]


def url_with(**changes: Any) -> str:
    """Return this page's address with some query arguments changed; None or "" leaves one out."""
    arguments: dict[str, Any] = dict(request.args.items(multi=False)) | changes
    kept = {name: value for name, value in arguments.items() if value not in {None, ""}}
    return url_for(request.endpoint or "home.index", **(request.view_args or {}), **kept)


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    text = _SPRITE.read_text(encoding="utf-8")
    return {name: (box, body) for box, name, body in _SYMBOL.findall(text)}


@cache
def icon(name: str, classes: str = "") -> Markup:
    """Draw one of Bootstrap's icons, in place: the sprite that holds them all is a megabyte."""
    box, body = _symbols()[name]
    return Markup(  # noqa: S704 - the drawing comes from the package, the rest from templates
        f'<svg class="icon {classes}" viewBox="{box}" fill="currentColor" aria-hidden="true" '
        f'focusable="false">{body}</svg>'
    )
