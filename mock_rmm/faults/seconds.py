"""How long a fault takes: always the same, or by chance."""

from mock_rmm.faults.rule import Rule, Turn


def seconds_of(rule: Rule, turn: Turn) -> float:
    least = rule.seconds or 0.0
    return least if rule.most_seconds is None else turn.chance.uniform(least, rule.most_seconds)


def seconds_words(rule: Rule) -> str:
    least = f"{rule.seconds or 0:g}"
    return f"{least} seconds" if rule.most_seconds is None else f"{least} to {rule.most_seconds:g} seconds"
