"""imnot: a stateful API mock server for integration testing.

What a plugin author imports is here, and nothing else is promised to stay.
"""

from imnot_core.clock import Clock, instant
from imnot_core.context import Context, Services
from imnot_core.errors import (
    FieldError,
    ImnotError,
    PartnerError,
    PayloadMissing,
    PluginContractError,
    PluginError,
    PluginLoadError,
    Problem,
    ReplyError,
    RouteConflict,
    SettingsError,
    StoreError,
)
from imnot_core.jobs import Jobs
from imnot_core.messages import (
    BODILESS,
    JSON_CONTENT_TYPE,
    Handler,
    Job,
    Reply,
    Request,
    encode_json,
    parse_json,
)
from imnot_core.models import (
    METHODS,
    Config,
    Datapoint,
    EndpointConfig,
    Endpoints,
    Fault,
    HeaderMap,
    Name,
    ResponseConfig,
    Status,
    header_faults,
)
from imnot_core.plugin import (
    API_VERSION,
    AdminRoute,
    ApiPlugin,
    Compiled,
    Endpoint,
    HasCommands,
    HasLifespan,
    PatternPlugin,
    Sample,
)
from imnot_core.store import Document, Store
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.payloads import Payload
from imnot_core.store.state import State

__all__ = [
    "API_VERSION",
    "BODILESS",
    "JSON_CONTENT_TYPE",
    "METHODS",
    "AdminRoute",
    "ApiPlugin",
    "Clock",
    "Compiled",
    "Config",
    "Context",
    "Datapoint",
    "Document",
    "Endpoint",
    "EndpointConfig",
    "Endpoints",
    "Fault",
    "FieldError",
    "Handler",
    "HasCommands",
    "HasLifespan",
    "HeaderMap",
    "ImnotError",
    "Issued",
    "IssuedIds",
    "Job",
    "Jobs",
    "Name",
    "PartnerError",
    "PatternPlugin",
    "Payload",
    "PayloadMissing",
    "PluginContractError",
    "PluginError",
    "PluginLoadError",
    "Problem",
    "Reply",
    "ReplyError",
    "Request",
    "ResponseConfig",
    "RouteConflict",
    "Sample",
    "Services",
    "SettingsError",
    "State",
    "Status",
    "Store",
    "StoreError",
    "encode_json",
    "header_faults",
    "instant",
    "parse_json",
]
