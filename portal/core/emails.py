"""E-mail addresses: which ones the portal can send to, and what is wrong with the others."""

import re
from email.errors import MessageError
from email.headerregistry import Address

MAX_ADDRESS, _MAX_LOCAL = 254, 64
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def email_problem(address: str) -> str | None:
    """Say what is wrong with one e-mail address, or None.

    What passes is plain ASCII, so that it needs no extension (SMTPUTF8) of the mail server.
    """
    if len(address) > MAX_ADDRESS:
        return f"An e-mail address has at most {MAX_ADDRESS} characters; this one has {len(address):,}."
    if not all(" " < each != "\x7f" and each.isprintable() for each in address):
        return "An e-mail address has no spaces, line breaks or invisible characters. Remove them."
    if address.endswith(">"):
        return "Write the address alone, without a name and angle brackets, like name@example.com."
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        return "An e-mail address has a name, an @ and a domain, like name@example.com."
    if not local.startswith('"') and re.search(r"[,;@]", local):
        return "Enter one address here. There are fields for a second and a third one."
    return _local_problem(local) or _domain_problem(domain) or _parse_problem(address)


def _local_problem(local: str) -> str | None:
    if not local.isascii():
        return (
            f"The part before the @, “{local}”, has letters that many mail servers refuse. Use ASCII letters."
        )
    if len(local) > _MAX_LOCAL:
        return f"The part before the @ has at most {_MAX_LOCAL} characters; this one has {len(local):,}."
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "The part before the @ can't begin or end with a dot, nor have two in a row."
    return None


def _domain_problem(domain: str) -> str | None:
    if not domain.isascii():
        return _foreign_domain_problem(domain)
    if domain.startswith(".") or domain.endswith(".") or ".." in domain:
        return "The domain after the @ can't begin or end with a dot, nor have two in a row."
    if not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        return f"The domain after the @, “{domain}”, may have letters, digits, dots and inner dashes only."
    return None


def _foreign_domain_problem(domain: str) -> str | None:
    """Name the ASCII form: it reaches the same mailbox, by any mail server."""
    try:
        written = domain.encode("idna").decode()
    except UnicodeError:
        return f"The domain after the @, “{domain}”, is not a valid name."
    return f"Write the domain “{domain}” in its ASCII form, {written}: not every mail server knows the other."


def _parse_problem(address: str) -> str | None:
    """Ask what will write the mail's header: it must be able to."""
    try:
        whole = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        return "This is not a valid e-mail address. Write it like name@example.com."
    return None if whole.addr_spec == address else "Write the address alone, like name@example.com."
