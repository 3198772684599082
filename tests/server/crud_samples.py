"""A partner with a `crud` datapoint, and what its tests look at."""

from __future__ import annotations

from typing import Any

import httpx

CUSTOMERS = """\
partner: shop
datapoints:
  - name: customers
    pattern: crud
    path: /v1/customers
    %s
    seed:
      - {id: 1, name: Ada, city: London, age: 36, tags: [math], address: {zip: W1}}
      - {id: 2, name: Grace, city: New York, age: 85, tags: [navy, math]}
      - {id: 4, name: alan, city: London, active: true, note: null}
"""
INTEGER = CUSTOMERS % "ids: integer"
ADA = {
    "id": 1, "name": "Ada", "city": "London", "age": 36, "tags": ["math"], "address": {"zip": "W1"},
}  # fmt: skip
PATH = "/v1/customers"
ADMIN = "/shop/customers"


def ids(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]


def detail(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    told: str = answer.json()["detail"]
    return told
