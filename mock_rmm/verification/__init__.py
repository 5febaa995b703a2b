"""Answers whether the requests that one expects have come, and what came instead."""

from mock_rmm.verification.following import Following, every
from mock_rmm.verification.misses import Miss, nearest
from mock_rmm.verification.order import Order, in_order
from mock_rmm.verification.waiting import Outcome, until, wait_for, wait_for_order

__all__ = [
    "Following",
    "Miss",
    "Order",
    "Outcome",
    "every",
    "in_order",
    "nearest",
    "until",
    "wait_for",
    "wait_for_order",
]
