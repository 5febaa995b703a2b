"""US Eastern time on the wire: the offset of the date, seven fraction digits, milliseconds kept."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.eastern import EASTERN, eastern_date, from_eastern, is_day, read_day, round_trip


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_time_is_told_with_the_offset_in_force_on_its_date(subtests):
    for moment, told in [
        # the reference's two, in winter and in summer
        ("2021-11-20T15:43:34.903", "2021-11-20T10:43:34.9030000-05:00"),
        ("2022-03-25T15:23:58.610", "2022-03-25T11:23:58.6100000-04:00"),
        # the hour that is skipped in spring
        ("2022-03-13T06:59:59.999", "2022-03-13T01:59:59.9990000-05:00"),
        ("2022-03-13T07:00:00", "2022-03-13T03:00:00.0000000-04:00"),
        # the hour that comes twice in autumn
        ("2021-11-07T05:30:00", "2021-11-07T01:30:00.0000000-04:00"),
        ("2021-11-07T05:59:59.999", "2021-11-07T01:59:59.9990000-04:00"),
        ("2021-11-07T06:00:00", "2021-11-07T01:00:00.0000000-05:00"),
        ("2021-11-07T06:30:00", "2021-11-07T01:30:00.0000000-05:00"),
        # midnight is another day there
        ("2022-01-01T04:59:59", "2021-12-31T23:59:59.0000000-05:00"),
        ("2022-01-01T05:00:00", "2022-01-01T00:00:00.0000000-05:00"),
        # the rules of other years
        ("1974-01-10T12:00:00", "1974-01-10T08:00:00.0000000-04:00"),
        ("2006-04-01T12:00:00", "2006-04-01T07:00:00.0000000-05:00"),
        # Eastern's offset was local mean time's, with seconds, up to this noon
        ("1883-11-18T16:59:59", "1883-11-18T16:59:59.0000000+00:00"),
        ("1883-11-18T17:00:00", "1883-11-18T12:00:00.0000000-05:00"),
        ("0900-01-01T12:00:00", "0900-01-01T12:00:00.0000000+00:00"),
        # milliseconds are cut, not rounded
        ("2021-11-20T15:43:34.000999", "2021-11-20T10:43:34.0000000-05:00"),
        ("2021-11-20T15:43:34.999999", "2021-11-20T10:43:34.9990000-05:00"),
        ("2021-11-20T15:43:34.001", "2021-11-20T10:43:34.0010000-05:00"),
    ]:
        with subtests.test(moment=moment, told=told):
            assert round_trip(utc(moment)) == told


def test_the_zone_that_a_time_comes_in_makes_no_difference():
    moment = utc("2021-11-20T15:43:34.903")
    for zone in (
        ZoneInfo("Asia/Kolkata"),
        ZoneInfo("Pacific/Auckland"),
        timezone(timedelta(hours=-11)),
        EASTERN,
    ):
        assert round_trip(moment.astimezone(zone)) == "2021-11-20T10:43:34.9030000-05:00"


@settings(max_examples=100, deadline=None, database=None)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_told_is_read_back_to_the_millisecond(moment: datetime):
    told = round_trip(moment)
    assert len(told) == len("2021-11-20T10:43:34.9030000-05:00")
    assert from_eastern(told) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_a_time_without_a_zone_is_eastern(subtests):
    for text, moment in [
        ("2021-11-20T10:43:34.903", "2021-11-20T15:43:34.903"),
        ("2021-11-20T10:43:34.9030000", "2021-11-20T15:43:34.903"),
        ("2021-11-20T10:43:34.9030000-05:00", "2021-11-20T15:43:34.903"),
        ("2022-03-25T11:23:58.61", "2022-03-25T15:23:58.610"),
        ("  2021-11-20T10:43:34\n", "2021-11-20T15:43:34"),
        ("2021-11-20 10:43:00", "2021-11-20T15:43:00"),
        ("2021-11-20", "2021-11-20T05:00:00"),
        # a date with a zone is its midnight there, and no time of day
        ("2026-12-31-08:00", "2026-12-31T08:00:00"),
        ("2026-12-31Z", "2026-12-31T00:00:00"),
        ("2026-12-31+14:00", "2026-12-30T10:00:00"),
        ("2026-12-31T24:00:00", "2027-01-01T05:00:00"),
        ("2026-12-31T24:00:00.00Z", "2027-01-01T00:00:00"),
        ("2026-12-31T23:59:59.99999999999999Z", "2026-12-31T23:59:59.999999"),
        ("2026-12-31T10:00:00.5Z", "2026-12-31T10:00:00.500000"),
        ("2026-12-31T10:00:00." + "9" * 5000 + "Z", "2026-12-31T10:00:00.999999"),
        ("2026-12-31T10:00:00-00:00", "2026-12-31T10:00:00"),
        ("2021-11-20T10:43:34Z", "2021-11-20T10:43:34"),
        ("2021-11-20T10:43:34+05:30", "2021-11-20T05:13:34"),
        # of the hour that comes twice, the first
        ("2021-11-07T01:30:00", "2021-11-07T05:30:00"),
        # the hour that is skipped ends as long after the change
        ("2022-03-13T02:30:00", "2022-03-13T07:30:00"),
    ]:
        with subtests.test(text=text, moment=moment):
            assert from_eastern(text) == utc(moment)
            assert from_eastern(text).tzinfo is not None


def test_what_is_no_time_is_refused(subtests):
    for text in [
        *(
            "",
            " ",
            "now",
            "20.11.2021",
            "2021-11-31",
            "2021-13-01",
            "2021-11-20T25:00",
            "2021-11-20T10:43+99:00",
        ),
        # so early or late that no other zone can tell it
        *(
            "0001-01-01T00:00:00",
            "0001-01-01T00:00:00+05:00",
            "9999-12-31T23:59:59",
            "9999-12-31T23:59:59-05:00",
        ),
        *("1637-13", "٢٠٢١-١١-٢٠", "\x00", "2021-11-20\x00", "\ud800", "2021-11-20\xa0"),
        # ISO 8601 knows them, and XSD does not
        *("2026-W53-4", "2026-366", "20261231", "20261231T100000", "2026-12-31T10:00:00,5", "2026-12-31T10"),
        *("2026-12-31T10:00", "2026-12-31T10:00:00-0500", "2026-12-31T10:00:00-05", "2026-12-31T10:00:00."),
        *("2026-12-31x10:00", "2026-12-31x10:00:00", "2026-12-31t10:00:00", "2026-12-31T10:00:00z"),
        *("2026-12-31T10:00:00 -05:00", "2026-12-31  10:00:00", "2026-12-31T", "2026-1-5", "26-12-31"),
        # nor these times, zones and years
        *("2026-12-31T24:00:01", "2026-12-31T24:00:00.1", "2026-12-31T10:00:60", "2026-12-31T10:60:00"),
        *("2026-12-31T10:00:00+14:01", "2026-12-31+15:00", "2026-12-31T10:00:00-05:00:01"),
        *("12026-12-31T10:00:00", "-2026-12-31T10:00:00", "0000-01-01", "9998-12-31T24:00:00", "02026-01-01"),
    ]:
        with subtests.test(text=text), pytest.raises(ValueError):  # noqa: PT011 - any sentence will do
            from_eastern(text)


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=40) | st.datetimes().map(datetime.isoformat))
def test_what_is_read_can_be_told_in_every_zone(text: str):
    try:
        moment = from_eastern(text)
    except ValueError:
        return
    for zone in (UTC, EASTERN, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")):
        assert moment.astimezone(zone) == moment


def test_the_day_changes_at_eastern_midnight(subtests):
    for moment, day in [
        ("2021-11-21T04:59:59.999", date(2021, 11, 20)),
        ("2021-11-21T05:00:00", date(2021, 11, 21)),
        ("2022-07-01T03:59:59", date(2022, 6, 30)),
        ("2022-07-01T04:00:00", date(2022, 7, 1)),
    ]:
        with subtests.test(moment=moment, day=day):
            assert eastern_date(utc(moment)) == day


def test_a_date_is_its_own_day_whatever_its_zone_and_a_time_has_the_eastern_one():
    days = [
        read_day(text).isoformat() for text in ("2026-12-31-08:00", "2026-12-31Z", "2026-12-31T00:00:00Z")
    ]
    assert days == ["2026-12-31", "2026-12-31", "2026-12-30"]
    assert [is_day(text) for text in ("2026-12-31", "2026-12-31Z", "2026-02-30", "")] == [
        True,
        False,
        False,
        False,
    ]
