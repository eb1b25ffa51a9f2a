"""What an author can get wrong in a definition, and the sentence each mistake gets."""

import pytest

from journeys import graph
from journeys.graph import Problem
from tests.factories.journeys import definition, node

WAIT = node("wait_for", amount=1, unit="days")
FIELD = node("update_field", field="city", value="Pune")
pytestmark = pytest.mark.django_db


def sentences(*args, **kwargs):
    return [problem.message for problem in graph.check(definition(*args, **kwargs))]


def test_a_straight_journey_has_no_problem():
    assert sentences({"a": WAIT, "b": FIELD, "c": node("end")}) == []


def test_what_is_not_an_object_is_one_problem():
    assert graph.check([]) == [Problem("", "A journey's definition is an object with entry, nodes and edges.", "draft")]


def test_an_arrow_of_two_words_names_its_place():
    broken = definition({"a": WAIT})
    broken["edges"] = [["entry", "a"]]
    assert graph.check(broken) == [Problem("", "An arrow is [from, outcome, to].", "draft/edges/0")]


def test_a_journey_without_steps_says_so():
    assert sentences({}) == ["There are no steps yet. Add the first one below the beginning."]


def test_an_unknown_kind_of_step_is_named_with_its_path():
    [problem, *_] = graph.check(definition({"a": node("teleport"), "c": node("end")}))
    assert (problem.node, problem.path) == ("a", "draft/nodes/a/kind")
    assert problem.message.startswith("There is no step “teleport”. Known: send_email,")


def test_a_way_out_without_a_step_is_a_problem_of_that_step():
    assert graph.check(definition({"a": WAIT})) == [
        Problem("a", "Nothing follows “Then”. Add a step, or End.", "draft/edges")
    ]


def test_a_way_out_that_does_not_exist_is_a_problem():
    edges = [["entry", "next", "a"], ["a", "next", "b"], ["a", "sideways", "c"]]
    assert sentences({"a": WAIT, "b": node("end"), "c": node("end")}, edges) == [
        "This step has no way out called “sideways”."
    ]


def test_a_step_nobody_can_reach_is_a_problem():
    edges = [["entry", "next", "a"], ["a", "next", "b"]]
    assert sentences({"a": WAIT, "b": node("end"), "lost": node("end")}, edges) == ["Nobody can ever reach this step."]


def test_two_arrows_into_one_step_are_a_problem():
    edges = [
        ["entry", "next", "s"],
        ["s", "a", "e"],
        ["s", "b", "e"],
    ]
    assert sentences({"s": node("random_split", percent=50), "e": node("end")}, edges) == [
        "Two arrows lead here. A journey is a tree: use “Go to” to come back to a step."
    ]


def test_a_loop_without_a_wait_is_a_clear_sentence():
    assert sentences({"a": FIELD, "b": node("go_to", step="a")}) == [
        "These steps go round in a circle without a wait: Update fields City = “Pune” → Go to → Update fields City ="
        " “Pune”. Put a wait between them, or people would run round without end."
    ]


def test_a_loop_with_a_wait_is_allowed():
    assert sentences({"a": FIELD, "w": WAIT, "b": node("go_to", step="a")}) == []


def test_waiting_for_a_moment_is_no_rest_for_the_second_round():
    moment = node("wait_until", mode="moment", at="2026-12-01T10:00:00+00:00")
    assert len(sentences({"a": FIELD, "w": moment, "b": node("go_to", step="a")})) == 1


def test_waiting_for_what_may_have_happened_already_is_no_rest():
    nodes = {
        "w": node("wait_for_interaction", kind="email.clicked", amount=1, unit="days"),
        "g": node("go_to", step="w"),
        "e": node("end"),
    }
    edges = [["entry", "next", "w"], ["w", "happened", "g"], ["w", "timed_out", "e"]]
    assert len(sentences(nodes, edges)) == 1
    nodes["w"]["params"]["since"] = "arrival"
    assert sentences(nodes, edges) == []


def test_wrong_params_are_problems_with_their_path():
    assert graph.check(definition({"a": node("wait_for", amount=-1, unit="moons"), "b": node("end")})) == [
        Problem("a", "How long: Ensure this value is greater than or equal to 0.01.", "draft/nodes/a/params/amount"),
        Problem(
            "a", "Unit: Select a valid choice. moons is not one of the available choices.", "draft/nodes/a/params/unit"
        ),
    ]


def test_going_to_a_step_that_is_gone_is_a_problem():
    assert "The step to go to does not exist any more." in sentences({"a": WAIT, "g": node("go_to", step="old")})


def test_a_thousand_steps_are_too_many():
    nodes = {f"n{i}": WAIT for i in range(1000)}
    assert sentences(nodes) == ["A journey has at most 200 steps; this one has 1000."]
