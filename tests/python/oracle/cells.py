"""Cells of text: trimming, case, numbers, times, and how results are spelled.

Numbers are held as whole millionths and points as whole hundredths, times as whole microseconds
since 1970 and dates as whole days since then: nothing here is a floating point number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

WHITE_SPACE = " \t\r\n"
MICROS_PER_SECOND = 1_000_000
MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND
ONE = 1_000_000  # the number 1 in millionths

_NUMBER = re.compile(r"([+-]?)(?:([0-9]{1,12})(?:\.([0-9]*))?|\.([0-9]+))")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?: ?(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?"
)
_EPOCH = date(1970, 1, 1).toordinal()


def clean(text: str | None) -> str | None:
    """Return the text without surrounding ASCII white space, or None where nothing is left."""
    if text is None:
        return None
    return text.strip(WHITE_SPACE) or None


@cache
def _lower_character(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


@cache
def lower(text: str) -> str:
    """Lower a text character by character, as databases do (no final sigma, no İ)."""
    return text.lower() if text.isascii() else "".join(map(_lower_character, text))


def round_divide(numerator: int, denominator: int) -> int:
    """Return numerator / denominator as a whole number, halves away from zero."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def split_number(text: str | None) -> tuple[int, str, str] | None:
    """Return sign, digits before and digits after the point, or None for what is no number."""
    match = _NUMBER.fullmatch(text) if text else None
    if match is None:
        return None
    sign, whole, fraction, bare_fraction = match.groups()
    return (-1 if sign == "-" else 1), whole or "0", fraction or bare_fraction or ""


@cache
def number(text: str | None) -> int | None:
    """Return a number in millionths (later digits are rounded), or None for what is no number."""
    parts = split_number(text)
    if parts is None:
        return None
    sign, whole, fraction = parts
    digits = int(whole + fraction)
    if len(fraction) <= 6:
        return sign * digits * 10 ** (6 - len(fraction))
    return sign * round_divide(digits, 10 ** (len(fraction) - 6))


def exact_number(text: str | None, decimals: int) -> int | None:
    """Return a policy number times 10 ** decimals, or None where it is none or has more decimals.

    Zeros at the end do not count: numbers are judged by value.
    """
    parts = split_number(text)
    if parts is None:
        return None
    sign, whole, fraction = parts
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        return None
    return sign * int(whole + fraction.ljust(decimals, "0"))


@cache
def day(text: str | None) -> int | None:
    """Return a `YYYY-MM-DD` as days since 1970, or None for what is no date."""
    match = _DATE.fullmatch(text) if text else None
    if match is None:
        return None
    try:
        return date(*map(int, match.groups())).toordinal() - _EPOCH
    except ValueError:
        return None


@cache
def time(text: str | None) -> int | None:
    """Return a time in microseconds since 1970 (UTC), or None for what is unreadable."""
    match = _TIME.fullmatch(text) if text else None
    if match is None:
        return None
    day_text, hour, minute, second, fraction, _, sign, zone_hour, zone_minute = match.groups()
    days = day(day_text)
    if days is None:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    zone_hours, zone_minutes = int(zone_hour or 0), int(zone_minute or 0)
    if hours > 23 or minutes > 59 or seconds > 59 or zone_hours > 23 or zone_minutes > 59:
        return None
    moment = (days * 86_400 + hours * 3600 + minutes * 60 + seconds) * MICROS_PER_SECOND
    moment += int((fraction or "")[:6].ljust(6, "0"))
    offset = (zone_hours * 3600 + zone_minutes * 60) * MICROS_PER_SECOND
    return moment + offset if sign == "-" else moment - offset


def is_only_bars(text: str) -> bool:
    """Tell whether a policy cell holds nothing but `|` (and white space)."""
    return not text.strip(WHITE_SPACE + "|")


def alternatives(text: str | None) -> list[str]:
    """Return the parts of a cell between `|`, trimmed, without the empty ones."""
    parts = (clean(part) for part in (text or "").split("|"))
    return [part for part in parts if part is not None]


def spell_decimal(value: int | None, decimals: int) -> str:
    """Spell a scaled whole number as a decimal without trailing zeros; None as the empty text."""
    if value is None:
        return ""
    whole, fraction = divmod(abs(value), 10**decimals)
    text = f"{whole}.{fraction:0{decimals}d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


@cache
def spell_time(moment: int | None) -> str:
    """Spell a time as `YYYY-MM-DD HH:MM:SS`, with a fraction where it is not 0; None as ''."""
    if moment is None:
        return ""
    days, micros = divmod(moment, MICROS_PER_DAY)
    seconds, micros = divmod(micros, MICROS_PER_SECOND)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    text = f"{date(1970, 1, 1) + timedelta(days=days)} {clock}"
    return f"{text}.{micros:06d}" if micros else text


class Table(list):
    """Rows of text cells (a list of dicts) that also knows its columns, so it may hold no row."""

    def __init__(
        self, rows: Iterable[dict[str, str | None]] = (), columns: Iterable[str] | None = None
    ):
        super().__init__(rows)
        if columns is None:
            columns = [key for row in self[:1] for key in row]
        self.columns = list(columns)
