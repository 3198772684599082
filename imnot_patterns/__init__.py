"""The patterns that come with imnot, one module or package each.

They are found through the entry-point group `imnot.patterns` and import only what `imnot_core`
exports: whatever they do, a plugin from another package can do.
"""
