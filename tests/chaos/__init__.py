"""Nothing lost: real processes that are killed, stopped and frozen, and a ledger that must close afterwards.

python -m tests.chaos [--tickets N] [--seconds S] [--seed N] [--database sqlite|postgres|both] [--json]
"""
