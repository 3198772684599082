"""imnot: a stateful API mock server for integration testing.

What a plugin author imports is here, and nothing else is promised to stay.
"""

from imnot_core.chaos import Chaos, Faults, Injection, Latency, disturbed
from imnot_core.clock import Clock, instant
from imnot_core.config import Config, Fault
from imnot_core.consumer_routes import ConsumerRoute, ConsumerRoutes
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
    StreamBroken,
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
    kept,
    parse_json,
)
from imnot_core.models import (
    METHODS,
    Datapoint,
    EndpointConfig,
    Endpoints,
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
    HasConsumerPrefixes,
    HasLifespan,
    HasTemplates,
    HasUnanswered,
    Importer,
    PatternPlugin,
    Sample,
)
from imnot_core.reading import YamlDocument, faults_of, read_document
from imnot_core.routes.table import Match, Route, RouteTable
from imnot_core.routes.template import template_fault
from imnot_core.store import Document, Entry, Store
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.journal import Journal
from imnot_core.store.journal_entries import JournalEntry
from imnot_core.store.mirror import Mirror
from imnot_core.store.payloads import Payload
from imnot_core.store.state import State

__all__ = [
    "API_VERSION",
    "BODILESS",
    "JSON_CONTENT_TYPE",
    "METHODS",
    "AdminRoute",
    "ApiPlugin",
    "Chaos",
    "Clock",
    "Compiled",
    "Config",
    "ConsumerRoute",
    "ConsumerRoutes",
    "Context",
    "Datapoint",
    "Document",
    "Endpoint",
    "EndpointConfig",
    "Endpoints",
    "Entry",
    "Fault",
    "Faults",
    "FieldError",
    "Handler",
    "HasCommands",
    "HasConsumerPrefixes",
    "HasLifespan",
    "HasTemplates",
    "HasUnanswered",
    "HeaderMap",
    "ImnotError",
    "Importer",
    "Injection",
    "Issued",
    "IssuedIds",
    "Job",
    "Jobs",
    "Journal",
    "JournalEntry",
    "Latency",
    "Match",
    "Mirror",
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
    "Route",
    "RouteConflict",
    "RouteTable",
    "Sample",
    "Services",
    "SettingsError",
    "State",
    "Status",
    "Store",
    "StoreError",
    "StreamBroken",
    "YamlDocument",
    "disturbed",
    "encode_json",
    "faults_of",
    "header_faults",
    "instant",
    "kept",
    "parse_json",
    "read_document",
    "template_fault",
]
