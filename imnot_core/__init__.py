"""imnot: a stateful API mock server for integration testing.

What a plugin author imports is here, and nothing else is promised to stay.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imnot_core.bodies import WrittenResponse, body_faults, json_value, written
    from imnot_core.chaos import Chaos, Faults, Injection, Latency, disturbed
    from imnot_core.clock import Clock, instant
    from imnot_core.config import Config, Fault
    from imnot_core.consumer_routes import ConsumerRoute, ConsumerRoutes
    from imnot_core.context import Context
    from imnot_core.durations import seconds_of
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
    from imnot_core.expressions import (
        EXPRESSION_LIMIT,
        expression_fault,
        expression_matcher,
        expression_searcher,
    )
    from imnot_core.heads import BODILESS
    from imnot_core.jobs import Jobs
    from imnot_core.messages import (
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
        HasSessions,
        HasTemplates,
        HasUnanswered,
        Importer,
        PatternPlugin,
        Sample,
    )
    from imnot_core.rate_limit import RateLimit
    from imnot_core.reading import YamlDocument, faults_of, read_document
    from imnot_core.refusals import Violation, refusal
    from imnot_core.routes.table import Match, Route, RouteTable
    from imnot_core.routes.template import template_fault
    from imnot_core.schema_check import SchemaConfig
    from imnot_core.services import Services
    from imnot_core.store import Document, Entry, Store
    from imnot_core.store.issued import Issued, IssuedIds
    from imnot_core.store.journal import Journal
    from imnot_core.store.journal_entries import JournalEntry
    from imnot_core.store.journal_filter import JournalFilter
    from imnot_core.store.journal_shown import entry_summary
    from imnot_core.store.mirror import Mirror
    from imnot_core.store.payloads import Payload
    from imnot_core.store.state import State
    from imnot_core.targets import TargetRefused, Targets
    from imnot_core.tasks import Task, TaskHandler, Tasks
    from imnot_core.tokens import (
        InvalidToken,
        RequiredToken,
        TokenCheck,
        TokenInfo,
        TokenRequirement,
        bearer_challenge,
        bearer_tokens,
    )
    from imnot_core.validation import Rule, Validation

__all__ = [
    "API_VERSION",
    "BODILESS",
    "EXPRESSION_LIMIT",
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
    "HasSessions",
    "HasTemplates",
    "HasUnanswered",
    "HeaderMap",
    "ImnotError",
    "Importer",
    "Injection",
    "InvalidToken",
    "Issued",
    "IssuedIds",
    "Job",
    "Jobs",
    "Journal",
    "JournalEntry",
    "JournalFilter",
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
    "RateLimit",
    "Reply",
    "ReplyError",
    "Request",
    "RequiredToken",
    "ResponseConfig",
    "Route",
    "RouteConflict",
    "RouteTable",
    "Rule",
    "Sample",
    "SchemaConfig",
    "Services",
    "SettingsError",
    "State",
    "Status",
    "Store",
    "StoreError",
    "StreamBroken",
    "TargetRefused",
    "Targets",
    "Task",
    "TaskHandler",
    "Tasks",
    "TokenCheck",
    "TokenInfo",
    "TokenRequirement",
    "Validation",
    "Violation",
    "WrittenResponse",
    "YamlDocument",
    "bearer_challenge",
    "bearer_tokens",
    "body_faults",
    "disturbed",
    "encode_json",
    "entry_summary",
    "expression_fault",
    "expression_matcher",
    "expression_searcher",
    "faults_of",
    "header_faults",
    "instant",
    "json_value",
    "kept",
    "parse_json",
    "read_document",
    "refusal",
    "seconds_of",
    "template_fault",
    "written",
]


# A name is imported when it is first asked for: a command that needs none of them, such as
# `imnot --help`, does not wait for all.
_MODULES = {
    "bodies": "WrittenResponse body_faults json_value written",
    "chaos": "Chaos Faults Injection Latency disturbed",
    "clock": "Clock instant",
    "config": "Config Fault",
    "consumer_routes": "ConsumerRoute ConsumerRoutes",
    "context": "Context",
    "durations": "seconds_of",
    "errors": (
        "FieldError ImnotError PartnerError PayloadMissing PluginContractError "
        "PluginError PluginLoadError Problem ReplyError RouteConflict SettingsError "
        "StoreError StreamBroken"
    ),
    "expressions": "EXPRESSION_LIMIT expression_fault expression_matcher expression_searcher",
    "heads": "BODILESS",
    "jobs": "Jobs",
    "messages": "JSON_CONTENT_TYPE Handler Job Reply Request encode_json kept parse_json",
    "models": (
        "METHODS Datapoint EndpointConfig Endpoints HeaderMap Name ResponseConfig Status "
        "header_faults"
    ),
    "plugin": (
        "API_VERSION AdminRoute ApiPlugin Compiled Endpoint HasCommands "
        "HasConsumerPrefixes HasLifespan HasSessions HasTemplates HasUnanswered Importer "
        "PatternPlugin Sample"
    ),
    "rate_limit": "RateLimit",
    "reading": "YamlDocument faults_of read_document",
    "refusals": "Violation refusal",
    "routes.table": "Match Route RouteTable",
    "routes.template": "template_fault",
    "schema_check": "SchemaConfig",
    "services": "Services",
    "store": "Document Entry Store",
    "store.issued": "Issued IssuedIds",
    "store.journal": "Journal",
    "store.journal_entries": "JournalEntry",
    "store.journal_filter": "JournalFilter",
    "store.journal_shown": "entry_summary",
    "store.mirror": "Mirror",
    "store.payloads": "Payload",
    "store.state": "State",
    "targets": "TargetRefused Targets",
    "tasks": "Task TaskHandler Tasks",
    "tokens": (
        "InvalidToken RequiredToken TokenCheck TokenInfo TokenRequirement "
        "bearer_challenge bearer_tokens"
    ),
    "validation": "Rule Validation",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
