"""``portal demo``: a year's tickets and deliveries in a demo portal, to try pages, searches and queries on."""

import click

from portal.cli.startup import portal_at_hand


@click.command()
@click.option(
    "--tickets",
    type=click.IntRange(1, 10_000_000),
    required=True,
    help="How many, with all that hangs on them.",
)
def demo(tickets: int) -> None:
    """Add tickets with values, notes, history, deliveries and attempts to the demo that `portal run` has made.

    Nothing is sent. They can't be told apart from real ones afterwards, so this is refused in production, and
    where the demo's people and companies are not all that there is.
    """
    from portal.clock import now  # noqa: PLC0415 - keeps `portal --help` quick
    from portal.db.engine import db  # noqa: PLC0415
    from portal.db.services import services  # noqa: PLC0415
    from portal.desk.demo import is_demo  # noqa: PLC0415
    from portal.desk.volume import DELIVERIES, fill  # noqa: PLC0415

    with portal_at_hand():
        if services().settings.production or not is_demo(db.session()):
            raise click.ClickException(
                "This is no demo portal: it runs in production, or has other companies than the demo's. "
                "Name an empty folder with PORTAL_INSTANCE, start it once with `portal run`, and try again."
            )
        db.session.rollback()
        with click.progressbar(length=tickets, label="Tickets") as bar:
            fill(db.engine, tickets * DELIVERIES, now=now(), tickets=tickets, progress=bar.update)
    click.echo(f"Added {tickets:,} tickets with {tickets * DELIVERIES:,} deliveries.")
