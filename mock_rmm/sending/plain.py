"""Foreign text made fit for a line of a report."""

LONGEST = 200


def one_line(text: str) -> str:
    """Fold it into a line that a terminal can show, of bounded length."""
    clean = printable(" ".join(text.split()))
    return clean if len(clean) <= LONGEST else clean[:LONGEST] + "…"


def printable(text: str) -> str:
    """Without what could steer a terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
