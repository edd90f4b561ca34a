"""Every compiled model, parsed in the SQL of each warehouse that is not here.

A parser takes what the warehouse may refuse, such as a function that it does not have. So each
function is looked up in a list of what the warehouse is believed to have. The lists show that SQL
of another engine slipped in; they were not checked against documentation word by word.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import sqlglot
from dialects import DIALECTS, Dialect, compiled
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokens import TokenType

# Words before a bracket that are no functions.
WORDS = frozenset(
    {"and", "as", "from", "group", "in", "interval", "lateral", "not", "or", "over", "row"}
    | {"table", "then", "when", "where", "exists", "array", "select"}
)
# Names of joined tables whose columns are named in brackets.
ALIASES = {"each_match", "each_part"}
TYPES = {"decimal", "bignumeric", "datetime64", "timestamp"}
# What all of them have.
COMMON = frozenset(
    {"abs", "cast", "coalesce", "count", "dense_rank", "greatest", "lag", "lead", "least"}
    | {"length", "lower", "max", "min", "nullif", "position", "power", "rank", "replace"}
    | {"row_number", "sqrt", "substr", "sum"}
)
FUNCTIONS = {
    "snowflake": "chr dateadd datediff flatten get listagg md5 object_construct_keep_null "
    "regexp_instr regexp_replace regexp_substr_all round rtrim split_part split_to_table to_json "
    "to_number translate trim try_cast try_parse_json typeof exp ln",
    "bigquery": "chr concat date_diff div farm_fingerprint json_object lax_string md5 parse_json "
    "regexp_contains regexp_extract_all regexp_replace rtrim safe_cast safe_offset split "
    "string_agg timestamp_add timestamp_diff to_hex to_json_string translate trim unnest exp ln",
    "redshift": "btrim chr dateadd datediff is_valid_json json_extract_path_text json_serialize "
    "left listagg md5 mod object object_transform regexp_replace round rtrim split_part "
    "split_to_array strtol substring translate unnest exp ln",
    "databricks": "aggregate chr concat contains conv datediff explode inline isnan listagg map "
    "md5 named_struct regexp_extract regexp_extract_all repeat rpad schema_of_variant split struct "
    "substring_index timestampadd timestampdiff to_json transform translate trim try_cast "
    "try_parse_json try_variant_get xxhash64 exp ln",
    "trino": "chr date_add date_diff from_base from_unixtime_nanos json_extract_scalar json_format "
    "json_parse listagg map md5 regexp_extract_all regexp_like regexp_replace round split to_hex "
    "to_unixtime to_utf8 translate trim try try_cast unnest exp ln",
    "clickhouse": "adddays addmicroseconds arrayenumerate arraymap arraysort arraystringconcat "
    "bitshiftright char cityhash64 datediff extractall grouparray hex intdiv isvalidjson "
    "jsonextractraw jsonextractstring jsontype lowerutf8 map match md5 "
    "parsedatetime64besteffortornull reinterpretasuint64 replaceregexpall reverse splitbychar "
    "substring todecimal128 todecimal128ornull toint64 tojsonstring tostring translateutf8 "
    "tuple tupleelement exp ln",
}
# What would stop a run there, besides what docs/engines.md says: models write it themselves.
GAPS = {"clickhouse": {"chr"}}
# Documented syntax that the parser does not know.
UNPARSED = {"redshift": (" with offset as ", " as ")}


def _deep(work: Callable[[], Any]) -> Any:
    """Return what comes of work that nests deeply, such as parsing the powers of one half."""
    results: list[Any] = []
    limit, size = sys.getrecursionlimit(), threading.stack_size(256 * 1024 * 1024)
    sys.setrecursionlimit(50_000)
    try:
        thread = threading.Thread(target=lambda: results.append(work()))
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    return results[0]


def refusals(sql: str, dialect: str) -> list[str]:
    """Return what the parser says against a query; nothing where it takes it."""

    def parse() -> list[str]:
        text = sql.replace(*UNPARSED[dialect]) if dialect in UNPARSED else sql
        try:
            sqlglot.parse(text, dialect=dialect, error_level=ErrorLevel.RAISE)
        except SqlglotError as error:
            return [str(error)[:500]]
        return []

    return _deep(parse)


def called(sql: str, dialect: str) -> set[str]:
    """Return the functions that a query calls, in lower case."""
    tokens = sqlglot.tokenize(sql, dialect=dialect)
    found = {
        word.text.lower()
        for word, bracket in pairwise(tokens)
        if bracket.token_type == TokenType.L_PAREN
        and word.token_type not in (TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER)
        and word.text[:1].isalpha()
    }
    return found - WORDS - ALIASES - TYPES


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_model_is_sql_of_the_warehouse(
    dialect: Dialect, tmp_path_factory: pytest.TempPathFactory
) -> None:
    models = compiled(dialect, tmp_path_factory.mktemp(dialect.name), {})
    assert len(models) > 100
    known = COMMON | set(FUNCTIONS[dialect.name].split())
    wrong, gaps = [], set()
    for name, sql in models.items():
        wrong += [f"{name}: {refusal}" for refusal in refusals(sql, dialect.name)]
        unknown = called(sql, dialect.name) - known
        gaps |= unknown & GAPS.get(dialect.name, set())
        wrong += [f"{name}: no {word}()" for word in unknown - gaps]
    assert not wrong, "\n".join(wrong)
    assert gaps == GAPS.get(dialect.name, set()), "a gap is closed: take it out of the list"


def test_sql_of_another_engine_is_noticed() -> None:
    assert refusals("select a b c from t", "snowflake")
    assert not refusals("select list_sort(a) from t", "snowflake")
    assert called("select list_sort(a), (b) from t where a in (1)", "snowflake") == {"list_sort"}
