"""/docs: a page that shows the OpenAPI document and asks for you. It loads nothing from elsewhere, holds no secrets."""

import base64
import hashlib
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

router = APIRouter()

_FOLDER: Final = Path(__file__).parent
_SCRIPT: Final = (_FOLDER / "docs.js").read_text(encoding="utf-8")
_PAGE: Final = (_FOLDER / "docs.html").read_text(encoding="utf-8").replace("/* script */", _SCRIPT)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; script-src 'sha256-{_DIGEST}'; style-src 'unsafe-inline'; connect-src 'self'"


@router.get("/docs", include_in_schema=False)
def docs() -> HTMLResponse:
    """The page. It is open: whoever has no token sees nothing on it."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})
