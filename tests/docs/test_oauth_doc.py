"""docs/oauth.md: every command is run, and the messages that it explains are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core import PartnerError
from imnot_core.testing import Harness
from tests.docs.examples import blocks, run_series
from tests.server.oauth_client import partner
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "oauth.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            partner().replace("requires_token: token", "requires_token: login"),
            "no datapoint 'login' of this partner gives out tokens",
        ),
        (
            partner("clients: [{client_id: a}]").replace("    issue: jwt\n", ""),
            "has no effect on the fixed token (at datapoints[0].clients); add issue: jwt",
        ),
        (
            partner("clients: [{client_id: a, secret_env: ACME_SECRET}]"),
            "the environment variable ACME_SECRET is not set",
        ),
    ],
)
def test_a_message_that_is_explained_is_said(text: str, said: str) -> None:
    with pytest.raises(PartnerError) as refused, Harness(text):
        pass

    assert said in str(refused.value)
    assert said in TEXT
