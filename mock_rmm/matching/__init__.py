"""A match: what received requests are looked for by, and how one differs from it. Pure."""

from mock_rmm.matching.expectation import Expectation
from mock_rmm.matching.match import PARTS, Condition, Difference, Match
from mock_rmm.matching.match_input import match_json, read_match

__all__ = ["PARTS", "Condition", "Difference", "Expectation", "Match", "match_json", "read_match"]
