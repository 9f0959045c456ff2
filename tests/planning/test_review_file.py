"""review.json: its schema, its bytes, its round trip, its refusals, and how it is written."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from planning.errors import InputError
from planning.execution.placement_error import error_between
from planning.model.execution import ControlRegistration, PlacementError, Review
from planning.records.review_file import (
    read_review,
    review_from_json,
    review_to_json,
    write_review,
)
from tests import example_reviews

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "resources" / "schemas" / "review.schema.json").read_text("utf-8")
)
CONTRACT = {
    "": ["schema_version", "software_version", "plan_sha256", "registration", "needles"],
    "registration": ["method", "residual_mm", "transform"],
    "needle": ["core", "needle_state", "executed", "error", "achieved"],
    "executed": ["entry_lps_mm", "tip_lps_mm", "method", "rms_mm", "bending_mm"],
    "error": [field.name for field in fields(PlacementError)],
    "achieved": ["criteria"],
}


def document(review: Review) -> dict:
    found = json.loads(review_to_json(review))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_holds_what_outsiders_rely_on() -> None:
    found = document(example_reviews.review())
    needle = found["needles"][0]
    for part, where in (
        (found, ""),
        (found["registration"], "registration"),
        (needle, "needle"),
        (needle["executed"], "executed"),
        (needle["error"], "error"),
        (needle["achieved"], "achieved"),
    ):
        assert set(CONTRACT[where]) <= set(part), where
    assert found["registration"]["transform"][3] == 12.5  # row-major: the shift is the last column
    assert needle["needle_state"] == "cocked"
    assert found["needles"][1] == {
        "core": "T2",
        "needle_state": "removed",
        "executed": None,
        "error": None,
        "achieved": None,
        "within_tolerance": None,
        "state_said": True,
    }
    assert (found["confirmed"], found["unconfirmed"], found["to_confirm"]) == (True, [], "")
    assert "Not a medical device" in found["notice"]


def test_a_review_comes_back_as_it_was_and_the_same_gives_the_same_bytes() -> None:
    review = example_reviews.review()
    text = review_to_json(review)
    assert review_from_json(text) == review
    assert review_to_json(review_from_json(text)) == text
    bare = Review(
        plan_sha256="0" * 64,
        registration=ControlRegistration(
            method="typed", control_to_planning=tuple(range(16)), residual_mm=None
        ),
        needles=(),
    )
    assert document(bare)["control"] is None
    assert review_from_json(review_to_json(bare)) == bare


def test_a_file_of_the_contract_alone_is_read() -> None:
    found = json.loads(review_to_json(example_reviews.review()))
    least = {key: found[key] for key in CONTRACT[""]}
    least["registration"] = {key: found["registration"][key] for key in CONTRACT["registration"]}
    jsonschema.Draft202012Validator(SCHEMA).validate(least)
    assert review_from_json(json.dumps(least)).needles == example_reviews.review().needles


def test_the_transform_keeps_a_thousandth_of_a_micrometre() -> None:
    odd = (0.123456789012, *example_reviews.review().registration.control_to_planning[1:])
    review = example_reviews.review()
    review = replace(review, registration=replace(review.registration, control_to_planning=odd))
    assert review_from_json(review_to_json(review)).registration.control_to_planning == odd


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "schema version 2"),
        ({"needels": []}, 'no key "needels"; did you mean "needles"'),
        ({"plan_sha256": "short"}, "plan_sha256"),
        ({"registration": {"method": "x", "residual_mm": 1.0, "transform": [1.0]}}, "transform"),
        ({"needles": [{"core": "T1", "needle_state": "gone", "executed": None, "error": None,
                       "achieved": None}]}, "needle_state"),
    ],
)  # fmt: skip
def test_what_is_no_review_is_refused_in_words(change, message) -> None:
    found = json.loads(review_to_json(example_reviews.review())) | change
    with pytest.raises(InputError, match=message):
        review_from_json(json.dumps(found), "review.json")


def test_no_number_that_is_none_is_written() -> None:
    review = example_reviews.review()
    broken = replace(review, registration=replace(review.registration, residual_mm=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        review_to_json(broken)


def test_it_is_written_with_its_pictures_and_never_over_others(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    review = example_reviews.review()
    written = write_review(review, folder, beside={"review-T1.png": b"1", "review.pdf": b"2"})
    assert [path.name for path in written] == ["review-T1.png", "review.pdf", "review.json"]
    assert read_review(folder / "review.json") == review
    with pytest.raises(InputError, match=r"already exists; .* --force"):
        write_review(review, folder)
    other = replace(review, plan_sha256="cd" * 32)
    write_review(other, folder, beside={"review-T2.png": b"3", "review.pdf": b"4"}, force=True)
    assert sorted(path.name for path in folder.iterdir()) == [
        "review-T2.png", "review.json", "review.pdf",
    ]  # fmt: skip
    assert read_review(folder / "review.json") == other


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_review(example_reviews.review(), tmp_path / "file")


def test_squares_of_written_errors_add_up() -> None:
    rng = np.random.default_rng(5)
    review = example_reviews.review()
    for off in rng.uniform(-60.0, 60.0, (50, 3)):
        error = error_between(
            ((3.0, 4.0, 5.0), (20.0, -30.0, 11.0)),
            ((4.0, 4.5, 3.0), (20.0 + off[0], -30.0 + off[1], 11.0 + off[2])),
            direction_lps=(17.0, -34.0, 6.0), slice_normal_lps=(0.0, 0.0, 1.0),
        )  # fmt: skip
        needle = replace(review.needles[0], error=error)
        text = review_to_json(replace(review, needles=(needle,)))
        found = json.loads(text)["needles"][0]["error"]
        squares = found["lateral_tip_mm"] ** 2 + found["depth_mm"] ** 2
        assert found["euclidean_tip_mm"] ** 2 == pytest.approx(squares, abs=1e-6, rel=0.0)
        split = found["in_plane_mm"] ** 2 + found["off_plane_mm"] ** 2
        assert found["lateral_tip_mm"] ** 2 == pytest.approx(split, abs=1e-6, rel=0.0)


def draft(*, accepted: bool = False, said: bool = False) -> Review:
    review = example_reviews.review()
    first, *others = review.needles
    return replace(
        review,
        registration=replace(review.registration, accepted=accepted),
        needles=(replace(first, state_said=said), *others),
    )


@pytest.mark.parametrize(
    ("review", "missing", "option"),
    [
        (draft(), ["registration", "needle-state"], "--accept-registration --needle-state STATE."),
        (draft(accepted=True), ["needle-state"], "then add --needle-state STATE."),
        (draft(said=True), ["registration"], "then add --accept-registration."),
    ],
)
def test_an_unconfirmed_review_says_so_and_what_to_do(review, missing, option) -> None:
    found = document(review)
    assert found["confirmed"] is False
    assert found["unconfirmed"] == missing
    assert found["to_confirm"].endswith(option)
    assert found["needles"][0]["state_said"] is review.needles[0].state_said
    assert review_from_json(json.dumps(found)) == review


def test_a_draft_is_not_confirmed_by_writing_so_into_it() -> None:
    found = document(draft()) | {"confirmed": True}
    with pytest.raises(InputError, match=r'review.json: "confirmed" contradicts'):
        review_from_json(json.dumps(found), "review.json")


def test_a_file_from_before_there_were_drafts_is_read() -> None:
    found = document(example_reviews.review())
    for key in ("confirmed", "unconfirmed", "to_confirm"):
        del found[key]
    for needle in found["needles"]:
        del needle["state_said"]
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert review_from_json(json.dumps(found)) == example_reviews.review()
