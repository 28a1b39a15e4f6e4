"""Files to try the reader with: whole models from a grammar of equations, and bundled or bad files, mutated.

Every file follows from one number. The grammar draws from plain random numbers: Hypothesis, which the tests of single
functions use, varies each example a few times over before it leaves it, and so tries far fewer different files.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from policy_lab.model.functions import VENSIM_ARGUMENTS, XMILE_ARGUMENTS, spelled

ROOT = Path(__file__).resolve().parents[1]
MARK = "PWNED"
PLANTED = f"__import__('pathlib').Path('{MARK}').touch()"
LARGE = 20_000  # bytes of a file that is tried seldom, because reading it takes seconds
KNOWN = ("a", "b", "Some stock", '"q (1)"', "v[Region]", "v[north]", "w[Region, Part]", "class", "Time", "TIME STEP")
NAMES = (*KNOWN, "v", "w", "lk", "tab", "x1", "x2", "x 3", "nought")
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


OPERATORS = ("+", "-", "*", "/", "+", "*", "^", "<", ">=", "=", "<>", ":AND:", ":OR:")
COMPARISONS = ("<", "<=", ">", ">=", "=", "<>")
REDUCED = ("v[Region!]", "w[Region!, Part!]", "w[Region!, north]", "w[Region, Part!]", "v[Part!]", "a", "v[north]")
TARGETS = (
    "x1", "x2", "x 3", "x4", "y1[Region]", "y2[Region]", "y3[Region,Part]", "y4[Part]", "y5[Part]", "z[Part,Region]",
)  # fmt: skip
UNITS = ("Month", "1/(a", PLANTED, "Month [0,10,1]", "widgets/Month [?,?]", "[0,", "{x}", "((((", "%s", "Month|")
SETTINGS = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
ARGUMENTS = {spelled(n): v for n, v in VENSIM_ARGUMENTS.items()} | {
    spelled(n).replace(" ", "_"): v for n, v in XMILE_ARGUMENTS.items()
}
PLAIN = (
    'a = 3 ~~|\nb = 2 ~~|\nSome stock = INTEG(a - Some stock / b, 7) ~~|\n"q (1)" = -1 ~~|\nclass = Time ~~|\n'
    "v[Region] = 1 ~~|\nw[Region, Part] = 2 ~~|\nlk((0,1),(5,3)) ~~|\n"
)
PLAIN_RANGES = "Region: north, south, west ~~|\nPart: north, south ~~|\nOther: e1, e2 ~~|\n"
ODD_RANGES = (
    "Region: north, south, west ~~|\nPart: north, south ~~|\nOther: e1, e2, e3 -> Region ~~|\n",
    "Region: north, south ~~|\nPart: (e1-e2) -> (Region: north, south) ~~|\n",
    "Region: north, south ~~|\nPart <-> Region ~~|\n",
    "Region: Region ~~|\n",
    "Region: (e1-e99999999) ~~|\n",
    "Region: north, south ~~|\nPart: Other ~~|\nOther: Part ~~|\n",
    "",
)
ODD_TIMES = (
    ("0", "10", "0.25"), ("10", "0", "1"), ("0", "1e9", "1e-9"), ("a", "b", "a"), ("0", "10", "TIME STEP"),
    ("0/0", "10", "1"), ("0", "10", "-1"), ("1e18", "1e18", "1"), ("FINAL TIME", "INITIAL TIME", "1"),
    ("Time", "9", "1"),
)  # fmt: skip
SKETCH = "\\\\\\---/// Sketch information\nV300\n*View 1\n10,1,a,1,2,3,4,3,3,0,0\n///---\\\\\\\n"
XMILE_HEAD = (
    "<?xml version='1.0' encoding='utf-8'?><xmile version='1.0' "
    "xmlns='http://docs.oasis-open.org/xmile/ns/XMILE/v1.0'><header><vendor>x</vendor></header>"
)
XMILE_SPECS = (
    "<sim_specs method='Euler'><start>0</start><stop>5</stop><dt>1</dt></sim_specs>",
    "<sim_specs method='rk4'><start>0</start><stop>5</stop><dt reciprocal='true'>4</dt></sim_specs>",
    "<sim_specs method='magic'><start>x</start><stop>5</stop><dt>0</dt></sim_specs>",
    "<sim_specs/>",
    "",
)
XMILE_DIMENSIONS = (
    "<dimensions><dim name='Region' size='2'/></dimensions>",
    "<dimensions><dim name='Region'><elem name='north'/><elem name='south'/></dim></dimensions>",
    "<dimensions><dim name='R' size='-1'/></dimensions>",
    "<dimensions><dim/></dimensions>",
)
XMILE_EXTRAS = (
    "<non_negative/>",
    "<inflow>f</inflow>",
    "<outflow>nowhere</outflow>",
    "<conveyor><len>3</len></conveyor>",
    "<queue/>",
    "<dimensions><dim name='Region'/></dimensions>",
    "<gf><xscale min='0' max='1'/><ypts>1,2,3</ypts></gf>",
    "<gf><xpts>1,2</xpts><ypts>1,2,3</ypts></gf>",
    "<gf><xscale min='a'/><ypts></ypts></gf>",
    f"<doc>{PLANTED}</doc><units>{PLANTED}</units>",
    "<dimensions><dim name='Region'/></dimensions><element subscript='north'><eqn>1</eqn></element>",
)


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


def expression(functions: Sequence[str], luck: random.Random, depth: int = 0) -> str:
    """Return a text that is an equation more often than not."""

    def inner() -> str:
        return expression(functions, luck, depth + 1)

    if luck.random() < 0.25 + 0.2 * depth:
        return _leaf(luck)
    way = luck.randrange(13)
    if way < 4:
        return f"{inner()} {luck.choice(OPERATORS)} {inner()}"
    if way < 7:
        function = luck.choice(functions)
        least, most = ARGUMENTS.get(function, (1, 2))
        count = luck.randrange(7) if luck.random() < 0.05 else luck.randint(least, min(most, least + 2))
        return f"{function}({', '.join(inner() for _ in range(count))})"
    if way == 7:
        return f"IF THEN ELSE({inner()} {luck.choice(COMPARISONS)} {inner()}, {inner()}, {inner()})"
    if way == 8:
        return f"{luck.choice(['SUM', 'VMAX', 'VMIN', 'PROD'])}({luck.choice(REDUCED)} {luck.choice('+*-')} {inner()})"
    if way == 9:
        return f"lk({inner()})"
    if way == 10:
        points = ",".join(f"({luck.choice(NUMBERS[:6])},{luck.choice(NUMBERS)})" for _ in range(luck.randrange(4)))
        return f"WITH LOOKUP({inner()}, ([(0,0)-(1,1)],(-9,1),{points}))"
    if way == 11:
        return luck.choice(["({})", "-{}", "(-{})", ":NOT: {}", "(:NOT: ({} > 0))"]).format(inner())
    return f"DELAY N({inner()}, {inner()}, {inner()}, {luck.choice(['1', '3', 'b', '0', '1e9', inner()])})"


def _leaf(luck: random.Random) -> str:
    at = luck.random()
    if at < 0.45:
        return luck.choice(NUMBERS[:6])
    if at < 0.88:
        return luck.choice(KNOWN)
    if at < 0.97:
        index = luck.choice([*RANGES, *ELEMENTS, "Region!", "Part!", "Region, Part", "north, Part!", ""])
        return luck.choice([f"{luck.choice(('a', 'v', 'w', 'x1', 'x 3', 'nought'))}[{index}]", luck.choice(NAMES)])
    return luck.choice([luck.choice(NUMBERS), luck.choice(TOKENS)])


def vensim_model(luck: random.Random) -> Case:
    """Return a Vensim file of a few equations over a few names, sometimes with a fault in the frame."""
    rare = luck.random() < 0.1
    head = luck.choice(["", "{UTF-8}\n", f"{{{PLANTED}}}\n", "\ufeff"])
    subscripts = luck.choice(ODD_RANGES) if rare else PLAIN_RANGES
    targets = luck.sample(TARGETS, luck.randint(1, 5))
    if luck.random() < 0.1:
        targets.append(luck.choice([*NAMES, "v[Region] :EXCEPT: [north]", "x9[e1]", "x9[Region,Region]", ""]))
    body = ""
    for target in targets:
        unit = luck.choice(UNITS) if luck.random() < 0.2 else ""
        body += f"{target} = {_right_side(luck)}\n\t~\t{unit}\n\t~\t{unit}\n\t|\n"
    times = luck.choice(ODD_TIMES) if luck.random() < 0.1 else ("0", "10", "1")
    frame = "".join(f"{n} = {t} ~Month~|\n" for n, t in zip(SETTINGS, (*times, "TIME STEP"), strict=True))
    text = head + subscripts + PLAIN + body + frame + luck.choice(["", SKETCH])
    return Case("grammar, Vensim", ".mdl", text.encode("utf-8", "surrogatepass"))


def _right_side(luck: random.Random) -> str:
    functions = tuple(spelled(name) for name in VENSIM_ARGUMENTS)
    if luck.random() < 0.2:
        return f"INTEG({expression(functions, luck)}, {expression(functions, luck)})"
    return expression(functions, luck)


def xmile_model(luck: random.Random) -> Case:
    """Return an XMILE file of a few variables."""
    functions = tuple(spelled(name).replace(" ", "_") for name in XMILE_ARGUMENTS)
    variables = (
        "<aux name='b'><eqn>2</eqn></aux><aux name='class'><eqn>TIME</eqn></aux><aux name='a'><eqn>1</eqn></aux>"
    )
    for name in luck.sample(["x1", "x2", "f", "S", "x_3", "x 4"], luck.randint(1, 4)):
        element = luck.choice(["gf", "module", "group", "macro"]) if luck.random() < 0.04 else luck.choice(
            ["aux", "aux", "flow", "stock"]
        )  # fmt: skip
        extra = luck.choice(XMILE_EXTRAS) if luck.random() < 0.15 else ""
        text = expression(functions, luck).replace("&", "&amp;").replace("<", "&lt;").replace("\0", "")
        if luck.random() < 0.8:
            text = text.replace("[Region]", "").replace("[Region, Part]", "").replace("IF THEN ELSE", "SAFEDIV")
        variables += f"<{element} name='{name}'>{extra}<eqn>{text}</eqn></{element}>"
    specs = luck.choice(XMILE_SPECS) if luck.random() < 0.1 else XMILE_SPECS[0]
    dimensions = luck.choice(XMILE_DIMENSIONS) if luck.random() < 0.2 else ""
    whole = f"{XMILE_HEAD}{specs}{dimensions}<model><variables>{variables}</variables></model></xmile>"
    return Case("grammar, XMILE", ".xmile", whole.encode("utf-8", "surrogatepass"))


def mutated(kind: str, paths: Sequence[Path], luck: random.Random) -> Case:
    """Return a file with a few faults put in: bytes, tokens, lines and whole equations changed."""
    small = [p for p in paths if p.stat().st_size <= LARGE]
    large = [p for p in paths if p.stat().st_size > LARGE]
    path = luck.choice(large) if large and luck.random() < 0.02 else luck.choice(small)
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


def case(number: int) -> Case:
    """Return the file that belongs to a number."""
    luck = random.Random(number)  # noqa: S311
    way = luck.randrange(6)
    if way < 2:
        return vensim_model(luck)
    if way == 2:
        return xmile_model(luck)
    if way == 3:
        return mutated("mutation, bundled models", _BUNDLED, luck)
    if way == 4:
        return mutated("mutation, engine's test models", _TESTED, luck)
    return mutated("mutation, bad inputs", _BAD, luck)


_BUNDLED = tuple(seeds("models"))
_TESTED = tuple(seeds("tests/engine/models"))
_BAD = tuple(seeds("tests/bad_inputs"))
