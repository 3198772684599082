"""The pattern `oauth`: a token endpoint, or the whole of an authorization server."""

from imnot_core import API_VERSION, Compiled, Context
from imnot_patterns.oauth.config import OAuthDatapoint
from imnot_patterns.oauth.fixed import fixed_check, fixed_endpoint


class OAuth:
    """A token endpoint: always the same JWT, or signed ones by the rules of OAuth 2.0."""

    name = "oauth"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = OAuthDatapoint
    example = """\
- name: token
  pattern: oauth
  endpoints:
    - method: POST
      path: /oauth/token
      response:
        token_type: Bearer
        expires_in: 3600
"""

    def compile(self, datapoint: OAuthDatapoint, context: Context) -> Compiled:
        """Give every token endpoint its answer, and add what belongs to signed tokens."""
        if datapoint.issue == "jwt":
            # It imports the cryptography, for which only those pay who sign.
            from imnot_patterns.oauth.server import authorization_server  # noqa: PLC0415

            return authorization_server(datapoint, context)
        endpoints = tuple(fixed_endpoint(each) for each in datapoint.endpoints)
        return Compiled(endpoints, token_check=fixed_check(datapoint.scopes))
