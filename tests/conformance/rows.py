"""The rows of the conformance table: each one a variable of one of the small models beside this file.

A row has a feature, told once in the whole table, and where it can be had a closed form: what the variable must be at
the times of the run, ``t``, worked out without any engine. The models run from 0 to 8 in steps of 0.25.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.conformance import closed

Array = NDArray[np.float64]
Closed = Callable[[Array], Array]


@dataclass(frozen=True)
class Row:
    """``variable`` of ``file`` shows ``feature``."""

    file: str
    variable: str
    feature: str
    closed: Closed | None = None


def rows() -> Iterator[Row]:
    """Yield every row of the table, in order."""
    for file, listed in FEATURES.items():
        for line in listed.strip().splitlines():
            variable, _, feature = line.partition("|")
            key = (file, variable.strip())
            yield Row(*key, feature.strip(), closed.FORMS.get(key))


FEATURES = {
    "maths.mdl": """
        abs value      | ABS
        exp value      | EXP
        ln value       | LN
        log value      | LOG of a base
        sqrt value     | SQRT
        sin value      | SIN
        cos value      | COS
        tan value      | TAN
        arcsin value   | ARCSIN
        arccos value   | ARCCOS
        arctan value   | ARCTAN
        sinh value     | SINH
        cosh value     | COSH
        tanh value     | TANH
        integer value  | INTEGER, towards zero
        min value      | MIN
        max value      | MAX
        modulo value   | MODULO
        power value    | POWER
        quantum value  | QUANTUM
        xidz value     | XIDZ
        zidz value     | ZIDZ
        caret          | x^y
        caret twice    | x^y^z, from the right
        minus and caret | a minus before a power
        minus          | subtraction, from the left
        division twice | division, from the left
        times and plus | multiplication before addition
        unary minus    | a minus before a factor
        brackets       | brackets
        scientific     | numbers with an exponent
        game value     | GAME
    """,
    "logic.mdl": """
        equal       | =
        unequal     | <>
        less        | <
        at most     | <=
        more        | >
        at least    | >=
        both        | :AND:
        either      | :OR:
        neither     | :NOT:
        nested      | IF THEN ELSE within IF THEN ELSE
        lazy branch | IF THEN ELSE whose other branch has no value
    """,
    "grouping.mdl": """
        three joined         | :OR: before :AND:, without brackets
        joined the other way | :AND: before :OR:, without brackets
    """,
    "negative_base.mdl": "negative base | a negative number in brackets, to a power",
    "timing.mdl": """
        stepped             | STEP
        stepped between     | STEP between two time steps
        pulsed              | PULSE
        pulsed of no length | PULSE of no length
        train               | PULSE TRAIN
        ramped              | RAMP
        clock               | Time
        step length         | TIME STEP in an equation
        beginning           | INITIAL TIME in an equation
        ending              | FINAL TIME in an equation
        saving              | SAVEPER in an equation
    """,
    "tables.mdl": """
        read          | a lookup
        read below    | a lookup below its points
        read above    | a lookup above its points
        read each     | subscripted lookups
        read one      | one of several subscripted lookups
        in place      | WITH LOOKUP
        in place each | WITH LOOKUP in a subscripted equation
        twice         | a lookup of a lookup
    """,
    "memory.mdl": """
        tank                       | INTEG
        of an auxiliary            | INTEG with an initial value of another variable
        kept                       | INITIAL
        begun with                 | ACTIVE INITIAL
        grown                      | an initial value by ACTIVE INITIAL
        delay one                  | DELAY1
        delay one from             | DELAY1I
        delay three                | DELAY3
        delay three from           | DELAY3I
        delay of five              | DELAY N
        delay of changing time     | DELAY N of a changing time
        delay one of changing time | DELAY1 of a changing time
        pipe                       | DELAY FIXED
        smooth one                 | SMOOTH
        smooth one from            | SMOOTHI
        smooth three               | SMOOTH3
        smooth three from          | SMOOTH3I
        smooth of five             | SMOOTH N
        trend                      | TREND
        forecast                   | FORECAST
        sample                     | SAMPLE IF TRUE
        inside                     | functions with memory within an expression
        smooth of smooth           | SMOOTH of a SMOOTH
    """,
    "subscripts.mdl": """
        over one   | one subscript
        over two   | two subscripts
        three      | three subscripts
        turned     | subscripts in another order
        one        | a list of numbers
        two        | a table of numbers
        element    | one element by name
        subrange   | a subrange
        except     | :EXCEPT:
        pieces     | an equation for each part
        alias      | an alias `<->`
        mapped     | a mapping `->`
        numbered   | a numbered range (n1 - n4)
        position   | a range as a number
        of ranges  | a range of ranges
        whole      | SUM
        whole of two | SUM over two subscripts
        rows       | SUM over the last of two subscripts
        columns    | SUM over the first of two subscripts
        product    | PROD
        largest    | VMAX
        smallest   | VMIN
        weighted   | SUM of a product
        share      | SUM within an expression
        counted    | ELMCOUNT
        stocks     | subscripted INTEG
        delays     | subscripted DELAY3
        smooths    | subscripted SMOOTH with a time for each
        chosen     | subscripted IF THEN ELSE
    """,
    "pipes.mdl": "pipes | subscripted DELAY FIXED with a time for each",
    "macros.mdl": """
        called       | a macro
        called again | a macro called again, within an expression
    """,
    "nested_macros.mdl": "nested | a macro that calls a macro",
    "subscripted_macros.mdl": "in each | a macro called from a subscripted equation",
    "vectors.mdl": """
        rank up          | VECTOR RANK, smallest first
        rank down        | VECTOR RANK, largest first
        tied up          | VECTOR RANK of equal elements
        tied down        | VECTOR SORT ORDER of equal elements, largest first
        order up         | VECTOR SORT ORDER, smallest first
        order down       | VECTOR SORT ORDER, largest first
        order of rows    | VECTOR SORT ORDER of each row of a matrix
        weighted sum     | VECTOR SELECT 0, weighted sum
        weighted product | VECTOR SELECT 1, product of the weighted
        weighted least   | VECTOR SELECT 2, least of the weighted
        weighted most    | VECTOR SELECT 3, most of the weighted
        weighted mean    | VECTOR SELECT 4, mean of the weighted
        powers           | VECTOR SELECT 5, product of powers
        plain sum        | VECTOR SELECT 6, sum
        plain product    | VECTOR SELECT 7, product
        plain least      | VECTOR SELECT 8, least
        plain most       | VECTOR SELECT 9, most
        plain mean       | VECTOR SELECT 10, mean
        nothing          | VECTOR SELECT of nothing
        of rows          | VECTOR SELECT over one of two subscripts
    """,
    "vector_expressions.mdl": """
        ranked   | VECTOR RANK of an expression
        ordered  | VECTOR SORT ORDER of an expression
        sorted   | VECTOR REORDER by a VECTOR SORT ORDER
        inverted | INVERT MATRIX of an expression
        ranks    | VECTOR RANK within SUM
        best     | VECTOR SORT ORDER within VMAX
        chosen   | VECTOR RANK within VECTOR SELECT
        picked   | VECTOR SELECT of an expression, over the last of two subscripts
    """,
    "memory_in_sum.mdl": "remembered | a function with memory within SUM",
    "reorder.mdl": "sorted | VECTOR REORDER",
    "inverse.mdl": "inverse | INVERT MATRIX",
    "time_value.mdl": "later | GET TIME VALUE of the time of the model",
    "calendar.mdl": "calendar | GET TIME VALUE of the calendar",
    "random.mdl": """
        plain | RANDOM 0 1
        flat  | RANDOM UNIFORM
        bell  | RANDOM NORMAL
        wait  | RANDOM EXPONENTIAL
    """,
    "allocate_available.mdl": """
        by rectangles   | ALLOCATE AVAILABLE, rectangular profiles
        by triangles    | ALLOCATE AVAILABLE, triangular profiles
        by normals      | ALLOCATE AVAILABLE, normal profiles
        by exponentials | ALLOCATE AVAILABLE, exponential profiles
        by all          | ALLOCATE AVAILABLE, a profile of its own for each
        in two          | ALLOCATE AVAILABLE of two subscripts
    """,
    "fixed_quantity.mdl": "shared out | ALLOCATE AVAILABLE, fixed quantity",
    "allocate_by_priority.mdl": """
        shared out          | ALLOCATE BY PRIORITY
        shared among equals | ALLOCATE BY PRIORITY among equal priorities
    """,
    "direct_constants.mdl": """
        read constant   | GET DIRECT CONSTANTS of one cell
        read row        | GET DIRECT CONSTANTS along a row
        read column     | GET DIRECT CONSTANTS down a column (*)
        read square     | GET DIRECT CONSTANTS over two subscripts
        read turned     | GET DIRECT CONSTANTS over two subscripts, transposed (*)
        read each       | GET DIRECT CONSTANTS element by element, beside a number
        read sheet      | GET XLS CONSTANTS
        read old sheet  | GET XLS CONSTANTS of an .xls file
        read named      | GET XLS CONSTANTS of a named cell
        read named row  | GET XLS CONSTANTS of a named range
        read result     | GET XLS CONSTANTS of a formula, as it was saved
        used in a flow  | GET DIRECT CONSTANTS in a stock's equation
    """,
    "direct_below.mdl": "below an empty line | GET DIRECT CONSTANTS below an empty line of a CSV",
    "direct_lookups.mdl": """
        read down      | GET DIRECT LOOKUPS down a column, held beyond its points
        read along     | GET DIRECT LOOKUPS along a row that does not rise
        read for each  | GET DIRECT LOOKUPS over a subscript
        read in sheet  | GET XLS LOOKUPS of named ranges
    """,
    "direct_data.mdl": """
        read data        | GET DIRECT DATA, and before and beyond its points
        read data along  | GET DIRECT DATA along a row that does not rise
        with gaps        | GET DIRECT DATA with a missing value
        held             | :HOLD BACKWARD:
        held with gaps   | :HOLD BACKWARD: with a missing value
        ahead            | :LOOK FORWARD:
        ahead with gaps  | :LOOK FORWARD: with a missing value
        bare             | :RAW:
        data for each    | GET DIRECT DATA over a subscript
        data by element  | GET DIRECT DATA element by element
        data in sheet    | GET XLS DATA
        named data       | GET XLS DATA of named ranges
        gathered         | INTEG of a data variable
        begun            | INTEG with an initial value of a data variable
    """,
    "direct_subscripts.mdl": """
        over a range read  | GET DIRECT SUBSCRIPT along a row
        over a column read | GET XLS SUBSCRIPT down a column, with a prefix
        over the rest      | GET DIRECT SUBSCRIPT to the end of a column
    """,
    "direct_alias.mdl": "aliased | a file named by Vensim's alias (?name)",
    "direct_outside.mdl": "led out | a file outside the model's folder",
    "waiting_data.mdl": "used | a data variable, without data given",
    "four_subscripts.mdl": """
        whole    | four subscripts
        shuffled | four subscripts in another order
        corner   | two of four subscripts by element
        over two | SUM over two of four subscripts
        over all | SUM over four subscripts
        parts    | an equation for each part, of four subscripts
        level    | INTEG of four subscripts
        most     | VMAX over three of four subscripts
    """,
    "long_sum.mdl": "long sum | a sum of 400 terms",
    "element_mapping.mdl": """
        in order      | a mapping element by element, in order
        mapped        | a mapping element by element, in another order
        mapped back   | a mapping element by element, read from the other side
        of its land   | an element mapped onto several
        of the south  | an element mapped onto several, read in a part of them
        of its side   | a mapping onto a range made of ranges
        second target | a range mapped onto two others
    """,
    "missing_element.mdl": """
        half   | an element without an equation, which nothing reads
        corner | elements of two subscripts without an equation
        total  | reading around elements without an equation
    """,
    "missing_read.mdl": "total | an element without an equation, which an equation reads",
    "undefined.mdl": "to be | A FUNCTION OF",
    "two_outputs.mdl": """
        half           | a macro with several outputs
        third          | a further output of a macro
        sum of thirds  | a further output of a macro, which is a stock
        third of each  | a further output of a macro in a subscripted equation
    """,
    "macro_ranges.mdl": """
        spread         | a macro with subscripts inside
        spread of each | a macro with subscripts inside, in a subscripted equation
        total          | a macro within SUM
        total of rows  | a macro within SUM over the last of two subscripts
        of a sum       | a macro of a SUM
        deep           | a macro of macros
    """,
    "macro.xmile": """
        called     | XMILE: a macro with variables of its own
        by_default | XMILE: a macro with an argument left out
        in_each    | XMILE: a macro in an equation for all elements
        nested     | XMILE: a macro of a macro
    """,
    "names.mdl": """
        "a name, in quotes!" | a name in quotes
        Größe in Köln        | names beyond ASCII
        Under_scored Name    | names beyond ASCII, in another case
        case folds           | names in another case and with underscores
        1st of April         | a name that begins with a digit
        long line            | an equation over several lines
        within limits        | limits of a variable, which clamp nothing
    """,
    "notes.mdl": "braced | comments in braces",
    "xmile.xmile": """
        tank            | XMILE: stock with inflow and outflow
        abs_value       | XMILE: ABS
        exp_value       | XMILE: EXP
        ln_value        | XMILE: LN
        sqrt_value      | XMILE: SQRT
        trig            | XMILE: SIN and COS
        truncated       | XMILE: INT
        least           | XMILE: MIN
        most            | XMILE: MAX
        remainder       | XMILE: mod
        safe            | XMILE: SAFEDIV
        safe_with       | XMILE: SAFEDIV with a third argument
        chosen          | XMILE: IF THEN ELSE with AND and NOT
        either          | XMILE: OR
        stepped         | XMILE: STEP
        ramped          | XMILE: RAMP
        ramped_until    | XMILE: RAMP with an end
        pulsed          | XMILE: PULSE
        pulsed_often    | XMILE: PULSE with an interval
        kept            | XMILE: INIT
        delayed         | XMILE: DELAY
        delayed_once    | XMILE: DELAY1
        delayed_thrice  | XMILE: DELAY3
        delayed_n       | XMILE: DELAYN
        smoothed        | XMILE: SMTH1
        smoothed_thrice | XMILE: SMTH3
        smoothed_n      | XMILE: SMTHN
        trend           | XMILE: TREND
        forecast        | XMILE: FORCST
        raised          | XMILE: ^
        curve           | XMILE: graphical function
        curve_beyond    | XMILE: graphical function that extrapolates
        stairs          | XMILE: graphical function in steps
        table_read      | XMILE: a named graphical function
        for_all         | XMILE: one equation for all elements
        weights         | XMILE: an equation for each element
        one_element     | XMILE: one element by name
    """,
    "settings.xmile": """
        settings | XMILE: PI, DT, STARTTIME and STOPTIME
        decades  | XMILE: LOG10
    """,
    "infinity.xmile": "bounded | XMILE: INF",
    "notes.xmile": "commented | XMILE: comments in braces",
    "upper_mod.xmile": "rest | XMILE: MOD in capitals",
    "star.xmile": """
        total     | XMILE: SUM over [*]
        most      | XMILE: MAX over [*]
        every_one | XMILE: SUM of a whole array, in an equation for each element
    """,
    "rk4.xmile": "decaying | XMILE: method RK4",
    "rk2.xmile": "decaying_too | XMILE: method RK2",
    "rk45.xmile": "adapted | XMILE: method RK45",
    "rk4_auto.mdl": "eased | Vensim: RK4 Auto",
    "rk4_fixed.mdl": "edged | Vensim: RK4 Fixed, with a STEP on the grid",
    "non_negative.xmile": "emptied | XMILE: a stock that cannot be negative",
    "conveyor.xmile": "belt | XMILE: conveyor",
    "queue.xmile": "line | XMILE: queue",
    "module.xmile": "part | XMILE: module",
}
