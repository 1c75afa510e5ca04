"""Verifies an access token of Countersign, read from standard input, under the published keys of its issuer, and prints its scopes.

RFC 9068, section 4; RFC 8725.
"""

import sys

import jwt


class Verifier:
    """Once in the life of a service: it keeps the keys."""

    def __init__(self, issuer, audience):
        self.issuer, self.audience = issuer, audience
        self.keys = jwt.PyJWKClient(issuer.removesuffix("/") + "/jwks.json", timeout=5)

    def verify(self, token):
        """Checks signature, algorithm, issuer, audience, times and type."""
        decoded = jwt.decode_complete(
            token,
            self.keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],
            issuer=self.issuer,
            audience=self.audience,
            options={"require": ["exp", "iss", "aud"]},
        )
        if str(decoded["header"].get("typ")).lower() != "at+jwt":
            raise jwt.InvalidTokenError("no access token by its type")
        return decoded["payload"]


def main():
    if len(sys.argv) != 3:
        sys.exit("refused: give ISSUER and AUDIENCE, and the token on standard input")
    try:
        print(Verifier(*sys.argv[1:]).verify(sys.stdin.read().strip())["scope"])
    except jwt.PyJWTError as refusal:
        sys.exit(f"refused: {refusal}")


if __name__ == "__main__":
    main()
