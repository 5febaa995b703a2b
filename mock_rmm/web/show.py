"""What the templates know: the pages in the bar, states with their icons, rules in words, payloads as text."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from lxml import etree
from markupsafe import Markup

from mock_rmm.alerts import Alert
from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.finding import Severity
from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.endpoints.xml_guard import Hostile, look
from mock_rmm.journal import Entry
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rules import Standing
from mock_rmm.rules.scenarios import Options, Scenario
from mock_rmm.trip import Moment, long_words

ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def _nth(number: int) -> str:
    teens = number % 100 in range(11, 14)
    return f"{number:,}{'th' if teens else ORDINALS.get(number % 10, 'th')}"


def capital(words: str) -> str:
    return words[0].upper() + words[1:]


def turns_words(standing: Standing) -> str:
    """How often it is applied, without until when."""
    rule, left = standing.rule, standing.left
    said = []
    if rule.from_nth > 1:
        said.append(f"from the {_nth(rule.from_nth)} request on")
    if rule.every > 1:
        said.append(f"each {_nth(rule.every)} request")
    if rule.rate < 1:
        said.append(f"{rule.rate * 100:.3g} % of them, by chance")
    if left is not None:
        said.append("the next request" if left == 1 else f"the next {left:,} requests")
    elif rule.until is None:
        said.append("until removed")
    return capital(", ".join(said) or "each request")


def until_words(until: datetime, now: datetime) -> str:
    return f"{long_words(until - now)} left, until {until:%d %b %H:%M:%S} UTC"


def lasts_words(scenario: Scenario) -> str:
    if scenario.minutes is not None:
        return f"{scenario.minutes:g} min"
    rules = scenario.rules(Options())
    used_up = bool(rules) and all(rule.times is not None for rule in rules)
    return "Until used up" if used_up else "Until stopped"


MOST_SHOWN = 64 * 1024
MOST_BYTES = 512
A_LINE = 16
ORDINARY = {"\t", "\n", "\r"}
STRANGE = "\ufffd"  # what stands for bytes that don't decode


def as_text(payload: bytes) -> str:
    return payload[:MOST_SHOWN].decode("utf-8", "replace")


def cut_words(payload: bytes) -> str:
    missing = len(payload) - MOST_SHOWN
    return f"{missing:,} more bytes aren't shown here; the JSON API has them." if missing > 0 else ""


def laid_out(payload: bytes) -> str:
    """An XML document with a line for each element; empty when it is none, or stands so already."""
    if not payload.lstrip().startswith(b"<") or len(payload) > MOST_SHOWN:
        return ""
    document = look(payload, "")
    if isinstance(document, Hostile):
        return ""
    try:
        root = etree.fromstring(document.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return ""
    etree.indent(root, "  ")
    text = etree.tostring(root, encoding="unicode")
    return "" if text.strip() == as_text(payload).strip() else text


def byte_lines(payload: bytes) -> str:
    """The first bytes with their place and their text, when the text alone hides what came; else nothing."""
    text = as_text(payload)
    if all(character.isprintable() or character in ORDINARY for character in text) and STRANGE not in text:
        return ""
    shown = payload[:MOST_BYTES]
    lines = [shown[place : place + A_LINE] for place in range(0, len(shown), A_LINE)]
    letters = "".join(chr(byte) if byte in range(0x20, 0x7F) else "." for byte in range(256))
    return "\n".join(
        f"{number * A_LINE:06x}  {line.hex(' '):<47}  {''.join(letters[byte] for byte in line)}"
        for number, line in enumerate(lines)
    )


PLACES = {
    "pages.home": "Home",
    "journal.listing": "Requests",
    "alerts.listing": "Alerts",
    "receivers.listing": "Receivers",
    "rules.listing": "Rules",
    "scenarios.listing": "Scenarios",
    "pages.reference": "API",
}
"""What the bar shows, each with its label."""


def is_here(place: str, endpoint: str | None) -> bool:
    """Whether an endpoint belongs to a place: those of its blueprint do, and a request is in the list of them."""
    if endpoint == "pages.one_request":
        return place == "journal.listing"
    blueprint = (endpoint or "").partition(".")[0]
    return endpoint == place or (blueprint != "pages" and place == f"{blueprint}.listing")


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
    tone, icon = ("good", "check") if entry.answer_status in range(200, 300) else ("bad", "cross")
    return Badge(tone, icon, str(entry.answer_status))


def gravest_badge(entry: Entry) -> Badge | None:
    """How many problems were found, else how many warnings; nothing when there are neither."""
    for severity in ("problem", "warning"):
        count = sum(finding.severity == severity for finding in entry.findings)
        if count:
            word = f"1 {severity}" if count == 1 else f"{count} {severity}s"
            return Badge(GRAVITY[severity].tone, GRAVITY[severity].icon, word)
    return None


def receiver_label(entry: Entry) -> str:
    """Who received it: by its endpoint, where that says as much."""
    return KINDS[entry.endpoint].label if entry.receiver in {"", entry.endpoint} else entry.receiver


def moment(value: datetime) -> Markup:
    """A time: exact here, made relative by the page's script."""
    return Markup('<time datetime="{}">{} UTC</time>').format(
        value.isoformat(timespec="milliseconds"), value.strftime("%d %b %Y %H:%M:%S")
    )


def show(app: Flask) -> None:
    functions = (
        alert_badge, answer_badge, moment_badge, gravest_badge, note_words, capital, turns_words, until_words,
        lasts_words, long_words, cut_words, receiver_label, as_text, byte_lines, laid_out, moment, is_here,
    )  # fmt: skip
    app.jinja_env.globals.update({each.__name__: each for each in functions})
    app.jinja_env.globals.update(FIELDS=FIELDS, PLACES=PLACES, FAULTS=FAULTS, KINDS=KINDS, GRAVITY=GRAVITY)
    app.jinja_env.globals.update(token_wanted=lambda: bool(current_rmm().settings.admin_token))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
