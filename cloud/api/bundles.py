"""/bundles: configuration, rules, profiles and models that vehicles may be given."""

from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from cloud.api import raw_body
from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, page_form
from cloud.bundles.model import Bundle
from cloud.security.roles import Permission
from edge.wire.topics import NAME

router = APIRouter(prefix="/bundles", tags=["bundles"])
Keeper = Annotated[Caller, may(Permission.UPDATE)]
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
"""For examples."""
BundleId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=[ID])]
BundleName = Annotated[
    str,
    Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="What it is called; once a fleet."),
]
Fleet = Annotated[str, Path(pattern=rf"^{NAME.pattern}$", examples=["north"])]
_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class FileForm(Form):
    """A file in a bundle."""

    name: Annotated[str, Field(examples=["rules/coolant.toml"])]
    size: Annotated[int, Field(examples=[812])]
    """Bytes when it is unpacked."""


class BundleForm(Form):
    """A bundle without its bytes."""

    fleet: FleetName
    id: Annotated[str, Field(examples=[ID])]
    name: Annotated[str, Field(examples=["winter rules"])]
    size: Annotated[int, Field(examples=[20480])]
    """Bytes of the archive."""
    sha256: Annotated[str, Field(examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])]
    """Of the archive: what vehicles hold it against."""
    files: list[FileForm]
    added_at: Moment
    by: Annotated[str, Field(examples=["ada@example.org"])]

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """In this form."""
        files = [FileForm(name=file.name, size=file.size) for file in bundle.files]
        same = {name: getattr(bundle, name) for name in cls.model_fields if name != "files"}
        return cls(files=files, **same)


@router.get("")
def list_bundles(
    caller: Keeper, services: ServicesOf, window: WindowOf, fleet: str | None = None
) -> PageForm[BundleForm]:
    """Bundles, the newest first."""
    fleets = caller.principal.fleets(caller.permission)
    return page_form(services.bundles.bundles(window, fleet=fleet, fleets=fleets), BundleForm.of)


@router.post("/{fleet}", status_code=201, openapi_extra=_FILE)
async def add_bundle(
    caller: Keeper, services: ServicesOf, fleet: Fleet, request: Request, name: BundleName
) -> BundleForm:
    """Keep a zip archive as a bundle; safe to repeat. `telltale-cloud bundle add` packs a folder so."""
    uploads: raw_body.Uploads = request.app.state.uploads
    async with uploads.alone():
        content = await raw_body.read(request)
        return BundleForm.of(await run_in_threadpool(services.bundles.add, fleet, name, content, by=caller.name))


@router.get("/{fleet}/{bundle}")
def one_bundle(_: Keeper, services: ServicesOf, fleet: Fleet, bundle: BundleId) -> BundleForm:
    """One bundle."""
    return BundleForm.of(services.bundles.bundle(fleet, bundle))


@router.delete("/{fleet}/{bundle}", status_code=204, response_class=Response)
def remove_bundle(caller: Keeper, services: ServicesOf, fleet: Fleet, bundle: BundleId) -> None:
    """Take a bundle away that no vehicle has or waits for."""
    services.bundles.remove(fleet, bundle, by=caller.name)
