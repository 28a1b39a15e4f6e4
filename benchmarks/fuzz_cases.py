"""Files to try the reader with: whole models from a grammar of equations, and bundled or bad files, mutated."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from policy_lab.model.functions import VENSIM_ARGUMENTS, XMILE_ARGUMENTS, spelled

ROOT = Path(__file__).resolve().parents[1]
MARK = "PWNED"
PLANTED = f"__import__('pathlib').Path('{MARK}').touch()"
LARGE = 20_000  # bytes of a file that is tried seldom, because reading it takes seconds
NAMES = ("a", "b", "Some stock", "x y", "lk", "tab", "nought", "class", '"q (1)"', "v", "w", "Time", "TIME STEP")
RANGES = ("Region", "Part", "Other")
ELEMENTS = ("north", "south", "west", "e1", "e2")
NUMBERS = ("0", "1", "-1", "2.5", "1e300", "1e-7", "1e400", "007", ".5", "5.", "NAN", ":NA:", "1e", "-0", "1e5000")
ODD = ("", " ", "\\", "~", "|", "{", "}", '"', "'", "\0", "é", "\U0001f600", "\r", "\t", "!", "@", "$", "#", ";", "%s")
TOKENS = (
    *NUMBERS, *NAMES, *RANGES, *ELEMENTS, *ODD, PLANTED, f'"{PLANTED}"', "(", ")", "[", "]", ",", ":", ":AND:", ":OR:",
    ":NOT:", ":EXCEPT:", ":INTERPOLATE:", ":RAW:", ":MACRO:", ":END OF MACRO:", ":SUPPLEMENTARY", "->", "<->", ":=",
    "==", "=", "<>", "<", ">=", "+", "-", "*", "/", "^", "**", "Region!", "WITH LOOKUP", "INTEG(", "EXP(", "SUM(",
    "GET DIRECT DATA('/etc/passwd','a','b','c')", "GET XLS CONSTANTS('?x.xlsx','s','A1')", "[(0,0)-(1,1)],(0,1),(1,0)",
    "TABBED ARRAY(1 2 3)", "((((((((((", "))))))))))", "&#x41;", "&xxe;", "<![CDATA[", "]]>", "<eqn>", "</eqn>",
    "<!ENTITY a 'b'>", "<dimensions>", "<gf>", "isee:", "../../etc/passwd", "INITIAL TIME", "FINAL TIME", "SAVEPER",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file: where it comes from, its name's ending, and its bytes."""

    kind: str
    suffix: str
    content: bytes


def seeds(*folders: str) -> list[Path]:
    """Return the model files of some folders of the repository."""
    kinds = {".mdl", ".xmile", ".stmx"}
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in kinds)


def expressions(functions: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return texts that are equations more often than not."""
    variable = st.sampled_from(NAMES)
    index = st.sampled_from([*RANGES, *ELEMENTS, "Region!", "Part!", "Region, Part", "north, Part!", ""])
    leaf = st.one_of(
        st.sampled_from(NUMBERS),
        variable,
        variable,
        st.builds("{}[{}]".format, variable, index),
        st.sampled_from(TOKENS),
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operator = st.sampled_from(["+", "-", "*", "/", "^", "<", ">=", "=", "<>", ":AND:", ":OR:"])
        several = st.lists(inner, min_size=0, max_size=5).map(", ".join)
        points = st.lists(st.tuples(inner, inner).map(lambda p: f"({p[0]},{p[1]})"), max_size=4).map(",".join)
        return st.one_of(
            st.builds("{} {} {}".format, inner, operator, inner),
            st.builds("{} {} {}".format, inner, operator, inner),
            st.builds("({})".format, inner),
            st.builds("-{}".format, inner),
            st.builds(":NOT: {}".format, inner),
            st.builds("{}({})".format, st.sampled_from(functions), several),
            st.builds("{}({})".format, st.sampled_from(functions), several),
            st.builds("IF THEN ELSE({}, {}, {})".format, inner, inner, inner),
            st.builds("INTEG({}, {})".format, inner, inner),
            st.builds("SMOOTH3I({}, {}, {})".format, inner, inner, inner),
            st.builds("DELAY N({}, {}, {}, {})".format, inner, inner, inner, st.sampled_from(["1", "3", "b", "1e9"])),
            st.builds("DELAY FIXED({}, {}, {})".format, inner, inner, inner),
            st.builds("WITH LOOKUP({}, ([(0,0)-(1,1)],{}))".format, inner, points),
            st.builds("{}({})".format, variable, inner),
        )

    return st.recursive(leaf, larger, max_leaves=10)


def vensim_models() -> st.SearchStrategy[Case]:
    """Return Vensim files of a few equations over a few names, sometimes with a fault in the frame."""
    functions = tuple(spelled(name) for name in VENSIM_ARGUMENTS)
    equation = expressions(functions)
    target = st.one_of(
        st.sampled_from(NAMES),
        st.builds("{}[{}]".format, st.sampled_from(NAMES), st.sampled_from([*RANGES, *ELEMENTS, "Region,Part"])),
        st.builds("{}[Region] :EXCEPT: [{}]".format, st.sampled_from(NAMES), st.sampled_from(ELEMENTS)),
    )
    unit = st.sampled_from(["", "Month", "1/(a", PLANTED, "Month [0,10,1]", "widgets/Month [?,?]", "[0,", "{x}"])
    entry = st.builds("{} {} {}\n\t~\t{}\n\t~\t{}\n\t|\n".format, target, st.just("="), equation, unit, unit)
    table = st.builds(
        "{}(([(0,0)-(10,10)],{}))\n\t~\t\n\t~\t\n\t|\n".format,
        st.sampled_from(["lk", "tab", "tab[Region]"]),
        st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)), max_size=4).map(
            lambda points: ",".join(f"({x},{y})" for x, y in points)
        ),
    )
    plain = "a = 3 ~~|\nb = 2 ~~|\n"
    subscripts = st.sampled_from(
        [
            "Region: north, south, west ~~|\nPart: north, south ~~|\nOther: e1, e2 -> Region ~~|\n",
            "Region: north, south ~~|\nPart: (e1-e2) -> (Region: north, south) ~~|\n",
            "Region: north, south ~~|\nPart <-> Region ~~|\n",
            "Region: Region ~~|\n",
            "Region: (e1-e99999999) ~~|\n",
            "",
        ]
    )
    frame = st.sampled_from(
        [
            ("0", "10", "1"),
            ("0", "10", "1"),
            ("0", "10", "0.25"),
            ("10", "0", "1"),
            ("0", "1e9", "1e-9"),
            ("a", "b", "a"),
            ("0", "10", "TIME STEP"),
            ("0/0", "10", "1"),
            ("0", "10", "-1"),
            ("1e18", "1e18", "1"),
        ]
    ).map(
        lambda f: (
            f"INITIAL TIME = {f[0]} ~Month~|\nFINAL TIME = {f[1]} ~Month~|\n"
            f"TIME STEP = {f[2]} ~Month~|\nSAVEPER = TIME STEP ~Month~|\n"
        )
    )
    body = st.lists(st.one_of(entry, entry, entry, table), min_size=1, max_size=6).map("".join)
    head = st.sampled_from(["", "{UTF-8}\n", f"{{{PLANTED}}}\n", "\ufeff"])
    tail = st.sampled_from(["", "\\\\\\---/// Sketch information\nV300\n*View 1\n10,1,a,1,2,3,4,3,3,0,0\n///---\\\\\\\n"])
    whole = st.tuples(head, subscripts, st.just(plain), body, frame, tail).map("".join)
    return whole.map(lambda text: Case("grammar, Vensim", ".mdl", text.encode("utf-8", "surrogatepass")))


def xmile_models() -> st.SearchStrategy[Case]:
    """Return XMILE files of a few variables."""
    equation = expressions(tuple(spelled(name) for name in XMILE_ARGUMENTS))
    escaped = equation.map(lambda t: t.replace("&", "&amp;").replace("<", "&lt;").replace("\0", ""))
    element = st.sampled_from(["aux", "flow", "stock", "gf", "module", "group", "macro"])
    extra = st.sampled_from(
        [
            "",
            "<non_negative/>",
            "<inflow>f</inflow>",
            "<conveyor><len>3</len></conveyor>",
            "<queue/>",
            "<dimensions><dim name='Region'/></dimensions>",
            "<gf><xscale min='0' max='1'/><ypts>1,2,3</ypts></gf>",
            "<gf><xpts>1,2</xpts><ypts>1,2,3</ypts></gf>",
            f"<doc>{PLANTED.replace('<', '')}</doc><units>{PLANTED}</units>",
            "<element subscript='north'><eqn>1</eqn></element>",
        ]
    )
    variable = st.builds(
        "<{0} name='{1}'>{2}<eqn>{3}</eqn></{0}>".format, element, st.sampled_from(["a", "b", "f", "S", "x y"]), extra,
        escaped,
    )  # fmt: skip
    specs = st.sampled_from(
        [
            "<sim_specs method='Euler'><start>0</start><stop>5</stop><dt>1</dt></sim_specs>",
            "<sim_specs method='rk4'><start>0</start><stop>5</stop><dt reciprocal='true'>4</dt></sim_specs>",
            "<sim_specs method='magic'><start>x</start><stop>5</stop><dt>0</dt></sim_specs>",
            "<sim_specs/>",
            "",
        ]
    )
    dimensions = st.sampled_from(
        ["", "<dimensions><dim name='Region' size='2'/></dimensions>", "<dimensions><dim name='R' size='-1'/></dimensions>"]
    )
    start = (
        "<?xml version='1.0' encoding='utf-8'?><xmile version='1.0' "
        "xmlns='http://docs.oasis-open.org/xmile/ns/XMILE/v1.0'><header><vendor>x</vendor></header>"
    )
    whole = st.builds(
        "{}{}{}<model><variables>{}</variables></model></xmile>".format, st.just(start), specs, dimensions,
        st.lists(variable, min_size=1, max_size=5).map("".join),
    )  # fmt: skip
    return whole.map(lambda text: Case("grammar, XMILE", ".xmile", text.encode("utf-8", "surrogatepass")))


def mutations(kind: str, paths: list[Path]) -> st.SearchStrategy[Case]:
    """Return files with a few faults put in: bytes, tokens, lines and whole equations changed."""
    small = [p for p in paths if p.stat().st_size <= LARGE]
    large = [p for p in paths if p.stat().st_size > LARGE]
    chosen = st.one_of(*[st.sampled_from(small)] * 30, st.sampled_from(large)) if large else st.sampled_from(small)
    return st.builds(lambda path, seed: _mutated(kind, path, random.Random(seed)), chosen, st.integers(0, 2**63))  # noqa: S311


def _mutated(kind: str, path: Path, luck: random.Random) -> Case:
    content = path.read_bytes()
    for _ in range(luck.choice([1, 1, 2, 3, 8])):
        content = luck.choice(_WAYS)(content, luck)
    suffix = path.suffix if luck.random() < 0.95 else luck.choice([".mdl", ".xmile", ".stmx"])
    return Case(kind, suffix, content)


def _byte(content: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(content) + 1)
    return content[:at] + bytes([luck.randrange(256)]) + content[at + luck.randrange(2) :]


def _token(content: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(content) + 1)
    return content[:at] + luck.choice(TOKENS).encode() + content[at + luck.choice([0, 0, 1, 3, 9]) :]


def _lost(content: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(content) + 1)
    return content[:at] + content[at + luck.choice([1, 2, 5, 40, 400]) :]


def _cut(content: bytes, luck: random.Random) -> bytes:
    return content[: luck.randrange(len(content) + 1)]


def _lines(content: bytes, luck: random.Random) -> bytes:
    """Swap, repeat or drop a line or an equation."""
    mark = luck.choice([b"\n", b"|", b">", b"~", b","])
    parts = content.split(mark)
    first, second = luck.randrange(len(parts)), luck.randrange(len(parts))
    way = luck.randrange(3)
    if way == 0:
        parts[first], parts[second] = parts[second], parts[first]
    elif way == 1:
        parts.insert(first, parts[second])
    else:
        del parts[first]
    return mark.join(parts)


def _word(content: bytes, luck: random.Random) -> bytes:
    """Put one word of the file in the place of another."""
    words = content.split(b" ")
    words[luck.randrange(len(words))] = luck.choice(words)
    return b" ".join(words)


def _nested(content: bytes, luck: random.Random) -> bytes:
    depth = luck.choice([20, 300, 3000])
    at = luck.randrange(len(content) + 1)
    return content[:at] + b"(" * depth + b"1" + b")" * luck.choice([depth, depth - 1]) + content[at:]


_WAYS = (_byte, _token, _token, _token, _lost, _cut, _lines, _lines, _word, _nested)


def cases() -> st.SearchStrategy[Case]:
    """Return files of every kind."""
    return st.one_of(
        vensim_models(),
        xmile_models(),
        mutations("mutation, bundled models", seeds("models", "tests/engine/models")),
        mutations("mutation, bad inputs", seeds("tests/bad_inputs")),
    )
