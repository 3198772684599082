"""Mock servers: APIs that are made over HTTP, by hand or from an OpenAPI document.

`api` is the API plugin `mock-servers`. `registry` keeps servers and routes in step with the store,
`hosts` are they in memory, `serving` answers what is sent to them, `logs` remembers it.
"""
