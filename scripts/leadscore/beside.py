"""Schemas beside the live ones, in which the same models are built and nothing live is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadscore.errors import LeadscoreError
from leadscore.project import PACKAGE
from leadscore.warehouse import Warehouse

# The var that ends the names of the schemas.
SUFFIX_VAR = "schema_suffix"
# Tags of what is read where it is and never built beside: kept inputs, and the history of scores.
KEPT = "kept"
HISTORY = "history"
# The tag of the policy's seeds.
POLICY = "policy"


def built_nodes(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The models and seeds that are built beside the live ones.

    Args:
        manifest: dbt's, of the project with its var `schema_suffix` set.
    """
    return [
        node
        for node in manifest["nodes"].values()
        # the policy may be that of a project which imports this one
        if (node["package_name"] == PACKAGE or POLICY in node["config"]["tags"])
        and node["resource_type"] in ("model", "seed")
        and not {KEPT, HISTORY} & set(node["config"]["tags"])
    ]


def side_schemas(manifest: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """The schemas that such nodes lie in, each with its database. Args as for `built_nodes`."""
    return sorted({(node["database"], node["schema"]) for node in built_nodes(manifest)})


def refuse_live_schemas(
    warehouse: Warehouse, suffix: str, what: str, live: Warehouse | None = None
) -> None:
    """Makes sure that nothing live is overwritten.

    Args:
        warehouse: of the project with the suffix.
        suffix: the end of the schemas' names.
        what: what cannot be done otherwise, as the beginning of a sentence.
        live: of the project without it, to see that nothing lies there yet.

    Raises:
        LeadscoreError: the project has a rule of its own for the names of schemas.
    """
    others = []
    if live is not None:
        others = [*live.manifest["nodes"].values(), *live.manifest["sources"].values()]
    taken = {(node["database"], node["schema"]) for node in others}
    for node in built_nodes(warehouse.manifest):
        is_taken = (node["database"], node["schema"]) in taken
        if is_taken or not node["schema"].lower().endswith(f"_{suffix}"):
            raise LeadscoreError(
                f"{what}: {node['name']} would be built in the schema {node['schema']}.",
                where=str(warehouse.dbt.project.file),
                remedy="Where the project names schemas itself, let names end with the var: "
                "+schema: \"{{ ['marts', var('schema_suffix', '')] | select | join('_') }}\"",
            )


def drop_schemas(warehouse: Warehouse, schemas: Iterable[tuple[str | None, str]]) -> None:
    """Takes schemas away with all that is in them.

    Args:
        warehouse: open.
        schemas: as `side_schemas` gives them.
    """
    for database, schema in schemas:
        warehouse.drop_schema(database, schema)
