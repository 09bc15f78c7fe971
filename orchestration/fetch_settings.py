"""How this client is known to a FHIR server: secrets, from ``WARMHANDOFF_FHIR_*`` variables alone.

Belongs here: these settings and their checks. Does not belong here: the settings of a site's nights.
"""

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.fetch_client import FetchError, check_address
from orchestration.fetch_keys import signing_keys
from orchestration.settings import ConfigurationError


class FhirAccess(BaseSettings):
    """What SMART Backend Services asks of a client. Without a client id, one goes in without signing in."""

    model_config = SettingsConfigDict(
        env_prefix="WARMHANDOFF_FHIR_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    client_id: str | None = Field(default=None, min_length=1, description="As the server knows this client.")
    key: SecretStr | None = Field(default=None, description="Private key: PEM, JWK or JWK set.")
    key_file: Path | None = Field(default=None, description="File of that key, instead.")
    key_id: str | None = Field(
        default=None,
        min_length=1,
        description="Under which the server knows the key, if it has another name.",
    )
    token_url: str | None = Field(
        default=None, description="Where tokens are given, if the server is silent."
    )

    def read_keys(self) -> dict[str, Any] | None:
        """Return the private key as a JWK set, if there is one.

        Raises:
            ConfigurationError: the file cannot be read, it holds no key that can sign, key and client id do
                not come together, or the address for tokens is none.
        """
        if self.key and self.key_file:
            raise ConfigurationError("give WARMHANDOFF_FHIR_KEY or WARMHANDOFF_FHIR_KEY_FILE, not both")
        try:
            found = self.key_file.read_text(encoding="utf-8") if self.key_file else None
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError("the file of WARMHANDOFF_FHIR_KEY_FILE cannot be read") from None
        key = found or (self.key.get_secret_value() if self.key else None)
        if bool(key) != bool(self.client_id):
            raise ConfigurationError("WARMHANDOFF_FHIR_CLIENT_ID and a key belong together: one is missing")
        try:
            if self.token_url:
                check_address(self.token_url)
        except FetchError as error:
            raise ConfigurationError(f"WARMHANDOFF_FHIR_TOKEN_URL: {error}") from None
        return signing_keys(key, self.key_id) if key else None


def load_access() -> FhirAccess:
    """Read the variables.

    Raises:
        ConfigurationError: one of them is wrong.
    """
    try:
        return FhirAccess()
    except ValidationError as error:
        name = str(error.errors(include_input=False)[0]["loc"][0])
        raise ConfigurationError(f"WARMHANDOFF_FHIR_{name.upper()} cannot be used") from None
