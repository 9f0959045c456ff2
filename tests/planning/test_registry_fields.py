"""The data dictionary describes the tables as they are, and its values survive a cell of text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, Double, Integer, Text

from planning.errors import InputError
from planning.model.case import Guidance, Indication, Position
from planning.model.cohort import Stage
from planning.model.core_set import Purpose
from planning.model.execution import NeedleState, SpecimenKnowledge
from planning.records.registry.fields import (
    FieldType,
    RegistryField,
    check_value,
    read_registry_fields,
    text_of_value,
    value_from_text,
)
from planning.records.registry.tables import CASE_TABLES, PEOPLE, SALT
from tests.registries import FIELDS

COLUMNS = {
    FieldType.TEXT: Text,
    FieldType.JSON: Text,
    FieldType.TIME: Text,
    FieldType.SHA256: Text,
    FieldType.WHOLE: Integer,
    FieldType.NUMBER: Double,
    FieldType.YES_NO: Boolean,
    FieldType.DATE: Date,
}


def fields():
    return read_registry_fields(FIELDS.read_bytes())


def test_the_dictionary_describes_every_column_of_every_table() -> None:
    described = fields()
    tables = (*CASE_TABLES, PEOPLE)
    assert list(described) == [table.name for table in tables]
    for table in tables:
        columns = [column for column in table.c if column.name != SALT]
        assert set(described[table.name]) == {column.name for column in columns}
        for column in columns:
            field = described[table.name][column.name]
            assert type(column.type) is COLUMNS[field.type], field
            assert field.key == column.primary_key, field
            assert field.required == (not column.nullable), field


@pytest.mark.parametrize(
    ("table", "name", "words"),
    [
        ("cases", "indication", Indication),
        ("cases", "guidance", Guidance),
        ("plans", "patient_position", Position),
        ("cores", "purpose", Purpose),
        ("placements", "needle_state", NeedleState),
        ("placements", "knowledge", SpecimenKnowledge),
        ("placements", "stage", [stage for stage in Stage if stage]),
    ],
)
def test_allowed_words_are_those_of_the_model(table: str, name: str, words) -> None:
    assert fields()[table][name].allowed == tuple(map(str, words))


def test_units_stand_in_the_names() -> None:
    endings = {"mm": "_mm", "deg": "_deg", "mGy cm": "_mgy_cm"}
    for table in fields().values():
        for field in table.values():
            if field.unit in endings:
                assert field.name.endswith(endings[field.unit]), field


def one(kind: str, **more: object) -> RegistryField:
    return RegistryField(table="t", name="f", type=FieldType(kind), meaning="m", source="s", **more)


STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)
VALUES = st.one_of(
    STORABLE.map(lambda text: (one("text"), text)),
    st.integers(-(2**31) + 1, 2**31 - 1).map(lambda n: (one("whole"), n)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: (one("number"), x)),
    st.booleans().map(lambda yes: (one("yes-no"), yes)),
    st.dates().map(lambda day: (one("date"), day)),
    st.just((one("text"), None)),
)


@given(VALUES)
def test_a_value_comes_back_from_its_text(pair) -> None:
    field, value = pair
    check_value(field, value)
    back = value_from_text(field, text_of_value(field, value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (one("whole"), "3.5", '"3.5" does not fit; it has to be a whole number'),
        (one("whole"), "1_000", "has to be a whole number"),
        (one("whole"), "٣", "has to be a whole number"),
        (one("whole"), "3000000000", "too large"),
        (one("number"), "3,5", "with a decimal point, not a comma"),
        (one("number"), "nan", "not a finite number"),
        (one("number"), "inf", "not a finite number"),
        (one("number", at_least=0.0), "-0.1", "-0.1 is less than 0"),
        (one("number", at_most=1.0), "1.01", "1.01 is more than 1"),
        (one("yes-no"), "1", '"1" does not fit; it has to be yes or no'),
        (one("date"), "02.03.2026", r"has to be a date \(YYYY-MM-DD\)"),
        (one("date"), "2026-02-30", "has to be a date"),
        (one("date"), "20260203", "has to be a date"),
        (one("time"), "2026-03-02T10:00:00", "has to be a time with its offset"),
        (one("json"), "{", "has to be JSON"),
        (one("json"), "[NaN]", "has to be JSON"),
        (one("sha256"), "AB" * 32, "has to be a SHA-256"),
        (one("text", allowed=("left", "right")), "lfet", 'did you mean "left"'),
        (one("text", pattern="[A-Z]+"), "a", r"does not look like \[A-Z\]"),
        (one("text"), "a\x00b", "cannot be stored"),
        (one("text"), "\ud800", "cannot be stored"),
        (one("text"), "x" * 4001, "4001 characters long; at most 4000"),
    ],
)
def test_what_a_cell_cannot_hold_is_said(field: RegistryField, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        value_from_text(field, text)


def test_values_of_another_kind_are_refused() -> None:
    for field, value in (
        (one("whole"), True),
        (one("whole"), 1.0),
        (one("number"), True),
        (one("number"), "1"),
        (one("yes-no"), 1),
        (one("date"), "2026-03-02"),
        (one("text"), 5),
        (one("text"), date(2026, 3, 2)),
    ):
        with pytest.raises(InputError, match="has to be"):
            check_value(field, value)
    with pytest.raises(InputError, match="is empty"):
        check_value(one("text", required=True), "")


def test_a_dictionary_that_contradicts_itself_is_refused() -> None:
    head = 'schema_version = 1\n[t]\nmeaning = "m"\n[t.fields]\n'
    wrong = {
        'f = { type = "number", allowed = ["a"], meaning = "m", source = "s" }': "are for text",
        'f = { type = "text", at_least = 1, meaning = "m", source = "s" }': "are for numbers",
        'f = { type = "text", source = "s" }': 'needs a "meaning"',
        'f = { type = "colour", meaning = "m", source = "s" }': "has to be one of",
    }
    for line, said in wrong.items():
        with pytest.raises(InputError, match=said):
            read_registry_fields((head + line).encode())
    with pytest.raises(InputError, match="update Trephine"):
        read_registry_fields(b"schema_version = 99\n")
