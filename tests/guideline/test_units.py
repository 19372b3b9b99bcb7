"""Units: what UCUM converts is converted exactly, and what it should not be left to is not."""

from __future__ import annotations

import itertools
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from each import each
from indicant.guideline.units import (
    LARGEST_EXPONENT,
    LONGEST_UNIT,
    NoUnitError,
    UnitError,
    _table,
    convert,
    factor_of,
    measure_same,
    quantity_of,
    unit_of,
)
from running import environment

ALIKE: Final = (
    {
        "mg/dL": "1",
        "g/L": "100",
        "ug/mL": "0.1",
        "mg/dl": "1",
        "g%": "1000",
        "kg/m3": "100",
        "ng/uL": "0.1",
        "pg/mL": "0.0000001",
    },
    {"umol/L": "1", "mmol/L": "1000", "mol/m3": "1000", "nmol/mL": "1", "pmol/dL": "0.00001"},
    {"kg": "1", "g": "0.001", "[lb_av]": "0.45359237", "[stone_av]": "6.35029318", "t": "1000"},
    {"mm[Hg]": "1", "cm[Hg]": "10", "m[Hg]": "1000"},
    {"kPa": "1", "mm[Hg]": "0.133322", "bar": "100", "cm[H2O]": "0.0980665", "mbar": "0.1"},
    {"10*9/L": "1", "10*3/uL": "1", "/uL": "0.001", "10^6/mL": "1", "10*12/L": "1000"},
    {"%": "1", "1": "100", "10*-3": "0.1", "[ppm]": "0.0001", "[ppth]": "0.1"},
    {"[iU]/L": "1", "[IU]/L": "1", "m[iU]/mL": "1", "[iU]/mL": "1000", "k[iU]/L": "1000"},
    {"U/L": "1", "umol/min/L": "1", "umol/L/min": "1", "mU/mL": "1"},
    {"meq/L": "1", "eq/L": "1000", "ueq/mL": "1"},
    {"mosm/kg": "1", "osm/g": "1000000"},
    {"mL/min/{1.73_m2}": "6", "L/h/{1.73_m2}": "100", "mL/s/{1.73_m2}": "360"},
    {"mg/g{creat}": "1", "g/kg{creat}": "1", "ug/mg{creat}": "1"},
    {"mmol/mol": "1", "mol/mol": "1000", "umol/mmol": "1"},
    {"cm": "1", "[in_i]": "2.54", "[ft_i]": "30.48", "m": "100"},
    {"d": "1", "wk": "7", "h": "1/24", "a": "365.25", "mo": "30.4375"},
    {"ug/kg/min": "1", "mg/kg/h": "1000/60", "ug/(kg.min)": "1"},
    {"mg/(24.h)": "1", "mg/d": "1", "g/d": "1000"},
)
"""Units of one thing, each with how many it is of what is 1 of it, by hand."""
APART: Final = (
    ("umol/L", "mg/dL", "a substance"),
    ("meq/L", "mmol/L", "a charge"),
    ("mosm/L", "mmol/L", "particles"),
    ("mmol/mol", "%", "a fraction of amounts"),
    ("mg/g", "%", "a fraction of masses"),
    ("mL/L", "mg/g", "a fraction of volumes"),
    ("[iU]/L", "U/L", "an arbitrary unit and one of activity"),
    ("[iU]/mL", "[arb'U]/mL", "two arbitrary units"),
    ("ug{FEU}/mL", "ug{DDU}/mL", "two annotations"),
    ("mL/min", "mL/min/{1.73_m2}", "an annotation and none"),
    ("{beats}/min", "/min", "an annotation and none"),
    ("Gy", "Sv", "a radiation"),
    ("REM", "RAD", "a radiation"),
    ("/[HPF]", "/[LPF]", "two fields"),
    ("/[HPF]", "1", "a field and nothing"),
    ("mg/dL", "mg", "a volume"),
    ("mm[Hg]", "Cel", "pressure and heat"),
    ("mol", "1", "an amount and a number"),
)


def share(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or 1)


@pytest.mark.parametrize("group", ALIKE, ids=lambda group: next(iter(group)))
def test_units_of_one_thing_are_converted_as_counted_by_hand(group: dict[str, str]) -> None:
    for one, other in each(list(itertools.permutations(group, 2))):
        wanted = share(group[one]) / share(group[other])
        assert convert(Fraction(7), one, other) == 7 * wanted, (one, other)


@pytest.mark.parametrize(
    ("value", "unit", "to", "is_"),
    [
        ("98.6", "[degF]", "Cel", "37"),
        ("37", "Cel", "[degF]", "98.6"),
        ("32", "[degF]", "K", "273.15"),
        ("80", "[degRe]", "Cel", "100"),
        ("-40", "Cel", "[degF]", "-40"),
        ("0", "K", "Cel", "-273.15"),
        ("671.67", "[degR]", "[degF]", "212"),
        ("37000", "mCel", "Cel", "37"),
    ],
)
def test_temperatures_have_noughts_of_their_own(value: str, unit: str, to: str, is_: str) -> None:
    assert convert(Fraction(value), unit, to) == Fraction(is_)


@pytest.mark.slow
@given(
    group=st.sampled_from(ALIKE),
    value=st.fractions(max_denominator=10**9),
    data=st.data(),
)
def test_there_and_back_is_the_same(
    group: dict[str, str], value: Fraction, data: st.DataObject
) -> None:
    one, other = (data.draw(st.sampled_from(sorted(group))) for _ in range(2))
    there = convert(value, one, other)
    assert there == value * share(group[one]) / share(group[other])
    assert convert(there, other, one) == value


@pytest.mark.parametrize(("one", "other", "differs"), APART)
def test_what_is_not_one_thing_is_not_left_to_ucum(one: str, other: str, differs: str) -> None:
    assert differs
    for unit, to in ((one, other), (other, one)):
        assert not measure_same(unit, to)
        with pytest.raises(UnitError, match="do not measure the same"):
            convert(Fraction(1), unit, to)
    assert measure_same(one, one)


def test_what_is_no_multiple_is_only_itself() -> None:
    assert convert(Fraction(7), "[pH]", "[pH]") == 7
    with pytest.raises(UnitError, match="no multiple"):
        unit_of("[pH]")
    assert not measure_same("[pH]", "mol/L")
    assert not measure_same("dB", "1")
    with pytest.raises(UnitError, match="stands alone"):
        unit_of("Cel/min")
    with pytest.raises(UnitError, match="stands alone"):
        unit_of("g.Cel")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mmHg", "mm[Hg]"),
        ("cmH2O", "cm[H2O]"),
        ("µmol/L", "umol/L"),
        ("μg/mL", "ug/mL"),
        ("mcg/mL", "ug/mL"),
        ("kg/m²", "kg/m2"),
        ("°C", "Cel"),
        ("degF", "[degF]"),
        ("mIU/mL", "m[iU]/mL"),
        ("mEq/L", "meq/L"),
        ("mOsm/kg", "mosm/kg"),
        ("x10^9/L", "10*9/L"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
        ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
        ("g / hr", "g/h"),
        ("lbs", "[lb_av]"),
        ("bpm", "/min"),
    ],
)
def test_who_does_not_write_ucum_is_told_what_is_meant(written: str, meant: str) -> None:
    with pytest.raises(NoUnitError) as told:
        unit_of(written)
    assert str(told.value) == f"{written} is no unit of UCUM: {meant} may be meant"
    assert unit_of(meant)


@pytest.mark.parametrize(
    "code",
    ["", " ", "furlong", "mg/", "/", "//L", "mg dL", "(mg", "mg)", "9+9", "10*31", "m-31", "m²²"],
)
def test_what_is_no_unit_is_told(code: str) -> None:
    with pytest.raises(NoUnitError):
        unit_of(code)
    assert not measure_same(code, "g")


def test_powers_and_lengths_are_bounded() -> None:
    assert unit_of(f"10*{LARGEST_EXPONENT}").factor == 10**LARGEST_EXPONENT
    assert unit_of(f"10*-{LARGEST_EXPONENT}").factor == Fraction(1, 10**LARGEST_EXPONENT)
    assert unit_of("m{" + "a" * (LONGEST_UNIT - 3) + "}").marks
    with pytest.raises(NoUnitError, match="at most 60"):
        unit_of("m{" + "a" * (LONGEST_UNIT - 2) + "}")


@pytest.mark.timeout(60)
def test_nothing_written_as_a_unit_takes_long() -> None:
    """What nests, repeats or grows as far as there is room."""
    half = (LONGEST_UNIT - 1) // 2
    codes = [
        "(" * half + "m" + ")" * half,
        ".".join(["m"] * (half + 1)),
        "/".join(["m"] * (half + 1)),
        "1" * LONGEST_UNIT,
        "{a}" * (LONGEST_UNIT // 3),
        "(m)" * (LONGEST_UNIT // 3),
        "10*999999999999999999999999",
        "m+" + "9" * (LONGEST_UNIT - 2),
        "(" * LONGEST_UNIT,
        "[" * LONGEST_UNIT,
        "9" * 40 + ".m30",
        "Ym30." * 11 + "Ym30",
        "m" * 1_000_000,
    ]
    found, refused = [], 0
    for code in codes * 3:
        try:
            found.append(unit_of(code).factor)
        except UnitError:
            refused += 1
    assert len(found) + refused == 3 * len(codes)
    assert max(found) > 10**60


@pytest.mark.parametrize(
    ("text", "is_"),
    [
        ("88 umol/L", (Fraction(88), "umol/L")),
        ("-1.50  mg/dL", (Fraction("-1.5"), "mg/dL")),
        (" +.5\tkg\n", (Fraction("0.5"), "kg")),
        ("5. 1", (Fraction(5), "1")),
        ("1.5e-3 g/L", (Fraction("0.0015"), "g/L")),
        ("2E3 /uL", (Fraction(2000), "/uL")),
        ("88umol/L", None),
        ("88", None),
        ("88 ", None),
        ("umol/L", None),
        ("8,8 umol/L", None),
        ("88 umol / L", None),
        ("NaN kg", None),
        ("INF kg", None),
        ("1/3 kg", None),
        ("1_000 kg", None),
        ("1e999999999 kg", None),
        ("٣ kg", None),
        ("9" * 41 + " kg", None),
        ("1 " + "m" * 300, None),
    ],
)
def test_a_quantity_is_a_number_a_space_and_a_unit(
    text: str, is_: tuple[Fraction, str] | None
) -> None:
    assert quantity_of(text) == is_


@pytest.mark.parametrize("text", ["", "1/3", "1e3", "x", "٣", "1." + "3" * 41, "1" * 41, "."])
def test_a_factor_is_a_decimal_number(text: str) -> None:
    with pytest.raises(UnitError, match="no decimal number"):
        factor_of(text)
    assert factor_of("+0.0113120") == Fraction("0.011312")


@pytest.mark.slow
def test_a_unit_is_read_in_one_way_with_every_prefix() -> None:
    """No prefix and unit together are another unit, or another prefix with another unit."""
    from ucumvert import xml_util

    table, base = _table(), xml_util.get_base_units()
    metric = [*base, *xml_util.get_metric_units()]
    spelled = [*table.units, *base, *map("".join, itertools.product(table.prefixes, metric))]
    assert len(spelled) == len(set(spelled)) > 1_500
    for prefix, unit in itertools.product(table.prefixes, metric):
        if unit not in table.beyond and unit != "Cel":
            assert unit_of(prefix + unit).factor == table.prefixes[prefix] * unit_of(unit).factor


@pytest.mark.slow
def test_the_examples_of_ucum_are_read() -> None:
    """But for one that UCUM does not define; levels and acidity are only themselves."""
    import ucumvert

    rows = (Path(ucumvert.__file__).parent / "vendor" / "ucum_examples.tsv").read_text("utf-8")
    codes = [line.split("\t")[1] for line in rows.splitlines()[1:]]
    refused = {}
    for code in codes:
        try:
            unit_of(code)
        except UnitError as error:
            refused[code] = isinstance(error, NoUnitError)
    assert len(codes) > 800
    assert refused == {"Torr": True, "dB": False, "[pH]": False}


OTHERWISE: Final = frozenset(
    (
        *("'", "''", "Mx", "G", "Oe", "REM", "[cft_i]", "[cyd_i]", "[in_br]", "[ft_br]"),
        *("[rd_br]", "[ch_br]", "[lk_br]", "[fth_br]", "[pc_br]", "[yd_br]", "[mi_br]"),
        *("[nmi_br]", "[kn_br]", "[acr_br]", "[didot]", "[cicero]", "cal_[15]", "[Cal]"),
        *("[Btu]", "m[Hg]", "[in_i'H2O]", "[in_i'Hg]", "[PRU]", "[wood'U]", "g%"),
    )
)
"""Units that Pint defines otherwise than UCUM does, or takes for something else."""


@pytest.mark.slow
def test_another_table_of_units_has_the_same_numbers() -> None:
    """Those of Pint, in floating point, but for what it has otherwise than UCUM."""
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    compared, differing = 0, set()
    for code in _table().units:
        try:
            unit = unit_of(code)
        except UnitError:
            continue
        if unit.offset:
            continue
        # Pint counts in kilograms.
        grams = dict(unit.above).get("g", 0) - dict(unit.below).get("g", 0)
        ours = float(unit.factor / Fraction(1000) ** grams)
        theirs = (1 * registry.from_ucum(code)).to_base_units().magnitude
        compared += 1
        if abs(theirs / ours - 1) > 1e-6:
            differing.add(code)
    assert compared > 250
    assert differing == OTHERWISE


def test_threads_read_units_alike() -> None:
    codes = [f"m{number}/L" for number in range(1, 25)]
    found: list[list[Fraction]] = []

    def read() -> None:
        found.append([unit_of(code).factor for code in codes])

    threads = [Thread(target=read) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [[Fraction(1000)] * 24] * 4


@pytest.mark.slow
def test_nobody_pays_for_units_who_has_none(tmp_path: Path) -> None:
    """Neither the library nor what it needs is imported for a case without a quantity."""
    file = tmp_path / "run.py"
    file.write_text(
        "import sys\n"
        "from indicant.assess.assessor import Assessor\n"
        "one = Assessor()\n"
        "found = one.assess(one.example())\n"
        "print(len(found), *(name in sys.modules for name in ('ucumvert', 'lark', 'pint')))\n",
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, file], env=environment(), capture_output=True, text=True, check=True
    )
    assert run.stdout == "1 False False False\n"
