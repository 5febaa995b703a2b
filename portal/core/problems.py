"""Mistakes that a user can correct, shown beside the field they belong to."""


class Invalid(Exception):  # noqa: N818 - reads so at the `except`
    """An input was refused. ``problems`` maps a field's name to a sentence; "" is the input as a whole."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


class NotFound(Exception):  # noqa: N818
    """The named thing does not exist (or no longer does)."""
