"""The regular expressions that a policy may hold: a small grammar, checked and then translated."""

from __future__ import annotations

import re
from functools import cache

from .cells import lower

_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_SPECIAL = frozenset(".[](){}|*+?^$\\")
_COUNT = re.compile(r"\{([0-9]{1,3})(,([0-9]{1,3})?)?\}")
_LARGEST_COUNT = 255


class GrammarError(ValueError):
    """A pattern outside the grammar; the text says what is wrong."""


class _Parser:
    """Reads a pattern once from left to right and writes the equal Python expression."""

    def __init__(self, pattern: str):
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def whole(self) -> str:
        expression = self.branches()
        if self.at < len(self.pattern):
            raise GrammarError("a ) without its (")
        return expression

    def branches(self) -> str:
        found = [self.branch()]
        while self.peek() == "|":
            self.at += 1
            found.append(self.branch())
        return "|".join(found)

    def branch(self) -> str:
        pieces = []
        while self.peek() not in ("", "|", ")"):
            if self.peek() in "^$":
                pieces.append(r"\A" if self.peek() == "^" else r"\Z")
                self.at += 1
            else:
                pieces.append(self.item() + self.quantifier())
        if not pieces:
            raise GrammarError("an alternative is empty")
        return "".join(pieces)

    def item(self) -> str:
        character = self.peek()
        self.at += 1
        if character == ".":
            return "."
        if character == "(":
            inner = self.branches()
            if self.peek() != ")":
                raise GrammarError("a ( without its )")
            self.at += 1
            return f"(?:{inner})"
        if character == "[":
            return self.character_class()
        if character == "\\":
            escaped = self.peek()
            if escaped == "" or escaped not in _PUNCTUATION:
                raise GrammarError("a backslash stands only before punctuation")
            self.at += 1
            return re.escape(escaped)
        if character in _SPECIAL:
            raise GrammarError(f"{character} has nothing to stand for here")
        return re.escape(character)

    def character_class(self) -> str:
        end = self.pattern.find("]", self.at)
        if end < 0:
            raise GrammarError("a [ without its ]")
        inside = self.pattern[self.at : end]
        self.at = end + 1
        negated = inside.startswith("^")
        if negated:
            inside = inside[1:]
        if not inside:
            raise GrammarError("nothing stands inside [ ]")
        if "[" in inside or "\\" in inside or "&&" in inside:
            raise GrammarError("no [ and no backslash and no && inside [ ]")
        members = []
        position = 0
        while position < len(inside):
            first = inside[position]
            if first == "-" and position not in (0, len(inside) - 1):
                raise GrammarError("a - inside [ ] is a range, or first or last")
            if (
                first != "-"
                and inside[position + 1 : position + 2] == "-"
                and position + 2 < len(inside)
            ):
                last = inside[position + 2]
                if last == "-" or last < first:
                    raise GrammarError("a range inside [ ] is reversed")
                members.append(f"{re.escape(first)}-{re.escape(last)}")
                position += 3
            else:
                members.append(re.escape(first))
                position += 1
        return f"[{'^' if negated else ''}{''.join(members)}]"

    def quantifier(self) -> str:
        mark = self.peek()
        if mark == "" or mark not in "*+?{":
            return ""
        if mark == "{":
            match = _COUNT.match(self.pattern, self.at)
            if match is None:
                raise GrammarError("{ stands for {m}, {m,} or {m,n}")
            low, high = int(match[1]), int(match[3] or match[1])
            if high < low or max(low, high) > _LARGEST_COUNT:
                raise GrammarError("the counts in { } are reversed or too large")
            found = match[0]
        else:
            found = mark
        self.at += len(found)
        if self.peek() != "" and self.peek() in "*+?{":
            raise GrammarError("one mark of repetition at a time")
        return found


@cache
def translate(pattern: str) -> re.Pattern[str]:
    """Return the Python expression for a pattern of a policy (lowered first).

    Raises GrammarError where the pattern is outside the grammar.
    """
    return re.compile(_Parser(lower(pattern)).whole(), re.DOTALL)
