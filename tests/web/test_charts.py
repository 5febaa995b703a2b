"""Charts' geometry: what is higher is drawn higher, gaps stay gaps, and words fit the scale."""

from portal.web.presenting.charts import HEIGHT, bars, lines, nice_top, span


def test_bars_stand_on_the_ground_and_on_each_other():
    chart = bars([5, 0, 10], [5, 0, 0])
    both, none, low = chart.bars
    assert (both.low_y, both.low_height) == (50.0, 50.0)
    assert (both.high_y, both.high_height) == (0.0, 50.0)
    assert (none.low_height, none.high_height) == (0.0, 0.0)
    assert (low.low_y, low.low_height) == (0.0, HEIGHT)
    assert chart.labels == ["10", "5", "0"]


def test_lines_are_steps_on_a_logarithmic_scale_with_gaps():
    chart = lines([[10, 100, None, 1000]])
    assert chart.labels == ["1 s", "100 ms", "10 ms"]
    assert chart.grid == [0.0, 50.0, 100.0]
    assert chart.paths == ["M0 100H10V50H20M30 0H40"]


def test_lines_without_values_or_of_nothing_have_a_scale_all_the_same(subtests):
    for rows, labels in [([[None, None]], ["10 ms", "1 ms"]), ([[0]], ["10 ms", "1 ms"])]:
        with subtests.test(rows=rows, labels=labels):
            assert lines(rows).labels == labels


def test_the_top_of_a_scale_is_round_and_not_below(subtests):
    for most, top in [(0, 2), (1, 2), (2, 2), (3, 4), (7, 10), (10, 10), (11, 20), (401, 500), (999, 1000)]:
        with subtests.test(most=most, top=top):
            assert nice_top(most) == top


def test_a_length_of_time_is_written_in_its_largest_unit(subtests):
    for milliseconds, text in [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (1500, "1.5 s"),
        (9960, "10 s"),
        (61_000, "1 min"),
        (1_000_000, "17 min"),
        (10_000_000, "2.8 h"),
        (100_000_000, "1.2 d"),
        (10**10, "116 d"),
    ]:
        with subtests.test(milliseconds=milliseconds, text=text):
            assert span(milliseconds) == text
