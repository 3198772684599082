"""What is public: the health check and the two READMEs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from litestar import MediaType, Response, get
from litestar.openapi import ResponseSpec

from imnot_core.server.runtime import Runtime

TEXT = MediaType.TEXT
MISSING = {
    404: ResponseSpec(
        data_container=str,
        media_type=TEXT,
        description="There is no such file.",
        generate_examples=False,
    )
}


def document_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The health check and the documents."""
    health = {"status": "ok", "version": version("imnot")}
    folder = runtime.deployer.folder

    @get("/healthz", sync_to_thread=False, tags=["health"])
    def healthz() -> dict[str, str]:
        """Tell that the server answers; needs no key and touches nothing."""
        return health

    @get("/imnot/docs", sync_to_thread=True, media_type=TEXT, tags=["docs"], responses=MISSING)
    def readme() -> Response[str]:
        """Serve the README.md beside the partners folder."""
        return _document(folder.parent / "README.md")

    @get(
        "/imnot/docs/partners",
        sync_to_thread=True,
        media_type=TEXT,
        tags=["docs"],
        responses=MISSING,
    )
    def partners_readme() -> Response[str]:
        """Serve the README.md inside the partners folder."""
        return _document(folder / "README.md")

    return healthz, readme, partners_readme


def _document(file: Path) -> Response[str]:
    try:
        return Response(file.read_bytes().decode(errors="replace"), media_type=TEXT)
    except OSError:
        return Response(f"There is no {file.name} at {file}", status_code=404, media_type=TEXT)
