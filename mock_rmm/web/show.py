"""What the templates know: the pages in the bar at the top, states with their colour, icon and word, times, and payloads as text."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from markupsafe import Markup

from mock_rmm.alerts import Alert
from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.finding import Finding, Severity
from mock_rmm.endpoints.kinds import KINDS
from mock_rmm.journal import Entry
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.words import fault_words, lasts_words, match_words, turns_words, until_words
from mock_rmm.timeline import Moment, long_words
from mock_rmm.web.payloads import as_text, byte_lines, cut_words, laid_out


@dataclass(frozen=True)
class Place:
    endpoint: str
    label: str
    within: tuple[str, ...]
    """The blueprints and endpoints that belong to it."""


PLACES = (
    Place("pages.home", "Home", ("pages.home",)),
    Place("journal.listing", "Requests", ("journal", "pages.one_request")),
    Place("alerts.listing", "Alerts", ("alerts",)),
    Place("receivers.listing", "Receivers", ("receivers",)),
    Place("rules.listing", "Rules", ("rules",)),
    Place("scenarios.listing", "Scenarios", ("scenarios",)),
    Place("pages.reference", "API", ("pages.reference",)),
)


def is_here(place: Place, endpoint: str | None) -> bool:
    blueprint = (endpoint or "").rpartition(".")[0]
    return endpoint in place.within or blueprint in place.within


@dataclass(frozen=True)
class Badge:
    tone: str
    icon: str
    word: str


MOMENTS = {
    "raised": Badge("warn", "bell", "Raised"),
    "ticket": Badge("busy", "ticket", "Ticket"),
    "cleared": Badge("good", "check", "Cleared"),
    "note": Badge("good", "note", "Note"),
}
GRAVITY: dict[Severity, Badge] = {
    "problem": Badge("bad", "cross", "Problem"),
    "warning": Badge("warn", "warn", "Warning"),
    "note": Badge("busy", "info", "Note"),
}


def alert_badge(alert: Alert) -> Badge:
    return Badge("good", "check", "Cleared") if alert.cleared_at else Badge("warn", "bell", "Open")


def moment_badge(step: Moment) -> Badge:
    """How a moment of an alert's trip looks; a callout as its answer does."""
    if step.entry is not None:
        return Badge(answer_badge(step.entry).tone, "in", "Callout")
    return MOMENTS[step.kind]


def note_words(alert: Alert) -> str:
    if alert.note_id is not None:
        return f"Note {alert.note_id} added"
    if alert.note_problem:
        return f"No note yet: {alert.note_problem}"
    return "Note on its way" if alert.cleared_at else "Not due yet"


def answer_badge(entry: Entry) -> Badge:
    if entry.answered_at is None:
        return Badge("busy", "clock", "Answering")
    if entry.answer_status is None:
        return Badge("bad", "cross", "Reset" if entry.fault == "reset" else "No answer")
    if entry.answer_status in range(200, 300):
        return Badge("good", "check", str(entry.answer_status))
    return Badge("bad", "cross", str(entry.answer_status))


def finding_badge(finding: Finding) -> Badge:
    return GRAVITY[finding.severity]


def gravest_badge(entry: Entry) -> Badge | None:
    """How many problems were found, else how many warnings; nothing when there are neither."""
    for severity in ("problem", "warning"):
        count = sum(finding.severity == severity for finding in entry.findings)
        if count:
            word = f"1 {severity}" if count == 1 else f"{count} {severity}s"
            return Badge(GRAVITY[severity].tone, GRAVITY[severity].icon, word)
    return None


def endpoint_label(name: str) -> str:
    return KINDS[name].label


def receiver_label(entry: Entry) -> str:
    """Who received it: by its endpoint, where that says as much."""
    if entry.receiver in {"", entry.endpoint}:
        return endpoint_label(entry.endpoint)
    return entry.receiver


def moment(value: datetime) -> Markup:
    """A time: exact here, made relative by the page's script."""
    return Markup('<time datetime="{}">{} UTC</time>').format(
        value.isoformat(timespec="milliseconds"), value.strftime("%d %b %Y %H:%M:%S")
    )


def show(app: Flask) -> None:
    app.jinja_env.globals.update(
        alert_badge=alert_badge,
        answer_badge=answer_badge,
        note_words=note_words,
        endpoint_label=endpoint_label,
        receiver_label=receiver_label,
        fault_words=fault_words,
        match_words=match_words,
        turns_words=turns_words,
        until_words=until_words,
        lasts_words=lasts_words,
        finding_badge=finding_badge,
        gravest_badge=gravest_badge,
        PROBLEM=GRAVITY["problem"],
        as_text=as_text,
        byte_lines=byte_lines,
        laid_out=laid_out,
        cut_words=cut_words,
        moment=moment,
        long_words=long_words,
        moment_badge=moment_badge,
        FIELDS=FIELDS,
        PLACES=PLACES,
        is_here=is_here,
        token_wanted=lambda: bool(current_rmm().settings.admin_token),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
