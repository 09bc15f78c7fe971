"""The private key that signs this client in, in whatever form it was given.

Belongs here: PEM, JWK and JWK set, and what a signature needs besides. Does not belong here: signing in
(``fetch_client``), and where the key comes from (``fetch_settings``).
"""

import json
from typing import Any, Final

from jwcrypto import jwk
from jwcrypto.common import JWException

from orchestration.settings import ConfigurationError

_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_SIGNS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *_ALGORITHMS.values())


def signing_keys(text: str, key_id: str | None = None) -> dict[str, Any]:
    """Return a private key as a JWK set that says how it signs.

    Args:
        text: PEM, a JWK or a JWK set, of which the first private key is taken that may sign.
        key_id: the name under which the server knows the key; without it the key's own, else its thumbprint.

    Raises:
        ConfigurationError: there is no such key. The message holds nothing of what was given.
    """
    for key in (one for one in _keys_in(text) if one.has_private):
        told = key.export(as_dict=True)
        algorithm = told.get("alg") or _algorithm_of(key)
        may_sign = told.get("use", "sig") == "sig" and "sign" in told.get("key_ops", ["sign"])
        if may_sign and algorithm in _SIGNS:
            name = key_id or told.get("kid") or key.thumbprint()
            return {"keys": [{**told, "alg": algorithm, "kid": name, "key_ops": ["sign"]}]}
    raise ConfigurationError(
        "the key of WARMHANDOFF_FHIR_KEY or _KEY_FILE is no private key that can sign: give a PEM without a "
        "password, a JWK or a JWK set with an elliptic curve (ES384) or RSA (RS384)"
    )


def _keys_in(text: str) -> list[jwk.JWK]:
    try:
        if not text.lstrip().startswith("{"):
            # Environment files of some services keep a text of several lines in one.
            return [jwk.JWK.from_pem(text.replace("\\n", "\n").strip().encode())]
        found = json.loads(text)
        return [jwk.JWK(**one) for one in found.get("keys", [found])]
    except (ValueError, TypeError, AttributeError, JWException):
        return []


def _algorithm_of(key: jwk.JWK) -> str:
    return "RS384" if key.get("kty") == "RSA" else _ALGORITHMS.get(str(key.get("crv")), "")
