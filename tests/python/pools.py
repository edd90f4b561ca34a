"""The small pools of values that random data and random policies share."""

from __future__ import annotations

# fmt: off
# Each attribute and property with the kind of value that it mostly holds.
LEAD_ATTRIBUTES = {
    "title": "text", "industry": "text", "country": "text", "email": "text", "source": "text",
    "misc": "any", "employees": "number", "revenue": "number", "is_customer": "flag",
    "opted_in": "flag", "renewal": "time", "trial_ends": "time", "shoe_size": "any",
    "lead source": "text", "größe": "text", "created_at": "time", "account_id": "text",
}
EVENT_PROPERTIES = {
    "page": "text", "amount": "number", "due": "time", "ok": "flag", "plan": "text",
    "seats": "number", "kind": "text", "colour": "text", "loaded": "time", "visitor": "text",
    "same page": "text",
}
PROPERTY_COLUMNS = {
    "page": "page", "amount": "amount", "due": "due", "ok": "ok", "plan": "payload:$.plan",
    "seats": "payload:$.ctx.seats", "kind": "payload:$.ctx.page.kind", "colour": "colour",
    "loaded": "loaded_at",
    "visitor": "anonymous_id", "same page": "page",
}
# Columns of leads that may hold the moment of each lead's back-test; two are attributes as well.
MOMENT_COLUMNS = ["own moment", " OWN MOMENT ", "renewal", "Trial_Ends"]
# Columns that a source may lack.
OPTIONAL_COLUMNS = [
    ("leads", "created_at"), ("leads", "UPDATED_AT"), ("leads", "account_id"),
    ("events", "loaded_at"), ("events", "anonymous_id"), ("outcomes", "amount"),
    ("identities", "merged_lead_id"),
]
# Declared, but the source has no such column.
ABSENT_COLUMNS = ("shoe_size", "colour")
# Declared, and also columns with a meaning of their own.
OWN_COLUMNS = ("created_at", "account_id")

TEXTS = [
    "CEO", 'Chief "Growth" Officer', "IT Manager", "Head of IT", "director, product", "a", "b",
    "a_b", "axx", "100%", "100", "Café", "Москва", "ΑΘΉΝΑΣ", "École", "ẞtraße", "🙂 smile",
    "ann@example.com", "c.d@rival.io", "no-reply@example.org", "/pricing", "/pricing/enterprise",
    "/docs/start", "price list", "Colour prints", "color", "O'Neil; drop table x --",
    "{{ 7 * 7 }}", "\\d [a]", "two\nlines", "cr\r\nlf", "tab\tinside", "\u00a0no trim", "a|b", "%",
]
MISSING = ["", "", "it's", "unknown", "N/A", " select ", "-", "NULL", "?", "TBD", " \t\r\n", "none"]
FLAGS = ["true", "YES", "y", "1", "t", "false", "No", "n", "0", "F", "maybe", "on", "2"]
NUMBERS = [
    "0", "1", "2", "5", "7", "07", "+7", "-1", "-10", "0.5", ".5", "5.", "0.4999995", "0.49999949",
    "6.9999995", "49.9999995", "50", "99.9999994", "99.9999995", "100", "100.0000004",
    "100.0000005", "-0.0000005", "100.5", "400.5", "123456789012", "123456789012.5",
    "123456789012.123456", "99999999999.9999985",
    "1.0000005", "1234567890123", "1,000", "1e3", "Infinity", "0x10", "\uff11\uff12", ".", "- 1",
]
RANGE_ENDS = [
    "0", "0.5", "1", "1.000001", "5", "7", "50", "100", "100.000001", "100.5", "-1", "-10",
    "-0.000001", "123456789012.123456",
]
DAY_ENDS = [-365, -90, -30, -7, -1, 0, 1, 7, 30, 90]
WINDOWS = [1, 2, 7, 14, 30, 90, 365]
DECAY_DAYS = ["1", "2", "3", "4", "7", "8", "16", "30.0", "365"]
EVENT_NAMES = [
    "page_view", "pricing_page", "demo_request", "email_open", "webinar", "login", "unsubscribe",
    "free trial", "Über uns",
]
OUTCOMES = ["won", "WON ", "lost", "open", "signed", "Proposal sent", ""]

# Leads whose only events lie on the edge of the 30 days that count as engaged.
EDGE_IDS = ["edge 1", "edge 2", "edge 3", "edge 4"]
LEAD_IDS = [
    *EDGE_IDS, *(f"L{number}" for number in range(55)), "l1", "L01", "ü-1", "Ü-1", "Z 20",
    "unknown",
]
# Those that may have events: of some leads nothing is known at all.
ACTIVE_IDS = LEAD_IDS[9:]
GHOSTS = ["ghost-1", "ghost-2", "GHOST-1"]
# Few ids are merged into others, so that chains and circles come up and most leads stay.
MERGED_IDS = [
    "L20", "L21", "L22", "L23", "L24", "L25", "ü-1", "old-1", "old-2", "old-3", "ghost-1",
]
VISITORS = [f"v{number}" for number in range(20)]
ACCOUNTS = ["acct 1", "acct 2", "Acct 2", "A3", "4", "-", "ß", "", ""]

MOMENTS = [
    "2026-01-01T00:00:00", "2024-02-29T23:59:59.999999", "2026-03-01T10:20:30",
    "2025-10-05T08:57:54.000001",
]
UNREADABLE_TIMES = [
    "2026-02-30", "2025-02-29T10:00:00", "2026-1-5", "31.12.2025", "2025-12-31T24:00:00",
    "2025-12-31T10:60:00", "2025-12-31T10:00:60", "2025-12-31 10:00:00  Z",
    "2025-12-31T10:00:00+24:00", "2025-12-31T10:00:00+0560", "2025-12-31T10:00:00.",
    "2025-12-31 Z", "2025-12-31T10", "1767225600", "yesterday",
]
# Time zones as they are spelled, with their minutes ahead of UTC.
ZONES = {
    "": 0, "Z": 0, " Z": 0, "+00:00": 0, "+05:30": 330, " +0530": 330, "-05": -300, "+14:05": 845,
}

OPERATORS = {
    "text": [
        "equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "matches",
        "equals", "contains", "starts_with", "ends_with", "matches", "is_set", "is_not_set",
    ],
    "number": ["between", "between", "between", "is_set", "is_not_set", "equals", "matches"],
    "flag": ["is_true", "is_false", "is_true", "is_false", "equals", "not_equals"],
    "time": ["days_from_now", "days_from_now", "days_from_now", "is_set", "starts_with"],
}
CHARACTER_CLASSES = [
    "[a-z]", "[^a-z]", "[0-9a-f.]", "[.@/]", "[(*+?$|{}^]", "[a-]", "[-a]", "[^-]", "[é-ü]",
    "[ _%]",
]
PATTERNS = [
    "EXEC.*", "^$|^a", "(^a|g$)", "colou?r", "c(eo|o(lo|l)u)?r", "(sa(les|d)|i)+", r"100\%",
    r"a\_b", r"\/docs\/", r"^[^@]+@[a-z]+\.(com|io)$", "^.{1,255}$", "o{2}|x+", "pric(e|ing)",
    "two lines", "cr  lf", r"\\d \[a\]", r"a\|b",
]
POINTS = ["5", "10", "-10", "0.01", "-0.01", "2.5", "7.25", "12.35", "100", "-2.01", "0", "0.15"]
_COUNTS = [
    ("", ""), ("", ""), ("1", ""), ("2", ""), ("", "0"), ("0", "0"), ("", "2"), ("0", "3"),
    ("2", "2"), ("-1", "1"), ("1.5", ""), ("0", ""), ("3", "5"),
]
# Bounds (at_least, at_most) per measure.
BOUNDS = {
    "count": _COUNTS,
    "distinct_days": _COUNTS,
    "distinct_values": _COUNTS,
    "sum": [("0", ""), ("", "100"), ("-5", "95"), ("0.5", "100.5"), ("100.000001", ""), ("7", "7")],
    "rate": [
        ("0.5", ""), ("", "0.333333"), ("0.333333", "0.333333"), ("0.666667", "1"), ("1", ""),
        ("", "2"), ("0", ""),
    ],
    "days_since_last": [("", "0"), ("", "7"), ("1", "31"), ("14", ""), ("0", ""), ("30", "90")],
}
MEASURES = ["count", "count", "count", "", "", *BOUNDS]
BAND_STARTS = ["-5", "0", "2.5", "5", "10", "12.5", "20", "30", "50", "100"]
# fmt: on
