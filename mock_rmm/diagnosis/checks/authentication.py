"""User name and password, as HTTP Basic carries them."""

import base64
import binascii
from collections.abc import Iterator

from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, problem, quoted, setting

LONGEST_SCHEME = 20
HOW = (
    "Enter this receiver's user name and password under Username and Password on the General tab of the "
    "callout's editor."
)


def authentication(case: Case) -> Iterator[Finding]:
    """No sentence repeats what came as a password, or reveals the right one."""
    if case.credentials is None:
        return
    header = case.header("authorization")
    if header is None:
        yield problem("no-credentials", f"No user name and password came. {HOW}")
        return
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        # What has no space in it may be a token, which nobody should read here
        named = rest and len(scheme) < LONGEST_SCHEME
        form = f"for the scheme {quoted(scheme)}" if named else "of an unknown form"
        yield problem("other-scheme", f"The Authorization header is {form}. Callouts use HTTP Basic. {HOW}")
        return
    given = _decode(rest)
    if given is None:
        what = "The Authorization header says Basic, but what follows isn't Base64 of “user name:password”."
        todo = "Encode the two together, as UTF-8, with a colon between them."
        yield problem("broken-credentials", f"{what} {todo}")
        return
    yield from _compare(*given, case.credentials)


def _compare(username: bytes, password: bytes, wanted: Credentials) -> Iterator[Finding]:
    same_name = username == wanted.username.encode()
    same_password = password == wanted.password.encode()
    if same_name and same_password:
        return
    if not same_name and username.strip() == wanted.password.encode():
        # Quoted, it would reveal the password
        what = "What came as the user name is this receiver's password: the two are exchanged."
        yield problem("credentials-exchanged", f"{what} {HOW}")
        return
    came = username.decode("utf-8", "replace")
    if not same_name:
        near = ""
        if came.strip().casefold() == wanted.username.strip().casefold():
            near = " They differ only in case or in spaces."
        what = f"The user name is {quoted(came)}, and another one is wanted.{near}"
        yield problem("wrong-username", f"{what} {setting('Username', wanted.username)}")
    if not same_password:
        why = _why(password, wanted.password)
        todo = "Replace it on the General tab of the callout's editor with this receiver's."
        yield problem("wrong-password", f"The password is {why}. {todo}")


def _why(password: bytes, wanted: str) -> str:
    if not password:
        return "empty"
    if password.strip() == wanted.encode():
        return "right but for spaces or a line break around it"
    return "right but not encoded as UTF-8" if password.decode("latin-1") == wanted else "wrong"


def _decode(text: str) -> tuple[bytes, bytes] | None:
    try:
        username, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (username, password) if colon else None
