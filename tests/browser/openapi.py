"""Writes the API's OpenAPI document, for the types of the console: python -m tests.browser.openapi FILE."""

import json
import sys
from pathlib import Path

from tests.unit.cloud.services import open_cloud
from tests.unit.cloud.test_api import api_of


def main() -> None:
    with open_cloud() as cloud:
        document = api_of(cloud).openapi()
    Path(sys.argv[1]).write_text(json.dumps(document))


if __name__ == "__main__":
    main()
