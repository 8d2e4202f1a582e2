"""Reads the code of a talent card without a network: ``python check_code_offline.py keys.json CODE [SECONDS]``.

``keys.json`` is what ``/.well-known/jwks.json`` gave, fetched within the last 24 hours. CODE is what the scanner read:
the address or the token in it. SECONDS (since 1970) stands for the clock of this machine.

Prints one line of JSON and leaves with 0 for a good code, 1 for any other. An off-line answer knows less than the
portal: not whether the card was suspended or lost a moment ago, nor whether the code was shown elsewhere in its minute.
Needs joserfc (pip install joserfc).
"""

import json
import sys
import time
import warnings
from pathlib import Path

from joserfc import jws
from joserfc.errors import InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import KeySet

warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 has a newer name for the algorithm
KEYS_LAST = 24 * 60 * 60


def read(keys_file: Path, code: str, now: float) -> str:
    """One word: good, over, early, unknown_key, garbage, or keys_too_old."""
    if abs(now - keys_file.stat().st_mtime) > KEYS_LAST:
        return "keys_too_old"  # a key may have been withdrawn meanwhile
    try:
        keys = KeySet.import_key_set(json.loads(keys_file.read_text()))
        token = jws.deserialize_compact(code.rpartition("/v/")[2], keys, algorithms=["EdDSA"])
        claims = json.loads(token.payload)
        if claims["aud"] != "card-check":
            return "garbage"
        if now < claims["nbf"]:
            return "early"
        return "good" if now < claims["exp"] else "over"
    except InvalidKeyIdError:
        return "unknown_key"
    except (JoseError, ValueError, KeyError, TypeError):
        return "garbage"


def main(keys_file: str, code: str, now: str = "") -> int:
    """Print the answer; 0 for a good code."""
    result = read(Path(keys_file), code, float(now) if now else time.time())
    print(json.dumps({"offline": True, "result": result, "checked_at": now or int(time.time())}))  # noqa: T201
    return 0 if result == "good" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
