"""Tables go out as CSV and come back as they were; bad cells are named, and none harms a reader."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from planning.errors import InputError
from planning.records.registry import csv_tables
from planning.records.registry.csv_tables import (
    DICTIONARY,
    dictionary_text,
    export_tables,
    import_tables,
    read_table,
    table_text,
)
from planning.records.registry.fields import FieldType, read_registry_fields
from planning.records.registry.identities import people
from planning.records.registry.reading import list_cases, read_case, read_cohort
from planning.records.registry.rows import RowsError
from planning.records.registry.storing import store_rows
from planning.records.registry.tables import CASES, PLACEMENTS
from planning.records.registry.values import Identity
from planning.records.registry.verifying import verify
from planning.records.registry.writing import store_review
from tests.registries import FIELDS, Place, file_place
from tests.reviewed_cases import reviewed_case
from tests.simulated_registry import simulated_rows

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def fields():
    return read_registry_fields(FIELDS.read_bytes())


def cells(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def test_a_registry_comes_back_from_its_tables(place: Place, tmp_path: Path) -> None:
    registry = place.open()
    who = Identity(patient_id="=4711", patient_name="Łukasz^Œil 'x'")
    case = store_review(registry, reviewed_case(identity=who))
    store_rows(registry, simulated_rows(4))
    files = export_tables(registry, tmp_path / "out", identities=True)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    (tmp_path / "other").mkdir()
    other = file_place(tmp_path / "other")
    stored = import_tables(other.open(), tmp_path / "out")
    assert (len(stored.added), stored.unchanged) == (5, 0)
    for one in list_cases(registry):
        assert read_case(other.open(), one.case_id) == read_case(registry, one.case_id)
    assert people(other.open()) == people(registry)
    assert people(other.open())[case.pseudonym]["patient_id"] == "=4711"
    export_tables(other.open(), tmp_path / "again", identities=True)
    for file in files:
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    assert import_tables(registry, tmp_path / "out").changed == ()
    assert verify(registry).problems == verify(other.open()).problems == ()


def test_identities_go_out_only_when_asked_for(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    store_review(place.open(), reviewed_case(identity=Identity(patient_name="Meier^Eva")))
    export_tables(place.open(), tmp_path / "out")
    assert not (tmp_path / "out" / "identities.csv").exists()
    assert not any(b"Meier" in file.read_bytes() for file in (tmp_path / "out").iterdir())
    with pytest.raises(InputError, match="already exists; choose another folder or add --force"):
        export_tables(place.open(), tmp_path / "out")
    export_tables(place.open(), tmp_path / "out", identities=True, force=True)
    assert b"Meier" in (tmp_path / "out" / "identities.csv").read_bytes()


def test_the_dictionary_goes_along(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    export_tables(place.open(), tmp_path / "out")
    rows = cells(tmp_path / "out" / DICTIONARY)
    found = {(row[0], row[1]): dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    for table, columns in fields().items():
        if table != "identities":
            assert cells(tmp_path / "out" / f"{table}.csv")[0] == list(columns)
        for name, field in columns.items():
            assert found[table, name]["meaning"].lstrip("'") == field.meaning
    depth = found["placements", "depth_mm"]
    assert (depth["type"], depth["unit"], depth["key"]) == ("number", "mm", "no")
    assert found["cases", "side"]["allowed"] == "left, right, midline"


TEXTS = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30
)
AWKWARD = st.one_of(TEXTS, st.tuples(st.sampled_from([*DANGEROUS, "'"]), TEXTS).map("".join))


@settings(max_examples=80)
@given(AWKWARD, st.floats(allow_nan=False, allow_infinity=False), AWKWARD)
def test_any_text_comes_back_and_none_is_a_formula(lesion: str, dose: float, kind: str) -> None:
    described = fields()
    case = dict.fromkeys(described["cases"], None) | {
        "case_id": "T-1",
        "pseudonym": "T",
        "stored_at": "2026-01-01T00:00:00+00:00",
        "lesion": lesion,
        "operator": kind,
    }
    text = table_text(described["cases"], [case])
    (header, row) = csv.reader(io.StringIO(text, newline=""))
    assert not any(cell.startswith(DANGEROUS) for cell in (*header, *row))
    rows, problems = read_table(described, "cases", text.encode())
    assert problems == []
    assert rows[0].values["lesion"] == lesion
    assert rows[0].values["operator"] == kind
    procedure = dict.fromkeys(described["procedures"], None) | {"case_id": "T-1"}
    procedure["dose_length_product_mgy_cm"] = abs(dose)
    text = table_text(described["procedures"], [procedure])
    rows, problems = read_table(described, "procedures", text.encode())
    assert (problems, rows[0].values["dose_length_product_mgy_cm"]) == ([], abs(dose))


def test_a_formula_of_somebody_else_is_a_text_and_a_negative_number_a_number() -> None:
    described = fields()
    data = "case_id,pseudonym,stored_at,lesion\r\nT-1,T,2026-01-01T00:00:00Z,=1+1\r\n"
    rows, problems = read_table(described, "cases", data.encode())
    assert problems == []
    assert rows[0].values["lesion"] == "=1+1"
    numbers = [f for t in described.values() for f in t.values() if f.type is FieldType.NUMBER]
    assert numbers
    text = table_text(
        described["placements"], [dict.fromkeys(described["placements"]) | {"depth_mm": -3.25}]
    )
    assert ",-3.25," in text


def exported(folder: Path) -> tuple[Place, Path]:
    place = file_place(folder)
    store_rows(place.open(), simulated_rows(3, cores=1))
    export_tables(place.open(), folder / "out")
    empty = folder / "empty"
    empty.mkdir()
    return file_place(empty), folder / "out"


def test_bad_cells_are_named_by_line_and_column_and_nothing_is_stored(tmp_path: Path) -> None:
    place, out = exported(tmp_path)
    file = out / "pathology.csv"
    rows = cells(file)
    column = rows[0].index
    rows[1][column("viable_fraction")] = "1.5"
    rows[2][column("adequate")] = "maybe"
    rows[2][column("reported_on")] = "yesterday"
    rows[3][column("core")] = ""
    rows.append(rows[3][:-1])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    with pytest.raises(RowsError) as told:
        import_tables(place.open(), out)
    assert told.value.problems == (
        'pathology.csv, line 2, column "viable_fraction": 1.5 is more than 1.',
        'pathology.csv, line 3, column "reported_on": "yesterday" does not fit; '
        "it has to be a date (YYYY-MM-DD).",
        'pathology.csv, line 3, column "adequate": "maybe" does not fit; it has to be yes or no.',
        "pathology.csv, line 5: it has 10 cells, the header has 11.",
    )
    assert str(told.value).endswith("Nothing was stored.")
    assert list_cases(place.open()) == ()
    assert verify(place.open()).entries == 1


def test_a_specimen_is_not_more_than_whole_and_a_hint_ends_as_a_question(tmp_path: Path) -> None:
    place, out = exported(tmp_path)
    file = out / "pathology.csv"
    rows = cells(file)
    column = rows[0].index
    for row, fraction in zip(rows[1:], ("0.75", "0.7500001", "0.76"), strict=False):
        row[column("viable_fraction")], row[column("necrotic_fraction")] = fraction, "0.25"
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    with pytest.raises(RowsError) as told:
        import_tables(place.open(), out)
    more = "viable and necrotic fraction together are more than 1."
    assert told.value.problems == (f"pathology.csv, line 4: {more}",)
    whole = (out / "cases.csv").read_text(encoding="utf-8")
    (out / "cases.csv").write_text(whole.replace("navigated", "navigatet"), encoding="utf-8")
    with pytest.raises(RowsError) as told:
        import_tables(place.open(), out)
    assert told.value.problems[0].endswith('"navigatet" is not known; did you mean "navigated"?')


def test_a_folder_is_asked_for_by_what_was_given(tmp_path: Path) -> None:
    place, out = exported(tmp_path)
    for wrong in (out / "cases.csv", tmp_path / "nowhere"):
        with pytest.raises(InputError, match="is no folder; give the one that holds the tables"):
            import_tables(place.open(), wrong)


def test_an_empty_key_and_a_row_twice_are_named(tmp_path: Path) -> None:
    place, out = exported(tmp_path)
    text = (out / "cases.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    (out / "cases.csv").write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(RowsError, match="line 5: S-AB000000-1 stands in cases"):
        import_tables(place.open(), out)
    (out / "cases.csv").write_text("\n".join([lines[0], "," + lines[1].partition(",")[2]]))
    with pytest.raises(RowsError, match='line 2, column "case_id": is empty'):
        import_tables(place.open(), out)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cases.csv is empty"),
        (b"case_id,pseudonim,stored_at\n", 'no column "pseudonim"; did you mean "pseudonym"'),
        (b"case_id,case_id,pseudonym,stored_at\n", '"case_id" is there more than once'),
        (b"case_id,stored_at\n", 'the column "pseudonym" is missing'),
        (b"case_id,pseudonym,stored_at\nT-1,T,\xff\n", "line 2: it is not text in UTF-8"),
        (b'case_id,pseudonym,stored_at\n"T-1,T,x\n', "it is not CSV"),
        (b"case_id;pseudonym;stored_at\n", "its cells are divided by semicolons; save it with"),
        (b"case_id\tpseudonym\tstored_at\n", "its cells are divided by tabs; save it with"),
    ],
)
def test_files_that_are_no_tables_are_refused(data: bytes, said: str) -> None:
    rows, problems = read_table(fields(), "cases", data)
    assert rows == []
    assert any(said in problem for problem in problems)


def test_more_rows_than_any_department_has_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "MOST_TABLE_ROWS", 3)
    data = b"case_id,pseudonym,stored_at\n" + b"A-1,A,now\n" * 4
    rows, problems = read_table(fields(), "cases", data)
    assert rows == []
    assert problems == ["cases.csv: more than 3 rows; import it in parts."]


def test_a_line_number_counts_lines_not_rows() -> None:
    head = "case_id,pseudonym,stored_at,lesion\n"
    data = f'{head}T-1,T,2026-01-01T00:00:00Z,"two\nlines"\n\nT-2,T,now,x\n'
    _, problems = read_table(fields(), "cases", data.encode())
    assert problems[0].startswith('cases.csv, line 5, column "stored_at"')


def test_a_spreadsheets_mark_at_the_start_and_other_column_orders_are_read(tmp_path: Path) -> None:
    data = "\ufeffstored_at,pseudonym,case_id\r\n2026-01-01T00:00:00Z,T,T-1\r\n"
    rows, problems = read_table(fields(), "cases", data.encode())
    assert problems == []
    assert rows[0].values["case_id"] == "T-1"


def test_pathology_alone_can_be_imported_and_raises_another_biopsy(place: Place, tmp_path) -> None:
    registry = place.open()
    rows = simulated_rows(2, cores=1)
    store_rows(registry, [row for row in rows if row.table != "pathology"])
    core = next(row.values for row in rows if row.table == "cores")
    out = tmp_path / "results"
    out.mkdir()
    line = f"{core['case_id']},{core['plan_sha256']},{core['core']}"
    head = "case_id,plan_sha256,core,adequate,concordant"
    (out / "pathology.csv").write_text(f"{head}\n{line},no,no\n")
    assert import_tables(registry, out).changed == (core["case_id"],)
    assert read_cohort(registry).adequate[0] == 0.0
    assert read_case(registry, str(core["case_id"]))["pathology"][0]["rebiopsy"] == "suggested"
    (out / "pathology.csv").write_text(f"{head}\n{line},yes,yes\n")
    with pytest.raises(RowsError, match=r"pathology\.csv, line 2: .* add --replace"):
        import_tables(registry, out)
    import_tables(registry, out, replace=True)
    assert read_cohort(registry).adequate[0] == 1.0
    with pytest.raises(InputError, match="holds none of the tables cases"):
        import_tables(registry, tmp_path)


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(FLOATS, AWKWARD, TEXTS), min_size=20, max_size=20))
def test_any_value_comes_back_from_either_database(
    place: Place, values: list[tuple[float, str, str]]
) -> None:
    registry = place.open()
    rows = []
    for row in simulated_rows(len(values), cores=1):
        depth, lesion, note = values[int(row.where[4:10])]
        changed = {
            "cases": {"lesion": lesion, "operator": note},
            "placements": {"depth_mm": depth},
        }.get(row.table, {})
        rows.append(replace(row, values={**row.values, **changed}))
    store_rows(registry, rows, replace=True)
    wanted = select(PLACEMENTS.c.depth_mm, CASES.c.lesion, CASES.c.operator)
    joined = wanted.join(CASES, CASES.c.case_id == PLACEMENTS.c.case_id)
    with registry.reading() as connection:
        found = connection.execute(joined.order_by(CASES.c.case_id)).all()
    assert [tuple(row) for row in found] == values
    assert verify(registry).problems == ()


def test_the_dictionary_is_harmless_too() -> None:
    for row in csv.reader(io.StringIO(dictionary_text(fields()), newline="")):
        assert not any(cell.startswith(DANGEROUS) for cell in row)
