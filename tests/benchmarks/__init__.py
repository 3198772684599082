"""The speeds that imnot promises, measured by one command: `python tests/benchmarks`.

`rows` and `startup` declare what is measured, `command` does it, docs/performance.md explains it.
"""
