"""Whether contestants come to the same scores."""

from __future__ import annotations

from pathlib import Path

import duckdb

_SHOWN = 5


class DisagreementError(Exception):
    """Contestants came to different scores; the text says to which."""


def project_scores(warehouse: Path, written: Path) -> None:
    """Writes the scores of the project's run in the shape of the others.

    Args:
        warehouse: the DuckDB file of the project.
        written: the Parquet to write.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(
            "copy (select lead_id, score, band from leadscore.scored_leads)"
            f" to '{written}' (format parquet)"
        )


def compare(scores: dict[str, Path], with_unknown: bool = False, most_apart: str = "0") -> int:
    """Compares every contestant with the first.

    Args:
        scores: by contestant a Parquet of lead_id, score and band.
        with_unknown: whether the others, too, know the band for too little knowledge.
        most_apart: by how much scores may differ, for those who decay in floating point.

    Returns:
        How many leads were compared.

    Raises:
        DisagreementError: they differ in any lead.
    """
    (first, first_file), *others = scores.items()
    for other, file in others:
        found = _differences(first_file, file, with_unknown, most_apart)
        if found:
            lines = [
                f"  {lead}: {score} {band} / {other_score} {other_band}"
                for lead, score, band, other_score, other_band in found[:_SHOWN]
            ]
            raise DisagreementError(
                f"{first} and {other} differ in {len(found)} leads, such as:\n" + "\n".join(lines)
            )
    count = len(duckdb.sql(f"select 1 from '{first_file}'"))
    if not count:
        raise DisagreementError(f"{first} scored no lead, so nothing can be compared.")
    return count


def must_differ(one: Path, other: Path, what: str) -> None:
    """Sees that something changed scores, since equal ones would prove nothing of it.

    Args:
        one: a Parquet of lead_id, score and band.
        other: another.
        what: should have changed the scores.

    Raises:
        DisagreementError: all scores are the same.
    """
    if not _differences(one, other, with_unknown=True):
        raise DisagreementError(f"{what} changed no score, so the comparison would prove nothing.")


def must_build_on(warehouse: Path, what: str) -> None:
    """Sees that the last run built on an earlier one.

    Args:
        warehouse: the DuckDB file of the project.
        what: the run.

    Raises:
        DisagreementError: it was a full one.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (is_full,) = connection.execute(
            "select is_full from leadscore_intermediate.int_state__run"
        ).fetchone()
    if is_full:
        raise DisagreementError(f"{what}: this was a full run.")


def _differences(
    first: Path, other: Path, with_unknown: bool, most_apart: str = "0"
) -> list[tuple]:
    return duckdb.sql(
        f"""
        select coalesce(a.lead_id, b.lead_id), a.score, a.band, b.score, b.band
        from ({_exact(first)}) as a
        full join ({_exact(other)}) as b on a.lead_id = b.lead_id
        where
            a.score is distinct from b.score
            and coalesce(abs(a.score - b.score) > {most_apart}, true)
            or a.band is distinct from b.band
            and ({with_unknown} or a.band is distinct from 'insufficient_data')
        order by 1
        """
    ).fetchall()


def _exact(file: Path) -> str:
    path = str(file).replace("'", "''")
    return f"select lead_id, cast(score as decimal(18, 2)) as score, band from '{path}'"
