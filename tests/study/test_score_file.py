from __future__ import annotations

import hashlib

import pytest

from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.score_file import NEEDED, read_key, read_scores

HEAD = ",".join(NEEDED)


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


@pytest.fixture
def write(tmp_path):
    def writer(*lines: str, name: str = "scores.csv", encoding: str = "utf-8") -> str:
        path = tmp_path / name
        path.write_bytes("\n".join((*lines, "")).encode(encoding))
        return str(path)

    return writer


def test_one_file_may_hold_several_experts_and_several_files_are_put_together(fishery, write):
    one = write(HEAD, "Ann,open-access,quota,Dmnl,0,0.1,0.2,why", "Bob,open-access,quota,,0.2,0.3,0.4,", name="a.csv")
    two = write(HEAD, "Cyn,open-access,quota,Dmnl,0.1,0.1,0.1,sure", "Ann,open-access,patrol,1,0,0,1,", name="b.csv")
    scores = read_scores(fishery, [one, two])
    assert scores.experts == ("Ann", "Bob", "Cyn")
    assert scores.weights == pytest.approx((1 / 3,) * 3)
    assert [one.mode for one in scores.of("open-access", "quota")] == [0.1, 0.3, 0.1]
    assert scores.given["Ann"]["open-access"]["patrol"].high == 1
    with open(one, "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() in scores.files.values()
    assert len(scores.files) == 2


def test_what_a_spreadsheet_saves_is_read(fishery, write):
    line = 'Ann;open-access;quota;Dmnl;0,05;0,1;0,2;"why; and how";;'
    path = write('"# INVENTED; to try";;;', HEAD.replace(",", ";") + ";;", line, ";;;;;;;;", encoding="utf-8-sig")
    (score,) = read_scores(fishery, [path]).of("open-access", "quota")
    assert (score.low, score.mode, score.high, score.reason) == (0.05, 0.1, 0.2, "why; and how")


def test_empty_rows_of_the_template_are_missing_not_wrong(fishery, write):
    path = write(HEAD, "Ann,open-access,quota,Dmnl,0,0.1,0.2,", "Ann,open-access,patrol,Dmnl,,,,")
    scores = read_scores(fishery, [path])
    assert scores.missing(["open-access"], ["quota", "patrol"]) == (("Ann", "open-access", "patrol"),)


def test_weights_come_from_the_file_unless_told(fishery, write):
    rows = ["Ann,open-access,quota,Dmnl,0,0.1,0.2,,3", "Bob,open-access,quota,Dmnl,0,0.1,0.2,,1"]
    path = write(f"{HEAD},weight", *rows)
    assert read_scores(fishery, [path]).weights == (0.75, 0.25)
    assert read_scores(fishery, [path], weights={"Ann": 1, "Bob": 1}).weights == (0.5, 0.5)
    assert read_scores(fishery, [path], weights={"Bob": 2}).experts == ("Bob",)


def test_a_folder_stands_for_the_scores_in_it(fishery, write, tmp_path):
    write(HEAD, "Ann,open-access,quota,Dmnl,0,0.1,0.2,")
    assert read_scores(fishery, [tmp_path]).experts == ("Ann",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Ann,open-acces,quota,Dmnl,0,0.1,0.2,", "no design `open-acces`. Did you mean `open-access`"),
        ("Ann,open-access,qouta,Dmnl,0,0.1,0.2,", "no lever `qouta`. Did you mean `quota`"),
        ("Ann,open-access,quota,Dmnl,0.3,0.1,0.2,", "low <= mode <= high does not hold: 0.3, 0.1, 0.2"),
        ("Ann,open-access,quota,Dmnl,0.3,0.5,1.2,", "outside the range, from 0 to 1"),
        ("Ann,open-access,quota,Dmnl,-0.3,0.5,1,", "outside the range, from 0 to 1"),
        ("Ann,open-access,quota,Month,0,0.1,0.2,", "is asked in Dmnl, but given in `Month`"),
        ("Ann,open-access,quota,Dmnl,0,,0.2,", "needs three numbers, but has mode ``"),
        ("Ann,open-access,quota,Dmnl,0,much,0.2,", "needs three numbers, but has mode `much`"),
        ("Ann,open-access,quota,Dmnl,0,nan,0.2,", "needs three numbers, but has mode `nan`"),
        (",open-access,quota,Dmnl,0,0.1,0.2,", "says not whose score it is"),
        ("Ann,A,quota,Dmnl,0,0.1,0.2,", "--key FILE"),
        ("Pooled,open-access,quota,Dmnl,0,0.1,0.2,", "cannot be called `Pooled`"),
    ],
)
def test_each_fault_is_told_with_its_line_and_a_remedy(fishery, write, row, said):
    path = write(HEAD, "Ann,open-access,patrol,Dmnl,0,0.1,0.2,", row)
    with pytest.raises(InputError) as told:
        read_scores(fishery, [path])
    assert f"{path}:3: " in str(told.value)
    assert said in str(told.value)


def test_all_faults_are_told_together(fishery, write):
    path = write(
        HEAD, "Ann,x,quota,Dmnl,0,0.1,0.2,", "Ann,open-access,y,Dmnl,0,0.1,0.2,", "Ann,open-access,quota,,9,9,9,"
    )
    with pytest.raises(InputError) as told:
        read_scores(fishery, [path])
    assert {problem.line for problem in told.value.problems} == {2, 3, 4}


def test_a_score_given_twice_names_both_places(fishery, write):
    row = "Ann,open-access,quota,Dmnl,0,0.1,0.2,"
    path = write(HEAD, row, row)
    with pytest.raises(InputError, match=r"scored `quota` of `open-access` before, at .*scores.csv:2"):
        read_scores(fishery, [path])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "has no header"),
        ((HEAD,), "holds no score"),
        ((HEAD.replace("mode", "mod"),), "no column `mode`"),
        ((f"{HEAD},mode",), "the column `mode` stands twice"),
        ((f"{HEAD},colour",), "unknown column `colour`"),
        ((f"{HEAD},weight", "Ann,open-access,quota,,0,0,0,,-1"), "the weight `-1` is no number from 0"),
        (
            (f"{HEAD},weight", "Ann,open-access,quota,,0,0,0,,1", "Ann,open-access,patrol,,0,0,0,,2"),
            "Ann has two weights, 1 and 2",
        ),
    ],
)
def test_a_file_that_is_no_score_file_is_refused(fishery, write, lines, said):
    with pytest.raises(InputError) as told:
        read_scores(fishery, [write(*lines)])
    assert said in str(told.value)


def test_a_file_in_another_encoding_or_missing_is_refused(fishery, write, tmp_path):
    path = write(HEAD, "Zoë,open-access,quota,,0,0,0,", encoding="latin-1")
    with pytest.raises(InputError, match="Save it as CSV UTF-8"):
        read_scores(fishery, [path])
    with pytest.raises(InputError, match="cannot be read"):
        read_scores(fishery, [tmp_path / "none.csv"])
    with pytest.raises(InputError, match="no file of scores"):
        read_scores(fishery, [])


def test_a_key_says_which_design_an_anonymous_label_is(fishery, write):
    key = write("label,design", "A,co-management", "B,open-access", name="key.csv")
    assert read_key(fishery, key) == {"A": "co-management", "B": "open-access"}
    path = write(HEAD, "Ann,A,quota,,0,0.1,0.2,", name="blind.csv")
    assert read_scores(fishery, [path], key=key).of("co-management", "quota")[0].mode == 0.1


@pytest.mark.parametrize(
    "rows", [("A,nobody",), ("A,open-access", "A,catch-quota"), ("A,open-access", "B,open-access"), ()]
)
def test_a_key_that_cannot_be_used_is_refused(fishery, write, rows):
    with pytest.raises(InputError):
        read_key(fishery, write("label,design", *rows, name="key.csv"))
