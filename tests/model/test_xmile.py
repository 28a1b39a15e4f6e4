"""XMILE: what it says is read, and what would be lost is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.reference import run_reference
from policy_lab.errors import InputError
from policy_lab.model import Kind, Model, read_model
from policy_lab.model import expression as ex

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
       xmlns:isee="http://iseesystems.com/XMILE">
<header><vendor>ours</vendor><name>m</name></header>
<sim_specs method="{method}" time_units="Month"{more}><start>0</start><stop>4</stop>{dt}</sim_specs>
<dimensions><dim name="Town"><elem name="north"/><elem name="south"/></dim><dim name="Size" size="2"/></dimensions>
<model><variables>
"""
TAIL = "</variables></model></xmile>\n"
TOWNS = """<stock name="People"><doc>Who lives
 there</doc><eqn>100</eqn><inflow>births</inflow><outflow>Deaths</outflow>
<dimensions><dim name="Town"/></dimensions><units>person</units><range min="0"/></stock>
<flow name="births"><eqn>People[Town] * birth_rate[Town]</eqn><dimensions><dim name="Town"/></dimensions></flow>
<flow name="Deaths"><eqn>People[Town] * 0.01 {a comment}</eqn><dimensions><dim name="Town"/></dimensions></flow>
<aux name="birth\\nrate"><dimensions><dim name="Town"/></dimensions>
  <element subscript="north"><eqn>0.02</eqn></element>
  <element subscript="south"><eqn>IF TIME &gt;= 2 AND NOT TIME &gt; 3 THEN 0.03 ELSE pressure</eqn></element></aux>
<aux name="pressure"><eqn>TIME / (STOPTIME - STARTTIME) * DT * PI</eqn>
  <gf type="extrapolate"><xscale min="0" max="1"/><ypts>0,0.04</ypts></gf></aux>
<aux name="slow"><eqn>SMTH1(pressure, 2) + MAX(1, 2) + SAFEDIV(1, 0, 5) + 7 MOD 4</eqn></aux>
"""


def xmile(folder: Path, body: str, name: str = "m.xmile", **specs: str) -> Path:
    path = folder / name
    head = HEAD.format(
        method=specs.get("method", "Euler"), more=specs.get("more", ""), dt=specs.get("dt", "<dt>0.5</dt>")
    )
    path.write_text(head + body + TAIL, encoding="utf-8")
    return path


def read(folder: Path, body: str, **specs: str) -> Model:
    return read_model(xmile(folder, body, **specs))


def test_an_import_is_told_and_not_made(tmp_path: Path) -> None:
    path = xmile(tmp_path, TOWNS)
    linked = (
        """<data><import type="CSV" enabled="true" resource="r../../secret.csv"/><export type="CSV"/></data></xmile>"""
    )
    path.write_text(path.read_text(encoding="utf-8").replace("</xmile>", linked), encoding="utf-8")
    told = "the import from `r../../secret.csv` is not made anew; the values in the model stand"
    assert [one.what for one in read_model(path).warnings] == [told]


@pytest.mark.parametrize("name", ["m.xmile", "m.stmx", "m.xml"])
def test_variables_with_their_words_and_lines(tmp_path: Path, name: str) -> None:
    model = read_model(xmile(tmp_path, TOWNS, name))
    people = model["people"]
    assert (people.name, people.kind, people.unit, people.limits) == ("People", Kind.STOCK, "person", (0.0, None))
    assert (people.documentation, people.dimensions) == ("Who lives there", ("Town",))
    assert (people.line, model["birth rate"].line) == (8, 13)
    assert people.equation == "100\ninflow: births\noutflow: Deaths"
    flow = ex.Arithmetic("-", ex.Reference("births", ("Town",)), ex.Reference("Deaths", ("Town",)))
    assert people.components[0].expression == ex.Stock(flow, ex.Number(100.0))
    assert model["birth_rate"].name == "birth rate"
    kinds = {one: model[one].kind for one in ("births", "birth rate", "slow", "TIME STEP")}
    assert [*kinds.values()] == [Kind.FLOW, Kind.AUXILIARY, Kind.AUXILIARY, Kind.TIME]
    assert model.subscripts == {"Town": ("north", "south"), "Size": ("1", "2")}
    assert (model.time.step, model.time.save_period, model.time.unit) == (0.5, 0.5, "Month")


def test_the_engine_and_pysd_agree_on_it(tmp_path: Path) -> None:
    model = read(tmp_path, TOWNS)
    reference = run_reference(model)
    ours = compile_model(model, backend="numpy").run()
    for name, values in reference.values.items():
        assert ours[name] == pytest.approx(values, rel=1e-12), name
    assert reference["slow"][0, 0] == pytest.approx(2 + 5 + 3)


@pytest.mark.parametrize(
    ("method", "read_as", "warned"),
    [
        ("Euler", "euler", 0),
        ("RK4", "rk4", 0),
        ("rk2", "rk2", 0),
        ("RK45", "adaptive", 0),
        ("Gear", "adaptive", 1),
        ("Gear, RK45", "adaptive", 1),
        ("gear, Euler", "euler", 1),
    ],
)  # fmt: skip
def test_the_method_that_the_file_asks_for(tmp_path: Path, method: str, read_as: str, warned: int) -> None:
    model = read(tmp_path, TOWNS, method=method)
    assert (model.integration, len(model.warnings)) == (read_as, warned)


def test_times(tmp_path: Path) -> None:
    model = read(tmp_path, TOWNS, dt='<dt reciprocal="true">8</dt>', more=' isee:save_interval="1"')
    assert (model.time.step, model.time.save_period) == (0.125, 1.0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<stock name="s"><eqn>1</eqn><conveyor><len>3</len></conveyor></stock>', "conveyors are not supported"),
        ('<stock name="s"><eqn>1</eqn><queue/></stock>', "queues are not supported"),
        ('<module name="s"/>', "modules are not supported"),
        ('<surprise name="s"/>', "`<surprise>` is not supported"),
        ('<aux name="s"/>', "no equation"),
        ('<aux name="s"><eqn/></aux>', "no equation"),
        ('<aux name="s"><eqn>1 +</eqn></aux>', "syntax error at `+`"),
        ('<aux name="s"><eqn>SMTH1(1)</eqn></aux>', "SMTH1 takes 2 to 3 arguments, 1 given"),
        ('<gf name="s"><xscale min="0" max="1"/><ypts>0,x</ypts></gf>', "`x` is not a number"),
        ('<gf name="s"><xscale min="0" max="1"/><ypts></ypts></gf>', "the lookup has no points"),
        ('<gf name="s"><xpts>0,1,2</xpts><ypts>0,1</ypts></gf>', "the lookup has 3 x values and 2 y values"),
        ('<gf name="s"><xpts>1,1</xpts><ypts>0,1</ypts></gf>', "the lookup has two points at the same x"),
        ('<gf name="s" type="odd"><xpts>0,1</xpts><ypts>0,1</ypts></gf>', "a lookup of type `odd` is not known"),
    ],
)
def test_what_is_refused_by_name(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, body)
    assert [(one.what, one.variable, one.line) for one in caught.value.problems] == [(told, "s", 8)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<xmile", "malformed XML"),
        ("<a/>", "this XML is not XMILE"),
        ('<!DOCTYPE x [<!ENTITY e "v">]><a>&e;</a>', "a document type declaration"),
        ('<!DOCTYPE x SYSTEM "http://localhost/x.dtd"><a/>', "a document type declaration"),
        ("<a>&nbsp;</a>", "malformed XML"),
        ('<xmile xmlns="x"><model></xmile>', "malformed XML: Opening and ending tag mismatch"),
        ('<xmile xmlns="x" a=1/>', "malformed XML: AttValue"),
    ],
)
def test_files_that_are_no_xmile(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "m.xmile"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_model(path)


def test_a_vendor_prefix_that_nothing_declares_loses_nothing(tmp_path: Path) -> None:
    path = xmile(tmp_path, TOWNS)
    text = path.read_text(encoding="utf-8").replace("<header>", "<isee:prefs/><header>")
    path.write_text(text.replace('xmlns:isee="http://iseesystems.com/XMILE"', ""), encoding="utf-8")
    assert read_model(path)["People"].kind is Kind.STOCK


def test_a_save_period_may_be_a_variable(tmp_path: Path) -> None:
    model = read(tmp_path, TOWNS + '<aux name="SAVEPER"><eqn>2</eqn></aux>')
    assert model.time.save_period == 2.0


def test_non_negative_stocks_and_flows(tmp_path: Path) -> None:
    body = '<stock name="s"><eqn>1</eqn><inflow>f</inflow><non_negative/></stock>'
    body += '<flow name="f"><eqn>-TIME</eqn><non_negative/></flow>'
    model = read(tmp_path, body)
    assert model["s"].components[0].expression == ex.Stock(ex.Reference("f"), ex.Number(1.0), non_negative=True)
    limited = ex.Call("max", (ex.Negative(ex.Reference("Time")), ex.Number(0.0)))
    assert model["f"].components[0].expression == limited


def test_a_place_in_a_dimension_is_a_number_and_inside_brackets_an_element(tmp_path: Path) -> None:
    body = """<aux name="south place"><eqn>Town.south * 10 + 1.5</eqn></aux>
<aux name="level"><eqn>Town</eqn><dimensions><dim name="Town"/></dimensions></aux>
<aux name="odd one"><eqn>IF Town = town.SOUTH THEN level[Town.north] + 7 ELSE 0</eqn>
<dimensions><dim name="Town"/></dimensions></aux>"""
    series = compile_model(read(tmp_path, body)).run(final_time=0)
    assert series["south place"][0, 0] == 21.5
    assert series["odd one"][0, 0].tolist() == [0.0, 8.0]


def test_previous_is_the_value_of_one_step_ago_and_self_the_variable(tmp_path: Path) -> None:
    body = """<aux name="now"><eqn>TIME * 3</eqn></aux><aux name="before"><eqn>PREVIOUS(now, 66)</eqn></aux>
<aux name="stays"><eqn>IF TIME &gt; 1 THEN PREVIOUS(SELF, 0) ELSE now</eqn></aux>"""
    model = read(tmp_path, body)
    series = compile_model(model).run()
    assert series["before"][0].tolist() == [66.0, *series["now"][0, :-1]]
    assert series["stays"][0].tolist() == [0.0, 1.5, *[3.0] * 7]
    theirs = run_reference(model)
    for name in model.variables:
        np.testing.assert_allclose(series[name][0], theirs[name][0], rtol=1e-12)


def test_a_table_beside_an_equation_is_read_by_lookup_and_by_call(tmp_path: Path) -> None:
    body = """<aux name="share table"><eqn>0+0</eqn><gf><xpts>0,4</xpts><ypts>1,3</ypts></gf></aux>
<aux name="share"><eqn>LOOKUP(share_table, TIME) * 10</eqn></aux>
<aux name="called"><eqn>share_table(TIME - 2)</eqn></aux>"""
    series = compile_model(read(tmp_path, body)).run()
    assert series["share"][0].tolist() == [10, 12.5, 15, 17.5, 20, 22.5, 25, 27.5, 30]
    assert series["called"][0, -1] == 2.0
    assert set(series["share table"][0]) == {1.0}  # its own value is its table at 0


def test_elements_have_tables_of_their_own_and_share_an_equation(tmp_path: Path) -> None:
    body = """<aux name="trend"><dimensions><dim name="Town"/></dimensions><eqn>TIME</eqn>
<element subscript="north"><gf><xscale min="0" max="4"/><ypts>0,8</ypts></gf></element>
<element subscript="south"><gf><xscale min="0" max="4"/><ypts>5,1</ypts></gf></element></aux>
<isee:dependencies/>"""
    series = compile_model(read(tmp_path, body)).run()
    np.testing.assert_allclose(series["trend"][0, :, 0], 2 * series.time)
    np.testing.assert_allclose(series["trend"][0, :, 1], 5 - series.time)


def test_prefixes_that_are_not_declared_and_flows_without_quotes_are_read(tmp_path: Path) -> None:
    body = """<stock name="Water"><eqn>1</eqn><inflow>rain,_(a_lot!)</inflow><outflow>use</outflow></stock>
<flow name="rain, (a lot!)"><eqn>3</eqn></flow><flow name="use"><eqn>1</eqn></flow>"""
    path = xmile(tmp_path, body, more=' odd:delay="0"')
    series = compile_model(read_model(path)).run()
    assert series["Water"][0, -1] == 9.0


def test_a_model_of_ithink_is_read(tmp_path: Path) -> None:
    assert read_model(xmile(tmp_path, TOWNS, "m.itmx"))["people"].kind is Kind.STOCK
