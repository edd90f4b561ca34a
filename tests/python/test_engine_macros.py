"""What differs between engines, macro by macro: what comes out is said once, and holds on each.

Each check is a query over its `cases`, whose cells are text and whose result is compared as text.
All checks of an engine are one run of dbt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from engines import ENGINES
from harness import failures

# Those that the checks hold on.
NAMES = ["duckdb", "postgres", "spark"]

Cell = str | None
# How engines call the types that a raw table may have.
_TYPES = {
    "double": {"duckdb": "double", "postgres": "double precision", "spark": "double"},
    "zoned": {"duckdb": "timestamptz", "postgres": "timestamptz", "spark": "timestamp_ltz"},
    "time": {"duckdb": "timestamp", "postgres": "timestamp", "spark": "timestamp_ntz"},
}


@dataclass(frozen=True)
class Check:
    """What comes out of SQL for some cells.

    Args:
        name: what is checked.
        sql: an SQL expression over the columns a, b and c of `cases`; or a query from `cases`
            (from its first word, select) with the columns `number` and `result`.
        cases: cells and, at the end, the result; in a query without one for each case, a null.
        results: of a query: what it gives, in the order of `number`.
    """

    name: str
    sql: str
    cases: list[tuple[Cell, ...]]
    results: list[Cell] | None = None

    @property
    def expected(self) -> list[Cell]:
        return [case[-1] for case in self.cases] if self.results is None else self.results

    def model(self) -> str:
        """The check as a dbt model."""
        rows = []
        for number, case in enumerate(self.cases, 1):
            cells = [*case[:-1], None, None, None][:3]
            columns = ", ".join(
                f"cast({_literal(cell)} as {{{{ dbt.type_string() }}}}) as {name}"
                for name, cell in zip("abc", cells, strict=True)
            )
            rows.append(f"select {number} as number, {columns}")
        query = self.sql
        if not query.startswith("select"):
            query = f"select number, {query} as result from cases"
        union = "\n    union all\n    ".join(rows)
        return (
            f"with cases as (\n    {union}\n), results as (\n    {query}\n)\n"
            "select number, cast(result as {{ dbt.type_string() }}) as result from results\n"
        )


def _literal(cell: Cell) -> str:
    # What Jinja reads as a text constant is what JSON writes.
    return (
        "null"
        if cell is None
        else f"{{{{ text_literal({json.dumps(cell, ensure_ascii=False)}) }}}}"
    )


def _macro(call: str) -> str:
    return f"{{{{ {call} }}}}"


def _number_cell(typed: str, kind: str) -> str:
    # A type's name is known when dbt compiles, so the cast is put together there.
    return (
        f"{{% set typed = 'cast(a as ' ~ {typed} ~ ')' %}}{{{{ cell_as_text(typed, '{kind}') }}}}"
    )


def _type(name: str) -> str:
    return f"{json.dumps(_TYPES[name])}[target.type]"


def _md5_number(text: str) -> int:
    return int(hashlib.md5(text.encode()).hexdigest()[:15], 16)


def _power_of_half(exponent: int, divisor: int) -> str:
    with localcontext(prec=60):
        power = Decimal(2) ** (Decimal(-exponent) / Decimal(divisor)) * 10**12
        return str(power.quantize(Decimal(1), rounding=ROUND_HALF_UP))


CHECKS = [
    # --- cells ---
    Check(
        "a_column_of_floating_point_is_spelled_plainly",
        _number_cell(_type("double"), "float"),
        [
            ("300", "300"),
            ("300.0", "300"),
            ("-2.50", "-2.5"),
            ("0.1", "0.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e-7", "0.0000001"),
            ("-1.25e-9", "-0.00000000125"),
            ("1e20", "100000000000000000000"),
            ("123456789012345680", "123456789012345680"),
            ("-0", "0"),
            ("NaN", None),
            ("Infinity", "Infinity"),
            ("-Infinity", "-Infinity"),
            (None, None),
        ],
    ),
    Check(
        "a_column_of_decimals_is_spelled_plainly",
        _macro("cell_as_text('cast(a as decimal(20, 6))', 'decimal')"),
        [
            ("300", "300"),
            ("-0.50", "-0.5"),
            ("0", "0"),
            ("12.345678", "12.345678"),
            ("10.10", "10.1"),
            (None, None),
        ],
    ),
    Check(
        "a_column_of_small_decimals_is_spelled_plainly",
        _macro("cell_as_text('cast(a as decimal(38, 20))', 'decimal')"),
        [
            ("0.00000000000000000001", "0.00000000000000000001"),
            ("-0.000000000012", "-0.000000000012"),
            ("0", "0"),
            ("0.0000001", "0.0000001"),
            ("25", "25"),
        ],
    ),
    Check(
        "a_column_of_times_is_spelled_as_iso",
        f"{{% set typed = 'cast(a as ' ~ {_type('time')} ~ ')' %}}"
        "{{ cell_as_text(typed, 'time') }}",
        [
            ("2026-03-01 10:20:30", "2026-03-01 10:20:30"),
            ("2026-03-01 00:00:00.5", "2026-03-01 00:00:00.5"),
            ("1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
            (None, None),
        ],
    ),
    Check(
        "a_zoned_time_is_read_as_utc",
        f"{{% set typed = 'cast(a as ' ~ {_type('zoned')} ~ ')' %}}"
        "{{ cell_as_time(typed, 'zoned_time') }}",
        [
            ("2026-03-01 10:00:00+02:00", "2026-03-01 08:00:00"),
            ("2026-03-29 01:30:00+00:00", "2026-03-29 01:30:00"),
            ("2026-03-01 00:00:00.25-09:30", "2026-03-01 09:30:00.25"),
            (None, None),
        ],
    ),
    Check(
        "a_date_is_read_as_its_midnight",
        _macro("cell_as_time('cast(a as date)', 'date')"),
        [("2026-03-01", "2026-03-01 00:00:00"), (None, None)],
    ),
    # --- text ---
    Check(
        "letters_are_lowered_one_by_one",
        _macro("lower_case('a')"),
        [
            ("\u0391\u0398\u0389\u039d\u0391\u03a3", "\u03b1\u03b8\u03ae\u03bd\u03b1\u03c3"),
            ("\u0391\u03a3 \u0391", "\u03b1\u03c3 \u03b1"),
            ("\u03b1\u03c2", "\u03b1\u03c2"),
            ("\u0130Z", "iz"),
            ("\u00c4RZTE \u1e9e \u041c", "\u00e4rzte \u00df \u043c"),
            ("aB 1", "ab 1"),
            (None, None),
        ],
    ),
    Check(
        "a_declared_name_is_lowered_as_the_policy_is",
        "case when "
        + _macro("lower_case('a')")
        + " = {{ text_literal(declared_attributes(['\u0391\u03a3'])[0].name) }}"
        + " then 'found' else 'not found' end",
        [("\u0391\u03a3", "found"), ("\u03b1\u03c3", "found"), ("\u03b1\u03c2", "not found")],
    ),
    Check(
        "ascii_white_space_is_trimmed",
        "'[' || " + _macro("trimmed('a')") + " || ']'",
        [
            (" \t\r\nx y\r\n ", "[x y]"),
            ("x", "[x]"),
            ("", None),
            (" \t", None),
            ("\u00a0x\u00a0", "[\u00a0x\u00a0]"),
            ("\x0bx", "[\x0bx]"),
            (None, None),
        ],
    ),
    Check(
        "case_is_folded_beyond_ascii",
        "lower(a)",
        [
            ("EXECUTIVE", "executive"),
            ("ÄRZTE", "ärzte"),
            ("ЖУК", "жук"),
            ("Éclair", "éclair"),
            ("STRASSE ß", "strasse ß"),
            ("日本", "日本"),
        ],
    ),
    Check(
        "text_is_ordered_by_bytes",
        "select row_number() over (order by " + _macro("by_bytes('a')") + ") as number, a as result"
        " from cases",
        [
            (text, None)
            for text in ("b", "a", "B", "_", "é", "z", "10", "9", "a b", "ab", "😀", "ﬁ")
        ],
        ["10", "9", "B", "_", "a", "a b", "ab", "b", "z", "é", "ﬁ", "😀"],
    ),
    Check(
        "text_is_split_at_bars",
        "select number * 10 + row_number() over (partition by number order by "
        + _macro("by_bytes('each_part.part')")
        + ") as number, '[' || each_part.part || ']' as result from cases "
        + _macro("join_each_part('cases.a', 'each_part')"),
        [("a|b", None), ("x", None), ("||y ", None), (None, None)],
        ["[a]", "[b]", "[x]", "[]", "[]", "[y ]"],
    ),
    Check(
        "texts_are_joined_in_an_order",
        "select 1 as number, " + _macro("joined_text('a', '; ', by_bytes('b'))") + " as result"
        " from cases",
        [("second", "b", None), ("first", "B", None), (None, "a", None), ("third", "é", None)],
        ["first; second; third"],
    ),
    Check(
        "patterns_are_found_by_the_common_grammar",
        _macro("regex_found('a', 'b')"),
        [
            ("chief executive", "exec", "true"),
            ("chief", "^chief$", "true"),
            ("chiefs", "^chief$", "false"),
            ("a.b", "a\\.b", "true"),
            ("axb", "a\\.b", "false"),
            ("axb", "a.b", "true"),
            ("c3po", "[a-z][0-9]", "true"),
            ("c-3", "[0-9-]{2}", "true"),
            ("B", "[^a-z]", "true"),
            ("b", "[^a-z]", "false"),
            ("ñ", "[a-z]", "false"),
            ("ñ", "^.$", "true"),
            ("vp sales", "^(vp|head) ", "true"),
            ("head", "^(vp|head)$|ceo", "true"),
            ("aaa", "^a{2}$", "false"),
            ("aaa", "^a{2,}$", "true"),
            ("aaa", "^(a{1,2}b?){2}$", "true"),
            ("$5 (net)", "\\$[0-9]+ \\(net\\)", "true"),
            ("a]b", "a\\]b", "true"),
            ("x" * 300, "^x{255}x{45}$", "true"),
            ("a\\b", "a\\\\b", "true"),
            ("abab", "(ab)*$", "true"),
            (None, "a", None),
        ],
    ),
    Check(
        "matches_are_replaced_everywhere",
        _macro("""regex_replaced('a', "'[0-9]+'", "'#'")"""),
        [("a1b22c", "a#b#c"), ("abc", "abc"), ("", ""), (None, None)],
    ),
    Check(
        "matches_are_listed_from_left_to_right",
        "select number * 10 + each_match.position as number, each_match.part as result from cases "
        + _macro("""join_each_match('cases.a', "'[a-z]+|[0-9]'", 'each_match')"""),
        [("ab12c", None), ("?", None), ("é9", None)],
        ["ab", "1", "2", "c", "9"],
    ),
    Check(
        "tokens_of_a_pattern_are_found_alike",
        "select number * 100 + each_match.position as number, each_match.part as result from cases "
        + _macro("join_each_match('cases.a', pattern_token(), 'each_match')"),
        [("a\\.[^]x][[:alpha:]]{2,3}(b|\n)\\", None)],
        ["a", "\\.", "[^]", "x", "]", "[[:alpha:]]", "{2,3}", "(", "b", "|", "\n", ")", "\\"],
    ),
    Check(
        "hashes_of_text_are_the_same_number",
        _macro("hash_number('a')"),
        [(text, str(_md5_number(text))) for text in ("", "a", "ä")],
    ),
    Check(
        "an_md5_is_spelled_in_lower_case",
        _macro("text_md5('a')"),
        [(text, hashlib.md5(text.encode()).hexdigest()) for text in ("", "a", "ä|B")],
    ),
    Check(
        "stored_hashes_tell_texts_apart",
        "select 1 as number, count(distinct " + _macro("text_hash('a')") + ") as result from cases",
        [("a", None), ("A", None), ("a", None), ("a ", None), (None, None)],
        ["3"],
    ),
    Check(
        "fast_hashes_find_equal_texts",
        "select 1 as number, count(distinct " + _macro("passing_hash('a')") + ") as result"
        " from cases",
        [("a", None), ("A", None), ("a", None), ("a ", None)],
        ["3"],
    ),
    Check(
        "the_value_of_the_greatest_id_is_found",
        "select 1 as number, "
        + _macro(
            "value_of_evidence('max(case when a is not null then '"
            " ~ evidence_order('a', 'cast(b as integer)') ~ ' end)')"
        )
        + " as result from cases",
        [
            ("e9", "1", None),
            ("e10", "2", None),
            ("E99", "3", None),
            (None, "4", None),
            ("é", "-5", None),
        ],
        ["-5"],
    ),
    # --- numbers ---
    Check(
        "numbers_are_read_by_the_contract",
        _macro("plain_number(parsed_number('a'))"),
        [
            ("5", "5"),
            ("5.", "5"),
            (".5", "0.5"),
            ("+00012.50", "12.5"),
            ("-3.25", "-3.25"),
            ("1,000", None),
            ("1e3", None),
            ("", None),
            (".", None),
            ("1234567890123", None),
            ("999999999999.99", "999999999999.99"),
            (None, None),
        ],
    ),
    Check(
        "numbers_are_rounded_half_away_from_zero",
        _macro("parsed_number('a')"),
        [
            ("0.0000005", "0.000001"),
            ("-0.0000005", "-0.000001"),
            ("0.00000049999", "0.000000"),
            ("1.2345675", "1.234568"),
        ],
    ),
    Check(
        "quotients_are_exact_and_rounded_half_away_from_zero",
        _macro("rounded_quotient('cast(a as decimal(38, 6))', 'cast(b as decimal(38, 6))', 2)"),
        [
            ("1", "3", "0.33"),
            ("2", "3", "0.67"),
            ("1", "8", "0.13"),
            ("-1", "8", "-0.13"),
            ("5", "1000", "0.01"),
            ("-4.9", "1000", "0.00"),
            ("999999.99", "0.000001", "999999990000.00"),
            ("0", "7", "0.00"),
        ],
    ),
    Check(
        "whole_quotients_are_cut",
        _macro("whole_quotient('cast(a as bigint)', 'cast(b as bigint)')"),
        [
            ("7", "2", "3"),
            ("6", "2", "3"),
            ("0", "5", "0"),
            ("86400000000000001", "86400000000", "1000000"),
            ("9007199254740993", "1", "9007199254740993"),
        ],
    ),
    Check(
        "powers_of_one_half_are_exact",
        _macro("scaled_up(half_power('cast(a as bigint)', 'cast(b as bigint)'), 12)"),
        [
            (str(exponent), str(divisor), _power_of_half(exponent, divisor))
            for exponent, divisor in [
                *((days, 30) for days in range(0, 70, 3)),
                *((days * 37, 365) for days in range(40)),
                *((1, divisor) for divisor in (1, 2, 7, 1023, 1024, 1025, 999_999_999_999)),
                # the thirteenth half lies between two values of 12 decimals
                *((halves * 11, 11) for halves in (12, 13, 14, 39, 40, 41, 60, 61, 1000)),
                (999_999_999_998, 999_999_999_999),
                (999_999_999_999, 7),
            ]
        ],
    ),
    Check(
        "products_are_rounded_half_away_from_zero",
        _macro("rounded_product('cast(a as decimal(38, 2))', 'cast(b as decimal(38, 12))', 6)"),
        [
            ("10.00", "0.000000050000", "0.000001"),
            ("-10.00", "0.000000050000", "-0.000001"),
            ("999999.99", "0.707106781187", "707106.774116"),
        ],
    ),
    Check(
        "numbers_are_written_plainly",
        _macro("plain_number('cast(a as decimal(38, 2))')"),
        [("25", "25"), ("2.50", "2.5"), ("-0.01", "-0.01"), ("0", "0"), ("100", "100")],
    ),
    # --- times ---
    Check(
        "times_are_read_by_the_contract",
        _macro("parsed_time('a')"),
        [
            ("2026-03-01", "2026-03-01 00:00:00"),
            ("2026-03-01T10:20", "2026-03-01 10:20:00"),
            ("2026-03-01 10:20:30", "2026-03-01 10:20:30"),
            ("2026-03-01 10:20:30.5", "2026-03-01 10:20:30.5"),
            ("2026-03-01T10:20:30.1234569", "2026-03-01 10:20:30.123456"),
            ("2026-03-01T10:20:30.9999999Z", "2026-03-01 10:20:30.999999"),
            ("2026-03-01T10:20Z", "2026-03-01 10:20:00"),
            ("2026-03-01 10:20:30 Z", "2026-03-01 10:20:30"),
            ("2026-03-01T10:20+02", "2026-03-01 08:20:00"),
            ("2026-03-01T10:20:30+0530", "2026-03-01 04:50:30"),
            ("2026-03-01 10:20:30.25 -05:45", "2026-03-01 16:05:30.25"),
            ("2026-01-01T00:00+23:59", "2025-12-31 00:01:00"),
            ("2026-12-31T23:59-00:01", "2027-01-01 00:00:00"),
            ("2026-03-29 02:30", "2026-03-29 02:30:00"),
            ("2024-02-29", "2024-02-29 00:00:00"),
            ("2000-02-29", "2000-02-29 00:00:00"),
            ("1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
            ("9999-12-31", "9999-12-31 00:00:00"),
            ("2026-02-29", None),
            ("1900-02-29", None),
            ("2026-04-31", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-01-00", None),
            ("0000-01-01", None),
            ("2026-3-1", None),
            ("2026-03-01T24:00", None),
            ("2026-03-01T10:60", None),
            ("2026-03-01T10:20:60", None),
            ("2026-03-01T10", None),
            ("2026-03-01Z", None),
            ("2026-03-01T10:20  Z", None),
            ("2026-03-01T10:20+24", None),
            ("2026-03-01T10:20+02:60", None),
            ("2026-03-01T10:20:30.", None),
            ("01/03/2026", None),
            ("now", None),
            ("infinity", None),
            ("", None),
            (None, None),
        ],
    ),
    Check(
        "microseconds_between_times_are_exact",
        _macro("microseconds_between(parsed_time('a'), parsed_time('b'))"),
        [
            ("2026-03-01", "2026-03-01 00:00:00.000001", "1"),
            ("2026-02-28 23:59:59.999999", "2026-03-01", "1"),
            ("0001-01-01", "9999-12-31 23:59:59.999999", "315537897599999999"),
            ("2026-03-02", "2026-03-01", "-86400000000"),
        ],
    ),
    Check(
        "days_between_dates_have_a_sign",
        _macro("days_between('cast(a as date)', 'cast(b as date)')"),
        [("2026-02-28", "2026-03-01", "1"), ("2026-03-01", "2025-03-01", "-365")],
    ),
    Check(
        "times_are_moved_by_days_hours_and_microseconds",
        "case c"
        " when 'days' then "
        + _macro("days_later(parsed_time('a'), 'cast(b as integer)')")
        + " when 'hours' then "
        + _macro("hours_later(parsed_time('a'), 'cast(b as decimal(38, 6))')")
        + " else "
        + _macro("microseconds_later(parsed_time('a'), 'cast(b as bigint)')")
        + " end",
        [
            ("2026-03-28 02:30", "1", "days", "2026-03-29 02:30:00"),
            ("2026-03-01", "-1", "days", "2026-02-28 00:00:00"),
            ("2026-03-01", "0.5", "hours", "2026-03-01 00:30:00"),
            ("2026-03-01", "-24", "hours", "2026-02-28 00:00:00"),
            ("2026-03-01", "0.000001", "hours", "2026-03-01 00:00:00.0036"),
            ("2026-03-01", "1", "", "2026-03-01 00:00:00.000001"),
            ("2026-03-01", "-1", "", "2026-02-28 23:59:59.999999"),
            ("0001-01-01", "315537897599999999", "", "9999-12-31 23:59:59.999999"),
        ],
    ),
    Check(
        "the_lead_of_a_moment_is_found",
        _macro("lead_of_moment('cast(a as integer)')"),
        [("9", "3"), ("10", "3"), ("11", "3"), ("0", "0"), ("2", "0"), ("2147483646", "715827882")],
    ),
    Check(
        "the_key_of_a_moment_names_its_set",
        _macro("set_of_moment(moment_key_of('cast(a as integer)', 'backtest'))"),
        [("0", "2"), ("715827881", "2")],
    ),
    # --- JSON ---
    Check(
        "leaves_of_json_are_read_as_text",
        _macro("json_leaf('a', ['account', 'seats'])"),
        [
            ('{"account": {"seats": "12"}}', "12"),
            (' {"account":{"other":[1,{"x":[]}],"seats":12}}\n', "12"),
            ('{"account":{"seats":true}}', "true"),
            ('{"account":{"seats":false}}', "false"),
            ('{"account":{"seats":null}}', None),
            ('{"account":{"seats":{"x":1}}}', None),
            ('{"account":{"seats":[1]}}', None),
            ('{"account":{"Seats":1}}', None),
            ('{"account":[{"seats":1}]}', None),
            ('{"account":5}', None),
            ("[1]", None),
            ('"account"', None),
            (
                '{"account":{"seats":"a \\"b\\" \\\\ \\/ \\u00e9 \\ud83d\\ude00"}}',
                'a "b" \\ / é 😀',
            ),
            ('{"\\u0061ccount":{"seats":"escaped key"}}', "escaped key"),
            ('{"account":{"seats":""}}', ""),
            ('{"account":{"seats":"}]"}}', "}]"),
            # numbers
            ('{"account":{"seats":1.50}}', "1.5"),
            ('{"account":{"seats":100.0}}', "100"),
            ('{"account":{"seats":1e3}}', "1000"),
            ('{"account":{"seats":-2.5E-3}}', "-0.0025"),
            ('{"account":{"seats":-0}}', "0"),
            ('{"account":{"seats":123456789012345678}}', "123456789012345678"),
            # no JSON
            ('{"account":{"seats":1}', None),
            ('{"account":{"seats":1}}}', None),
            ('{"account":{"seats":1},}', None),
            ('{"account":{"seats":01}}', None),
            ('{"account":{"seats":1.}}', None),
            ('{"account":{"seats":.5}}', None),
            ('{"account":{"seats":+1}}', None),
            ('{"account":{"seats":NaN}}', None),
            ('{"account":{"seats":Infinity}}', None),
            ('{"account":{"seats":tru}}', None),
            ('{"account":{"seats":1 2}}', None),
            ("{'account':{'seats':1}}", None),
            ('{account:{"seats":1}}', None),
            ('{"account":{"seats":"\t"}}', None),
            ('{"account":{"seats":"\\x"}}', None),
            ('{"account":{"seats":"\\u12"}}', None),
            ('{"account":{"seats":"\\ud800"}}', None),
            ('{"account":{"seats":"\\u0000"}}', None),
            ('{"account":{"seats":1}} x', None),
            ('{"account":{"seats":1}', None),
            ('{"account" "seats"}', None),
            ('{":1}', None),
            ("{}", None),
            ("", None),
            ("x", None),
            (None, None),
        ],
    ),
    Check(
        "texts_come_back_from_json",
        _macro("text_of_json(texts_as_json({'x y': 'a', '*': 'b', 'a/b~c': 'c'}), '*')"),
        [
            ("1", 'quote " and \\ and \n', "2", 'quote " and \\ and \n'),
            ("1", "", "2", ""),
            ("1", None, "2", None),
            ("1", "é😀", None, "é😀"),
        ],
    ),
    Check(
        "a_key_with_marks_comes_back_from_json",
        _macro("text_of_json(texts_as_json({'x y': 'a', 'a/b~c': 'b'}), 'a/b~c')"),
        [("1", "found", None, "found")],
    ),
    Check(
        "a_row_is_written_as_json",
        "select number, "
        + _macro("json_leaf(row_as_json('whole'), ['b'])")
        + " as result from (select cases.number, "
        + _macro("whole_row('cases')")
        + " as whole from cases) as rows_of_cases",
        [("1", "x", None, "x"), ("1", 'a "b"', None, 'a "b"')],
    ),
]


@pytest.fixture(scope="module", params=NAMES)
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Cell]]]:
    """Return what each check gives on an engine."""
    engine = ENGINES[request.param]
    reason = engine.reason_unavailable()
    if reason:
        pytest.skip(reason)
    with engine(tmp_path_factory.mktemp(request.param)) as started:
        project = started.project
        models = project.root / "models" / "engine_checks"
        models.mkdir()
        for check in CHECKS:
            (models / f"{check.name}.sql").write_text(check.model(), encoding="utf-8")
        invocation = project.run({"use_demo_data": True}, "path:models/engine_checks")
        assert invocation.ok, failures(invocation)
        with project.warehouse() as warehouse:
            yield {
                check.name: [
                    row["result"]
                    for row in warehouse.rows(
                        f"select result from {warehouse.model(check.name)} order by number"
                    )
                ]
                for check in CHECKS
            }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_engine_gives_what_is_stated(results: dict[str, Any], check: Check) -> None:
    got = results[check.name]
    wrong = [
        f"{check.cases[place][:-1] if check.results is None else place}: {one!r}, not {other!r}"
        for place, (one, other) in enumerate(zip(got, check.expected, strict=False))
        if one != other
    ]
    assert not wrong, "\n".join(wrong)
    assert len(got) == len(check.expected)
