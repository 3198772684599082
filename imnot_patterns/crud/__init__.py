"""The pattern `crud`: a REST resource whose items requests create, read, change and delete."""

from imnot_core import API_VERSION, AdminRoute, Compiled, Context, Endpoint, Sample
from imnot_patterns.crud.administration import admin_routes
from imnot_patterns.crud.collection import Collection
from imnot_patterns.crud.config import CrudDatapoint, CrudResponse
from imnot_patterns.crud.handlers import Handlers
from imnot_patterns.crud.items import Base, seeded
from imnot_patterns.crud.operations import METHODS, SUMMARIES, Operation, operation_at, path_of

__all__ = ["Crud"]


class Crud:
    """A REST resource: list, create, read, replace, patch and delete, with ids and filters."""

    name = "crud"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = CrudDatapoint
    example = """\
- name: customers
  pattern: crud
  path: /v1/customers
  seed:
    - {id: c-1, name: Ada, city: London}
    - {id: c-2, name: Grace, city: New York}
"""

    def compile(self, datapoint: CrudDatapoint, context: Context) -> Compiled:
        """Serve the operations, those that an endpoint declares under its path."""
        seed = seeded(datapoint, context)
        collection = Collection(datapoint, context, seed)
        handlers = Handlers(datapoint, context, collection)
        endpoints = tuple(
            _endpoint(operation, datapoint, handlers, seed) for operation in datapoint.operations
        )
        admin: tuple[AdminRoute, ...] = admin_routes(collection)
        return Compiled(endpoints, admin)


def _endpoint(
    operation: Operation, datapoint: CrudDatapoint, handlers: Handlers, seed: Base
) -> Endpoint:
    method, response = METHODS[operation], CrudResponse()
    path = path_of(operation, datapoint.path, "id" if "id" not in datapoint.parents else "item_id")
    for each in datapoint.endpoints:
        if operation_at(each.method, each.path, datapoint.path) == operation:
            path, response = each.path, each.response
    handler = handlers.of(operation, path, response)
    sample = _sample(datapoint, seed) if operation in ("create", "replace", "patch") else None
    return Endpoint(method, path, handler, SUMMARIES[operation], sample=sample)


def _sample(datapoint: CrudDatapoint, seed: Base) -> Sample:
    first = next(iter(seed.items.values()), {})
    left_out = () if datapoint.ids == "client" else (datapoint.id_field,)
    return Sample(body={name: value for name, value in first.items() if name not in left_out})
