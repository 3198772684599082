"""Stubs: answers chosen by the content of a request, made at run time or written in partner files.

One engine behind two doors. `api` is the API plugin `stubs`: `/__mock__` and the pages at
`/__admin__`. `pattern` is the pattern `stub` of partner files. Both choose with `index`, answer
with `actions`, and explain with `nearmiss` what nothing answered.
"""
