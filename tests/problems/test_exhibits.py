"""Tables and figures of worked solutions: they tell a variant's own numbers, and are computed only when asked for."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from problems.catalogue import catalogue, find
from problems.charts import Method, bounded, combination, cost_figure, path_figure, plain
from problems.dealing import deal
from problems.exhibits import Chart, Column, Contours, Curve, Graph, Table, symbol
from problems.grading import grade
from problems.text import LANGUAGES, Text

WITH_EXHIBITS = [name for name, problem in catalogue().items() if problem.exhibits]
SEEDS = range(8)
CELLS = {bool, int, float, str, type(None)}
CJK = range(0x2E80, 0xA000)


def column(table: Table, name: str) -> list[object]:
    place = [each.name for each in table.columns].index(name)
    return [row[place] for row in table.rows]


def vectors(table: Table, letter: str, size: int, start: int = 1) -> np.ndarray:
    return np.array([column(table, f"{letter}{j}") for j in range(start, start + size)], dtype=float).T


def test_every_computed_descent_and_most_chapter_problems_have_exhibits():
    assert {"1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "2.4", "c1.1", "c1.4", "c2.2", "c2.5", "c2.6"} <= {
        *WITH_EXHIBITS
    }
    assert {"c3.1", "c3.3", "c3.5", "c3.8", "c4.1", "c4.5"} <= {*WITH_EXHIBITS}


@pytest.mark.parametrize("problem", WITH_EXHIBITS)
def test_tables_and_figures_are_plain_data_with_words_in_both_languages(problem):
    for seed in SEEDS:
        exhibits = deal(find(problem), seed).exhibits()
        for table in exhibits.tables:
            assert table.rows
            assert {type(cell) for row in table.rows for cell in row} <= CELLS
            assert all(np.isfinite(cell) for row in table.rows for cell in row if isinstance(cell, float))
            assert all(each.name.isascii() for each in table.columns)
            assert len({each.name for each in table.columns}) == len(table.columns)
        for figure in exhibits.figures:
            json.dumps(asdict(figure), allow_nan=False)
            for words in (figure.title, figure.description, figure.alt):
                assert all(words[language].strip() for language in LANGUAGES)
            assert "$" not in figure.alt.en + figure.alt.zh + figure.title.en + figure.title.zh
            assert any(ord(letter) in CJK for letter in figure.alt.zh)
        for those in (exhibits.tables, exhibits.figures):
            assert len({each.id for each in those}) == len(those)


@pytest.mark.parametrize("problem", WITH_EXHIBITS)
def test_nothing_but_mathematics_stands_in_a_drawing(problem):
    for figure in deal(find(problem), 1).exhibits().figures:
        drawn = json.dumps(asdict(figure.drawing), ensure_ascii=False)
        assert not any(ord(letter) in CJK for letter in drawn)


@pytest.mark.parametrize("problem", ["1.6", "1.7", "1.8", "1.9"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_row_of_the_iterates_is_the_key(problem, seed):
    variant = deal(find(problem), seed)
    table = variant.exhibits().table("iterates")
    assert column(table, "t") == list(range(variant.parameters["steps"] + 1))
    np.testing.assert_allclose(vectors(table, "w", 4)[-1], variant.solved["w"], rtol=0, atol=1e-12)


def test_each_row_of_gradient_descent_leads_to_the_next():
    variant = deal(find("1.6"), 4)
    table = variant.exhibits().table("iterates")
    w, g = vectors(table, "w", 4), vectors(table, "g", 4)
    np.testing.assert_allclose(w[1:], w[:-1] - variant.parameters["step_size"] * g[:-1], atol=1e-12)


def test_each_row_of_sgd_leads_to_the_next_with_the_gradient_of_its_sample():
    variant = deal(find("1.7"), 4)
    p = variant.parameters
    table = variant.exhibits().table("iterates")
    w = vectors(table, "w", 4)
    for t, row in enumerate(table.rows[:-1]):
        sample, margin, g = row[5], row[6], np.array(row[7:])
        x, y = np.array(p["X"][sample - 1]), p["y"][sample - 1]
        assert sample == t % len(p["y"]) + 1
        assert margin == pytest.approx(y * x @ w[t])
        np.testing.assert_allclose(g, (x @ w[t] - y) * x if margin < 1 else 0 * x, atol=1e-12)
        np.testing.assert_allclose(w[t + 1], w[t] - p["step_size"] * g, atol=1e-12)
    assert table.rows[-1][5:] == (None,) * 6


def test_the_velocity_of_momentum_and_the_squares_of_adagrad():
    variant = deal(find("1.8"), 2)
    p, table = variant.parameters, variant.exhibits().table("iterates")
    v, g = vectors(table, "v", 4), vectors(table, "g", 4)
    np.testing.assert_allclose(v[1:], p["momentum"] * v[:-1] - p["step_size"] * g[:-1], atol=1e-12)

    variant = deal(find("1.9"), 2)
    p, table = variant.parameters, variant.exhibits().table("iterates")
    w, r = vectors(table, "w", 4), vectors(table, "r", 4)
    g = np.array([row[-4:] for row in table.rows[:-1]], dtype=float)
    np.testing.assert_allclose(r[1:], r[:-1] + g**2, atol=1e-12)
    np.testing.assert_allclose(w[1:], w[:-1] - p["step_size"] * g / (p["epsilon"] + np.sqrt(r[1:])), atol=1e-12)


@pytest.mark.parametrize("problem", ["1.10", "c3.1"])
def test_a_visit_moves_the_weights_exactly_at_a_margin_of_at_most_0(problem):
    for seed in SEEDS:
        variant = deal(find(problem), seed)
        (table,) = variant.exhibits().tables
        assert [margin <= 0 for margin in column(table, "margin")] == column(table, "update")
        size, start = (4, 1) if problem == "1.10" else (3, 0)
        np.testing.assert_allclose(vectors(table, "w", size, start)[-1], variant.solved["w"], atol=1e-9)


def test_every_gradient_of_the_graph_is_a_difference_quotient():
    variant = deal(find("c4.1"), 3)
    rows = {row[0]: row for row in variant.exhibits().table("nodes").rows}
    p = variant.parameters

    def loss(**changed):
        q = p | changed
        return (q["y"] - (q["w"] * q["x"] + q["b"])) ** 2

    for name in ("w", "x", "b", "y"):
        slope = (loss(**{name: p[name] + 1e-6}) - loss(**{name: p[name] - 1e-6})) / 2e-6
        assert rows[name][2] == pytest.approx(slope, rel=1e-6)


def test_the_figures_show_the_path_that_the_table_lists():
    exhibits = deal(find("1.6"), 2).exhibits()
    table, chart = exhibits.table("iterates"), exhibits.figure("cost").drawing
    own = chart.marks[0]
    assert own.x == tuple(column(table, "t"))
    np.testing.assert_allclose(own.y, column(table, "cost"), rtol=1e-5)
    path = exhibits.figure("path").drawing
    assert isinstance(path.marks[0], Contours)
    assert len(path.marks[1].x) == len(table.rows)
    assert not path.marks[1].dashed
    assert all(mark.dashed for mark in path.marks[2:])


def test_alternative_texts_say_the_numbers_of_this_variant():
    one, other = (deal(find("1.6"), seed).exhibits().figure("cost").alt for seed in (1, 2))
    assert one != other
    table = deal(find("1.6"), 1).exhibits().table("iterates")
    assert f"{plain(table.rows[-1][5])} (gradient descent)" in one.en
    assert f"{plain(table.rows[-1][5])}（梯度下降）" in one.zh


def test_exhibits_are_not_computed_while_dealing_grading_or_showing_the_text():
    calls = []
    problem = replace(find("1.6"), exhibits=calls.append)
    variant = deal(problem, 99)
    grade(variant, "open", {"w": [0, 0, 0, 0]})
    assert variant.solution.en
    assert calls == []


def test_the_excerpt_of_a_table_is_its_first_rows_and_the_last():
    def places(rows):
        return Table("t", Text("", ""), (symbol("t", "t"),), tuple((t,) for t in range(rows))).excerpt()

    assert places(3) == (0, 1, 2)
    assert places(5) == (0, 1, 2, 3, 4)
    assert places(81) == (0, 1, 2, 3, 80)


@pytest.mark.parametrize(("id_", "row"), [("Two Words", (1,)), ("../x", (1,)), ("fine", (1, 2))])
def test_a_table_that_cannot_be_addressed_or_is_ragged_is_refused(id_, row):
    with pytest.raises(ValueError, match=r"address|columns"):
        Table(id_, Text("", ""), (Column("a", Text("", "")),), (row,))


def quadratic(w):
    return (np.asarray(w) ** 2).sum(axis=-1)


def test_a_run_that_goes_astray_does_not_hide_the_others():
    own = Method("A", Text("a", "甲"), np.array([[1.0, 0.0], [0.5, 0.0], [0.0, 0.0]]))
    near = Method("B", Text("b", "乙"), np.array([[1.0, 0.0], [0.6, 0.1], [0.1, 0.0]]))
    astray = Method("C", Text("c", "丙"), np.array([[1.0, 0.0], [50.0, 0.0], [-3000.0, 0.0]]))
    lost = Method("D", Text("d", "丁"), np.array([[1.0, 0.0], [np.inf, 0.0], [np.nan, 0.0]]))
    assert bounded([own, near, astray, lost]) == [own, near]


def test_two_weights_are_the_plane_themselves_and_a_cost_of_0_needs_a_linear_axis():
    own = Method("", Text("a", "甲"), np.array([[1.0, 0.5], [0.5, 0.2], [0.0, 0.0]]))
    assert path_figure(quadratic, [own], ["$w_1$", "$w_2$"]).drawing.x_label == "$w_1$"
    assert not cost_figure(quadratic, [own]).drawing.log_y
    assert cost_figure(lambda w: quadratic(w) + 1, [own]).drawing.log_y


def test_a_path_in_many_dimensions_goes_from_left_to_right():
    rng = np.random.default_rng(3)
    path = np.cumsum(rng.normal(size=(20, 5)), axis=0)
    (_, curve) = path_figure(quadratic, [Method("", Text("", ""), path)], ["$w$"] * 5).drawing.marks
    assert curve.x[0] < curve.x[-1] == 0.0


@pytest.mark.parametrize(
    ("coefficients", "written"), [((1.0, -1.5, 2.0), "1 − 1.5 x₁ + 2 x₂"), ((-0.25, 1, 0), "−0.25 + 1 x₁ + 0 x₂")]
)
def test_sums_are_written_with_their_signs(coefficients, written):
    assert combination(coefficients, ("", "x₁", "x₂")) == written


def test_a_graph_has_an_arrow_for_each_local_gradient():
    graph = deal(find("c4.1"), 0).exhibits().figure("graph").drawing
    assert isinstance(graph, Graph)
    assert (len(graph.boxes), len(graph.arrows)) == (8, 7)
    assert all(graph.boxes[arrow.start].y < graph.boxes[arrow.end].y for arrow in graph.arrows)


def test_a_chart_of_curves_has_as_many_x_as_y():
    for problem in WITH_EXHIBITS:
        for figure in deal(find(problem), 5).exhibits().figures:
            if isinstance(figure.drawing, Chart):
                assert all(len(mark.x) == len(mark.y) for mark in figure.drawing.marks if isinstance(mark, Curve))


@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_and_places_of_convolutions_lead_to_the_key(seed):
    variant = deal(find("2.1"), seed)
    (table,) = variant.exhibits().tables
    feasible = [id_ for id_, fits in zip(column(table, "option"), column(table, "feasible"), strict=True) if fits]
    assert feasible == list(variant.solved["answer"])
    variant = deal(find("2.3"), seed)
    (table,) = variant.exhibits().tables
    fitting = [side for side, fits in zip(column(table, "side"), column(table, "fits"), strict=True) if fits]
    assert fitting == [variant.solved["H"]]
    assert len(table.excerpt()) == len(table.rows)  # all of them are seen at once


@pytest.mark.parametrize("seed", SEEDS)
def test_beyond_the_largest_stable_step_an_error_grows(seed):
    variant = deal(find("c2.3"), seed)
    (figure,) = variant.exhibits().figures
    steepest = next(mark for mark in figure.drawing.marks if mark.name == r"$\lambda_1$")
    bound = variant.solved["step_size"]
    grows = {eta > bound for eta, factor in zip(steepest.x, steepest.y, strict=True) if factor > 1 + 1e-6}
    shrinks = {eta > bound for eta, factor in zip(steepest.x, steepest.y, strict=True) if factor < 1 - 1e-6}
    assert (grows, shrinks) == ({True}, {False})


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_ways_of_the_chain_rule_add_up(seed):
    variant = deal(find("c3.4"), seed)
    (figure,) = variant.exhibits().figures
    slopes = {(a.start, a.end): float(a.label.strip("$")) for a in figure.drawing.arrows}
    total = slopes[0, 1] * slopes[1, 3] + slopes[0, 2] * slopes[2, 3]
    assert total == pytest.approx(variant.solved["value"], rel=2e-3, abs=2e-3 * max(map(abs, slopes.values())))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mean_of_what_samples_add_is_the_gradient(seed):
    variant = deal(find("c4.4"), seed)
    (table,) = variant.exhibits().tables
    for neuron, row in enumerate(variant.solved["dC_dW"], start=1):
        added = [g for g, j in zip(vectors(table, "g", 2), column(table, "neuron"), strict=True) if j == neuron]
        np.testing.assert_allclose(np.mean(added, axis=0), row, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_that_pass_through_a_sample(seed):
    variant = deal(find("c4.8"), seed)
    table = variant.exhibits().table("components")
    for name in ("z", "dL_dmu", "dL_dsigma"):
        assert column(table, name) == pytest.approx(list(variant.solved[name]))
