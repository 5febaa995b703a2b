"""``portal deliveries``: look at deliveries, send them again and cancel them, from a shell or a script."""

import getpass
import json
from collections.abc import Callable
from datetime import datetime

import click

from portal.cli.startup import portal_at_hand

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_IDS = click.argument("ids", metavar="ID...", type=click.IntRange(1), nargs=-1, required=True)
_MOST = 10_000


@click.group()
def deliveries() -> None:
    """Look at deliveries, send them again, cancel them; also while the portal runs.

    Exits 0 when all was done, 1 when something was not, 2 when the command was not understood.
    """


@deliveries.command("list")
@click.option("--callout", metavar="NAME|ID", default="", help="Only those of this extension callout.")
@click.option(
    "--state",
    metavar="STATE",
    default="",
    help="waiting, resending (waiting after an error), sending, delivered, failed, cancelled or skipped.",
)
@click.option("--ticket", metavar="NUMBER|ID", default="", help="Only those of this ticket.")
@click.option(
    "--since", metavar="TIME", default="", help="Made since: 90m, 24h, 7d, or 2026-11-24T08:00 (UTC)."
)
@click.option(
    "--remark",
    metavar="CODE",
    default="",
    help="Only those with an attempt that has a remark: any, or the code of one.",
)
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="At most this many."
)
@_AS_JSON
def list_(
    callout: str, state: str, ticket: str, since: str, remark: str, limit: int, *, as_json: bool
) -> None:
    """List deliveries, newest first."""
    from portal.cli import filters, printing  # noqa: PLC0415
    from portal.clock import now  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415

    with portal_at_hand():
        session = db.session()
        query = filters.query(session, callout, state, ticket, filters.moment(since, now()), limit, remark)
        found = printing.rows(session, query)
    if as_json:
        click.echo(_json([printing.in_short(each) for each in found]))
    else:
        click.echo(printing.table(found) if found else "There is no such delivery.")


@deliveries.command()
@click.argument("delivery_id", metavar="ID", type=click.IntRange(1))
@_AS_JSON
def show(delivery_id: int, *, as_json: bool) -> None:
    """Show a delivery with its attempts: both sides of each, without passwords."""
    from portal.cli import printing  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415

    with portal_at_hand():
        found = printing.whole(db.session(), delivery_id)
    if found is None:
        raise click.ClickException(f"There is no delivery {delivery_id}.")
    click.echo(_json(found) if as_json else printing.page(found))


@deliveries.command()
@_IDS
@_AS_JSON
def retry(ids: tuple[int, ...], *, as_json: bool) -> None:
    """Send deliveries that have ended again, with the same values and webhook-id."""
    from portal.clock import now  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415
    from portal.delivery import outbox  # noqa: PLC0415

    def send_again(delivery_id: int, moment: datetime) -> bool:
        return outbox.send_again(db.session(), delivery_id, moment)

    _each(ids, lambda each: send_again(each, now()), "is sent again", as_json=as_json)


@deliveries.command()
@_IDS
@_AS_JSON
def cancel(ids: tuple[int, ...], *, as_json: bool) -> None:
    """Cancel deliveries that wait; they can still be sent again."""
    from portal.clock import now  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415
    from portal.delivery import outbox  # noqa: PLC0415

    who = _who()
    _each(ids, lambda each: outbox.cancel(db.session(), each, who, now()), "was cancelled", as_json=as_json)


def _each(ids: tuple[int, ...], do: Callable[[int], bool], done: str, *, as_json: bool) -> None:
    """Do something with each delivery, and say what came of it; what could not be done spoils nothing else."""
    from portal.cli import printing  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415

    results = []
    with portal_at_hand():
        for delivery_id in dict.fromkeys(ids):
            known = printing.is_known(delivery_id)
            changed = known and do(delivery_id)
            db.session.commit()
            text = f"Delivery {delivery_id} {done}."
            if not changed:
                text = printing.why_not(db.session(), delivery_id)
            results.append({"id": delivery_id, "done": changed, "text": text})
            db.session.rollback()
    if as_json:
        click.echo(_json(results))
    for each in results:
        if not as_json:
            click.echo(each["text"], err=not each["done"])
    if not all(each["done"] for each in results):
        raise SystemExit(1)


def _who() -> str:
    try:
        return f"{getpass.getuser()}, at the command line"
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody at the command line"


def _json(found: object) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)
