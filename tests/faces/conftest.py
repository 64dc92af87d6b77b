"""One small world for all tests of faces; tests that write to it take a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.api import ApiOptions, create_app
from planner.faces.api.batches import RUNNER
from planner.faces.office import Office
from planner.settings import Settings
from tests.faces.small_world import NOW, make_home

OPTIONS = ApiOptions(open_to_loopback=True, requests_per_minute=0, stream_s=2.0, batch_workers=1)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The installation that others are copied from."""
    return make_home(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def shared_office(made: Settings) -> Office:
    """An office whose world is opened once: names of places take seconds to read."""
    used = Office(made, clock=lambda: NOW)
    used.world  # noqa: B018 -- opens it
    return used


@pytest.fixture
def settings(made: Settings, tmp_path: Path) -> Settings:
    """An installation of the test's own."""
    folder = tmp_path / "installation"
    shutil.copytree(made.home, folder)
    return Settings(home=folder, database=f"sqlite:///{folder / 'plugsure.sqlite'}", region="alps")


@pytest.fixture
def app(settings: Settings, shared_office: Office) -> Iterator[Flask]:
    """The application on the test's own installation, with the roads that are open already."""
    used = Office(settings, clock=lambda: NOW)
    used._world = shared_office.world.renewed(used.store.snapshot())
    made = create_app(settings, OPTIONS, clock=lambda: NOW, office=used)
    yield made
    made.extensions[RUNNER].close()
    used.store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client on this machine."""
    return app.test_client()
