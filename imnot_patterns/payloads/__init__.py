"""What the management APIs share: payloads that are read with all their faults at once.

`fields` reads an object, `details` is how faults are told, `described` how the OpenAPI document
tells of bodies and refusals.
"""
