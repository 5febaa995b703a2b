"""python -m tests.chaos: runs, prints what happened, and ends with 2 when a ledger does not close."""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos import telling
from tests.chaos.plan import Plan
from tests.chaos.run import run

VOID = 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("make chaos", description="Prove that nothing is lost.")
    parser.add_argument("--tickets", type=int, default=2000, help="how many are completed (2000)")
    parser.add_argument("--seconds", type=float, default=100.0, help="for how long (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the receiver and of what goes wrong (1)")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--keep", action="store_true", help="keep the programs' logs")
    given = parser.parse_args(arguments)
    databases = ("sqlite", "postgres") if given.database == "both" else (given.database,)
    logs = Path(tempfile.mkdtemp(prefix="rt-chaos-logs-"))
    reports = []
    for database in databases:
        reports.append(run(Plan(database, given.tickets, given.seconds, given.seed, logs=logs)))
        if not given.json:
            print(telling.as_text(reports[-1]), flush=True)  # noqa: T201 - the output
    if given.json:
        print(json.dumps([telling.as_json(each) for each in reports], indent=2))  # noqa: T201 - the output
    closes = all(each.closes for each in reports)
    if closes and not given.keep:
        shutil.rmtree(logs)
    else:
        print(f"The programs' logs are in {logs}.", file=sys.stderr)  # noqa: T201 - likewise
    return 0 if closes else VOID


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
