"""Puts the files of an archive into Superset, over what was imported before.

    SUPERSET_HOME=… SUPERSET_CONFIG_PATH=… .venv/bin/python import_all.py archive.zip user

`dashboard.py load` runs it with Superset's own Python. Superset's command `import-dashboards`
replaces the page alone: an address of the database that has changed would not get in.
"""

from __future__ import annotations

import sys
from zipfile import ZipFile

import yaml
from superset.app import create_app


def main(archive: str, user: str) -> int:
    """Import databases, datasets, charts and dashboards.

    Args:
        archive: the path of the archive, as `dashboard.bundled` writes it.
        user: whom the imported things belong to.

    Returns the exit code: 1 when a file is refused.
    """
    with create_app().app_context():
        from superset import security_manager
        from superset.commands.exceptions import CommandInvalidError
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.commands.importers.v1.utils import (
            METADATA_FILE_NAME,
            get_contents_from_bundle,
        )
        from superset.utils.core import override_user

        with ZipFile(archive) as bundle:
            contents = get_contents_from_bundle(bundle)
        metadata = yaml.safe_load(contents[METADATA_FILE_NAME])
        contents[METADATA_FILE_NAME] = yaml.safe_dump({**metadata, "type": "assets"})
        try:
            with override_user(security_manager.find_user(username=user)):
                ImportAssetsCommand(contents).run()
        except CommandInvalidError as refused:
            print(f"error: {refused.normalized_messages()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
