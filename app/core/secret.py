"""The key that signs what leaves the server and must come back unchanged: guest cookies, form tokens."""

import os
import secrets
from pathlib import Path

from app.core.database import parse_url, sqlite_path
from app.core.settings import Settings


def signing_key(settings: Settings) -> bytes:
    """The configured secret; without one, a random one that is made once and kept in a file beside the SQLite database.

    Raises:
        ValueError: no secret is set and the database is not a file, so that there is no one place to keep a secret
            that all processes of the service share.

    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    database = sqlite_path(parse_url(settings.database_url))
    if database is None:
        raise ValueError("Set HAITANG_SECRET: with PostgreSQL every process must be given the same secret.")
    file = database.with_name(f"{database.name}-secret")
    if not file.exists():
        _create(file)
    return file.read_bytes()


def _create(file: Path) -> None:
    """Write the file whole or not at all; of two processes that start together, the first one's secret stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
        os.fsync(descriptor)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
