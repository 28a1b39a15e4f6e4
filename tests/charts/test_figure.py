from __future__ import annotations

import io

import pandas as pd
import pytest
from lxml import etree
from PIL import Image

from policy_lab.charts.figure import Figure
from policy_lab.charts.frame import Sheet
from policy_lab.errors import InputError


def painted(canvas):
    Sheet(canvas).text(0.5, 0.5, "100 $ & more $")
    axes = Sheet(canvas).axes(0.5, 1, 2, 1)
    axes.plot([0, 1], [0, 1])


@pytest.fixture
def figure() -> Figure:
    return Figure(
        title="Cod & <haddock>",
        subtitle="Landings (tonne/year)",
        alt='A line that "rises" from 0 to 1.',
        source="Source: by hand.",
        data=pd.DataFrame({"x": [0, 1]}),
        manifest={"seed": 7},
        paint=painted,
        size=(3, 2.5),
    )


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_figure_gives_the_same_bytes(figure, tmp_path, kind):
    one = figure.save(tmp_path / f"one.{kind}").read_bytes()
    two = figure.save(tmp_path / f"two.{kind}").read_bytes()
    assert one == two
    assert len(one) > 1000


def test_the_users_own_settings_of_matplotlib_do_not_show(figure):
    import matplotlib

    before = figure.to_bytes("svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        assert figure.to_bytes("svg") == before
        assert matplotlib.rcParams["font.size"] == 30


def test_an_svg_speaks_its_name_and_description(figure):
    root = etree.fromstring(figure.to_bytes("svg"))
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Cod & <haddock>"
    assert [node.text for node in root.iter(f"{name}title")] == ["Cod & <haddock>"]
    assert [node.text for node in root.iter(f"{name}desc")] == ['A line that "rises" from 0 to 1.']
    assert b"dc:date" not in figure.to_bytes("svg")


def test_a_png_carries_its_words_and_what_made_it(figure):
    words = Image.open(io.BytesIO(figure.to_bytes("png"))).text
    assert words["Title"] == "Cod & <haddock>"
    assert words["Description"] == 'A line that "rises" from 0 to 1.'
    assert words["Comment"] == '{"seed": 7}'


def test_html_has_alt_text_and_asks_for_nothing(figure):
    html = figure._repr_html_()
    assert 'alt="Cod &amp; &lt;haddock&gt;. A line that &quot;rises&quot; from 0 to 1."' in html
    assert "http" not in html


def test_another_ending_is_refused_by_name(figure, tmp_path):
    with pytest.raises(InputError, match=r"chart\.gif.*\.svg, \.png or \.pdf"):
        figure.save(tmp_path / "chart.gif")
    assert not list(tmp_path.iterdir())
