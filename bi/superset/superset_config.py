"""How Apache Superset runs on one computer, for one person: everything lies in SUPERSET_HOME."""

import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = (HOME / "secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
# A published file is replaced by each run; an answer from a store would be that of an earlier one.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
# DuckDB counts among the files on this computer, which a shared server should not open.
PREVENT_UNSAFE_DB_CONNECTIONS = False
# It is reached by plain http on this computer alone, where cookies for https would be lost.
TALISMAN_ENABLED = False
SCARF_ANALYTICS = False
