"""``portal prune``: delete what ended long ago, from a shell; also while the portal runs."""

import threading

import click

from portal.cli.startup import portal_at_hand

# for everybody else who writes
_REST = 0.02


@click.command()
@click.option("--days", type=click.IntRange(1, 36_500), help="Instead of PORTAL_KEEP_DAYS.")
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
def prune(days: int | None, *, dry_run: bool) -> None:
    """Delete ended deliveries with their attempts, and mails, that are older than PORTAL_KEEP_DAYS.

    Workers do this by themselves where PORTAL_KEEP_DAYS is set. What is open stays, and so do tickets and notes.
    """
    from datetime import timedelta  # noqa: PLC0415 - keeps `portal --help` quick

    from portal.clock import now  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415
    from portal.db.services import services  # noqa: PLC0415
    from portal.delivery import retention  # noqa: PLC0415

    def rest() -> bool:
        threading.Event().wait(_REST)
        return True

    with portal_at_hand():
        days = days or services().settings.keep_days
        if not days:
            raise click.ClickException(
                "Everything is kept for ever: PORTAL_KEEP_DAYS is not set. Use --days 365, for example."
            )
        before = now() - timedelta(days=days)
        found = retention.count(db.engine, before) if dry_run else retention.prune(db.engine, before, rest)
    click.echo(
        f"{'Would be deleted' if dry_run else 'Deleted'}, of more than {days} days ago: "
        f"{found.deliveries:,} deliveries with {found.attempts:,} attempts, {found.mails:,} mails."
    )
