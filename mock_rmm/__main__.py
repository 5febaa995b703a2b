"""Starts the mock RMM: `mock-rmm` or `python -m mock_rmm`. Its settings come from the environment."""

import os
import sys

from mock_rmm.settings import Settings, WrongSettings

WRONG_SETTINGS = 2


def main() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except WrongSettings as wrong:
        for problem in wrong.problems:
            print(f"mock-rmm can't start: {problem}", file=sys.stderr)  # noqa: T201 (before there is a log)
        sys.exit(WRONG_SETTINGS)
    # After the settings: these take a second to import, and a typing error should be told at once
    from mock_rmm.server import Server  # noqa: PLC0415

    Server(settings).run()


if __name__ == "__main__":
    main()
