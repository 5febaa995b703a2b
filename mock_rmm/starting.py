"""Starts the server, or says why it can't. Its settings come from the environment."""

import errno
import os
import socket
import sys
from typing import NoReturn

from mock_rmm.journal.store import Store, Unusable
from mock_rmm.settings import Settings, WrongSettings

WRONG_SETTINGS = 2


def serve() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except WrongSettings as wrong:
        refuse(wrong.problems)
    if problem := taken(settings) or unusable(settings.journal):
        refuse([problem])
    # After the settings: these take a second to import, and a typing error should be reported at once
    from mock_rmm.server import Server  # noqa: PLC0415

    Server(settings).run()


def unusable(journal: str) -> str:
    """Why the journal can't be kept there, if it can't."""
    try:
        Store(journal).close()
    except Unusable as unusable:
        return f"{unusable} Set MOCK_RMM_JOURNAL to it, or to memory."
    return ""


def refuse(problems: list[str]) -> NoReturn:
    for problem in problems:
        print(f"mock-rmm can't start: {problem}", file=sys.stderr)  # noqa: T201 (before there is a log)
    sys.exit(WRONG_SETTINGS)


def taken(settings: Settings) -> str:
    """Why the address can't be listened at, if it can't: gunicorn would try for five seconds and say less."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            return f"{where} is taken. Stop what listens there, or set MOCK_RMM_PORT to another port."
        return f"{where} can't be listened at ({error.strerror}). Set MOCK_RMM_HOST and MOCK_RMM_PORT to what can."
    return ""
