"""What is wrong with stubs as they stand together, told before a test runs into it."""

from imnot_patterns.stubs.analysis.findings import Finding, analyse, warnings_for

__all__ = ["Finding", "analyse", "warnings_for"]
