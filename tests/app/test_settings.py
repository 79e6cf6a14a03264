"""Settings come from the environment, are documented, and hold a secret that stays."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.secret import signing_key
from app.core.settings import Settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def row(name: str) -> str | None:
    """The default that the document's table gives to a setting, or None."""
    found = re.search(rf"^\| `HAITANG_{name.upper()}` \| ([^|]+) \|", DOCUMENT, flags=re.MULTILINE)
    return found.group(1).strip(" `") if found else None


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    default = Settings.model_fields[name].default
    assert row(name) == (str(default).lower() if isinstance(default, bool | None) else str(default))


def test_nothing_is_documented_that_cannot_be_set() -> None:
    documented = {name.lower() for name in re.findall(r"^\| `HAITANG_([A-Z_]+)`", DOCUMENT, flags=re.MULTILINE)}
    assert documented == set(Settings.model_fields)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAITANG_DATABASE_URL", "postgresql://haitang:password@db/haitang")
    monkeypatch.setenv("HAITANG_GUEST_PRACTICE", "false")
    settings = Settings()
    assert settings.database_url == "postgresql://haitang:password@db/haitang"
    assert settings.guest_practice is False
    assert "password" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("WRITER_QUEUE", "0"),
        ("SECRET", "too short"),
        ("GUEST_PRACTICE", "perhaps"),
        ("PRIVATE_ORIGINS", "moodle"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"HAITANG_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


class TestSecret:
    def test_the_configured_one_is_used(self) -> None:
        secret = "a secret of more than thirty-two characters"
        assert signing_key(Settings(secret=secret, database_url="postgresql://db/haitang")) == secret.encode()

    def test_one_is_made_once_and_readable_by_its_owner_alone(self, tmp_path: Path) -> None:
        settings = Settings(database_url=f"sqlite:///{tmp_path / 'var' / 'haitang.db'}")
        assert len(signing_key(settings)) >= 32
        assert signing_key(settings) == signing_key(settings)
        (file,) = (tmp_path / "var").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_processes_that_start_together_agree(self, tmp_path: Path) -> None:
        settings = Settings(database_url=f"sqlite:///{tmp_path / 'haitang.db'}")
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(signing_key, [settings] * 32))
        assert len(keys) == 1

    def test_two_installations_differ(self, tmp_path: Path) -> None:
        keys = {signing_key(Settings(database_url=f"sqlite:///{tmp_path / name / 'haitang.db'}")) for name in "ab"}
        assert len(keys) == 2

    def test_postgresql_needs_one(self) -> None:
        with pytest.raises(ValueError, match="HAITANG_SECRET"):
            signing_key(Settings(database_url="postgresql://db/haitang"))
