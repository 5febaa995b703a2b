"""The dashboard: how deliveries go, over an hour, a day or a week."""

from flask import Blueprint, render_template, request

from portal.clock import now
from portal.db.engine import db
from portal.queries.figures import PERIODS, SAMPLE, Figures, Percentiles, Period, figures
from portal.web.presenting import charts
from portal.web.presenting.deliveries import ERRORS

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
# what one may choose, by the names that the list of deliveries has for its own
LABELS = {"hour": "1 hour", "day": "24 hours", "week": "7 days"}
NAMES = ("p50", "p95", "p99")


@blueprint.get("")
def index() -> str:
    asked = request.args.get("period", "")
    name = asked if asked in PERIODS else "day"
    period = PERIODS[name]
    found = figures(db.session(), period, now())
    return render_template(
        "dashboard/index.html",
        name=name,
        periods=LABELS,
        found=found,
        rate=charts.bars([each.delivered for each in found.slots], [each.failed for each in found.slots]),
        attempts=_chart([each.attempts for each in found.slots]),
        latency=_chart([each.latency for each in found.slots]),
        ticks=[each.begin for each in found.slots[:: period.tick]],
        per=_per(found, period),
        span=charts.span,
        names=NAMES,
        sample=SAMPLE,
        errors=ERRORS,
    )


def _chart(rows: list[Percentiles | None]) -> charts.Lines:
    return charts.lines([[getattr(row, name) if row else None for row in rows] for name in NAMES])


def _per(found: Figures, period: Period) -> str:
    """Write how many deliveries ended in a minute, or in an hour where that is less than one."""
    a_minute = (found.delivered + found.failed) / (period.step * period.count / 60)
    if a_minute >= 1 or not a_minute:
        return f"{a_minute:,.1f} a minute"
    return f"{a_minute * 60:,.1f} an hour"
