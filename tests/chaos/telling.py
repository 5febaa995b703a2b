"""A run's report in words, and as JSON."""

from dataclasses import asdict

from portal.models.delivery import DELIVERED, FAILED
from tests.chaos.plan import RESEND_LIMIT
from tests.chaos.run import Report

_SHOWN = 20
_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def as_json(report: Report) -> dict[str, object]:
    told = asdict(report) | {"closes": report.closes}
    told["plan"].pop("logs")
    return told


def as_text(report: Report) -> str:
    expected = sum(report.states.values())
    repeats = sum(report.repeats.values())
    lines = [
        _headline(report),
        _line("went wrong", _listed(report.happened)),
        _line(
            "changes",
            f"{report.changes:,} were confirmed; calls tried again: {_listed(report.repeated_calls)}",
        ),
        _line("expected", f"{expected:,} deliveries"),
        _line("delivered", f"{report.states.get(DELIVERED, 0):,}"),
        _line("given up", f"{report.states.get(FAILED, 0):,}, each after {RESEND_LIMIT + 1} attempts"),
        _line("still open", f"{expected - report.states.get(DELIVERED, 0) - report.states.get(FAILED, 0):,}"),
        _line("receiver", f"{sum(report.requests.values()):,} requests: {_listed(report.requests)}"),
        _line("repeats", f"{repeats:,}" + (f": {_listed(report.repeats)}" if repeats else "")),
        _line(
            "lost",
            f"{report.lost_attempts:,} attempts whose end nobody saw, {report.stale_results:,} late results",
        ),
        _line("told", f"{report.notes:,} notes, {report.notifications:,} notifications"),
        _line("ledger", "closes" if report.closes else f"DOES NOT CLOSE, in {len(report.wrong):,} places:"),
    ]
    lines += [f"    {sentence}" for sentence in report.wrong[:_SHOWN]]
    if len(report.wrong) > _SHOWN:
        lines.append(f"    … and {len(report.wrong) - _SHOWN:,} more")
    return "\n".join(lines)


def _headline(report: Report) -> str:
    plan = report.plan
    return (
        f"{_NAMES[plan.database]}: {plan.tickets:,} tickets completed by {plan.clients} clients in "
        f"{report.load_seconds:.0f} s, all ended {report.settle_seconds:.0f} s later (seed {plan.seed})"
    )


def _line(name: str, text: str) -> str:
    return f"  {name:<11}{text}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
