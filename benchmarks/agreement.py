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


def compare(scores: dict[str, Path]) -> int:
    """Compares every contestant with the first.

    Args:
        scores: by contestant a Parquet of lead_id, score and band.

    Returns:
        How many leads were compared.

    Raises:
        DisagreementError: they differ in any lead.
    """
    (first, first_file), *others = scores.items()
    with duckdb.connect() as connection:
        for other, file in others:
            differences = connection.execute(
                f"""
                select coalesce(a.lead_id, b.lead_id), a.score, a.band, b.score, b.band
                from ({_exact(first_file)}) as a
                full join ({_exact(file)}) as b on a.lead_id = b.lead_id
                where
                    a.score is distinct from b.score
                    or a.band is distinct from b.band
                    -- a band for too little knowledge is the project's alone
                    and a.band is distinct from 'insufficient_data'
                order by 1
                """
            ).fetchall()
            if differences:
                lines = [
                    f"  {lead}: {score} {band} / {other_score} {other_band}"
                    for lead, score, band, other_score, other_band in differences[:_SHOWN]
                ]
                raise DisagreementError(
                    f"{first} and {other} differ in {len(differences)} leads, such as:\n"
                    + "\n".join(lines)
                )
        (count,) = connection.execute(f"select count(*) from '{first_file}'").fetchone()
    if not count:
        raise DisagreementError(f"{first} scored no lead, so nothing can be compared.")
    return count


def _exact(file: Path) -> str:
    path = str(file).replace("'", "''")
    return f"select lead_id, cast(score as decimal(18, 2)) as score, band from '{path}'"
