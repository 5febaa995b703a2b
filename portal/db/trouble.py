"""What is wrong when the database refuses a statement, in words for the user.

``trouble_of`` reads the driver's error: SQLite's name for it, or PostgreSQL's SQLSTATE.
"""

from dataclasses import dataclass

# PostgreSQL's classes and codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_FULL_STATES = frozenset({"53100"})
_READ_ONLY_STATES = frozenset({"25006"})
_BUSY_STATES = frozenset({"40001", "40P01", "53200", "55P03"})
_COSTLY_STATES = frozenset({"57014"})
_AWAY_STATES = frozenset({"53300", "57P01", "57P02", "57P03"})
_AWAY_CLASS = "08"
# without a SQLSTATE, no server answered
_NO_SERVER = frozenset({"OperationalError", "ConnectionTimeout"})


@dataclass(frozen=True, slots=True)
class StorageTrouble:
    """``title`` and ``text`` are shown; after ``retry_after`` seconds it may be over by itself."""

    name: str
    title: str
    text: str
    retry_after: int | None = None


FULL = StorageTrouble(
    "full",
    "The portal's disk is full",
    "The database has no room left, so nothing was saved. Tell an administrator: once there is room on "
    "the disk of the database, everything goes on by itself, and you can send this again.",
)
READ_ONLY = StorageTrouble(
    "read-only",
    "The database can only be read",
    "It takes no changes at the moment, so nothing was saved. Tell an administrator: the database or its "
    "disk is read-only. Once it takes changes again, you can send this again.",
)
BUSY = StorageTrouble(
    "busy",
    "The database was busy for too long",
    "Something else held it until the time was up, so nothing was saved. Try again in a moment; if it "
    "stays, tell an administrator.",
    5,
)
COSTLY = StorageTrouble(
    "costly",
    "This takes the database too long",
    "It was stopped, so that others get their turn. Narrow what is searched for: a longer text, one company, one "
    "status, a shorter period.",
)
AWAY = StorageTrouble(
    "away",
    "The database does not answer",
    "The portal can't reach its database, so it can show nothing, and nothing was saved. It goes on by "
    "itself as soon as the database is back: try again in a moment. If it stays, tell an administrator.",
    5,
)


def trouble_of(error: BaseException | None) -> StorageTrouble | None:
    """Return what a driver's error means for the user; None if it is a bug."""
    if error is None:
        return None
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        return _of_sqlite(name)
    if hasattr(error, "sqlstate"):
        return _of_postgres(error.sqlstate, type(error).__name__)
    return None


def _of_sqlite(name: str) -> StorageTrouble | None:
    match name.removeprefix("SQLITE_").partition("_")[0]:
        case "FULL":
            return FULL
        case "READONLY" | "PERM":
            return READ_ONLY
        case "BUSY" | "LOCKED":
            return BUSY
        case "INTERRUPT":
            return COSTLY
        case "CANTOPEN" | "IOERR":
            return AWAY
        case _:
            return None


def _of_postgres(state: str | None, kind: str) -> StorageTrouble | None:
    if state is None:
        return AWAY if kind in _NO_SERVER else None
    if state in _FULL_STATES:
        return FULL
    if state in _READ_ONLY_STATES:
        return READ_ONLY
    if state in _COSTLY_STATES:
        return COSTLY
    if state in _BUSY_STATES:
        return BUSY
    return AWAY if state in _AWAY_STATES or state.startswith(_AWAY_CLASS) else None
