"""What a run does: how many tickets, for how long, on which database, and what befalls it when."""

from dataclasses import dataclass
from pathlib import Path

LEASE_SECONDS = 3
SEND_TIMEOUT = 2
RESEND_LIMIT = 10
# Turned down, so that a run sees many resends, leases and sweeps.
SETTINGS = {
    "PORTAL_RESEND_SECONDS": "1",
    "PORTAL_RESEND_LIMIT": str(RESEND_LIMIT),
    "PORTAL_LEASE_SECONDS": str(LEASE_SECONDS),
    "PORTAL_SWEEP_SECONDS": "1",
    "PORTAL_SEND_TIMEOUT": str(SEND_TIMEOUT),
    "PORTAL_CONNECT_TIMEOUT": "2",
    "PORTAL_WORKERS": "2",
    "PORTAL_WEB_WORKERS": "2",
    "PORTAL_MOCK_RMM": "no",
    "PORTAL_DEMO": "no",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` is how long tickets are completed, and things go wrong, before the dust settles."""

    database: str
    tickets: int
    seconds: float
    seed: int
    clients: int = 6
    # programs `python worker.py`, as on several machines
    workers: int = 2
    valkey_away: float = 10.0
    # how many of a hundred deliveries have a receiver that never takes them
    doomed: int = 2
    # where the programs' logs go
    logs: Path | None = None

    @property
    def settle_seconds(self) -> float:
        """How long the last of them may need: eleven attempts, leases, restarts."""
        return 60.0 + self.tickets / 10
