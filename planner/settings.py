"""One frozen object with all that an installation can set; read once, passed in, never global."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from planner.errors import InputError

NOMINATIM = "https://nominatim.openstreetmap.org/"
OVERPASS = "https://overpass-api.de/api"
"""The public servers of OpenStreetMap. Source: OpenStreetMap wiki, Nominatim and Overpass API."""


NETWORKS = "PLUGSURE_OCPI_NETWORKS"
WEBHOOK_NETWORKS = "PLUGSURE_WEBHOOK_NETWORKS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where state lives and what bounds hold.

    Attributes
    ----------
    home : Path
        ``PLUGSURE_HOME``: regions, the default database, keys.
    database : str
        ``PLUGSURE_DATABASE``: an SQLAlchemy URL; SQLite in the home by default.
    region : str or None
        ``PLUGSURE_REGION``: the region that plans use where several are there.
    nominatim, overpass : str
        ``PLUGSURE_NOMINATIM_URL``, ``PLUGSURE_OVERPASS_URL``: the servers of OpenStreetMap that
        ``region build --place`` asks; the public ones by default.
    ocpi_networks : tuple of networks
        ``PLUGSURE_OCPI_NETWORKS``: private networks in which OCPI parties live, so that their
        names may lead there; none by default.
    webhook_networks : tuple of networks
        ``PLUGSURE_WEBHOOK_NETWORKS``: private networks to which webhooks may lead; none by default.
    """

    home: Path
    database: str
    region: str | None = None
    nominatim: str = NOMINATIM
    overpass: str = OVERPASS
    ocpi_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from environment variables; all have defaults.

        Raises
        ------
        InputError
            If one is none of what it should be.
        """
        env = os.environ if environ is None else environ
        default = Path(env.get("HOME", "~")).expanduser() / ".local" / "share" / "plugsure"
        home = Path(env.get("PLUGSURE_HOME") or default).expanduser()
        database = env.get("PLUGSURE_DATABASE") or f"sqlite:///{home / 'plugsure.sqlite'}"
        return cls(
            home=home,
            database=database,
            region=env.get("PLUGSURE_REGION") or None,
            nominatim=env.get("PLUGSURE_NOMINATIM_URL") or NOMINATIM,
            overpass=env.get("PLUGSURE_OVERPASS_URL") or OVERPASS,
            ocpi_networks=_networks(env, NETWORKS),
            webhook_networks=_networks(env, WEBHOOK_NETWORKS),
        )

    @property
    def regions(self) -> Path:
        """The folder that holds one folder for each region."""
        return self.home / "regions"


def _networks(env: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    text = env.get(name, "")
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(
            str(error),
            place=name,
            remedy="Write networks as 10.8.0.0/16, separated by commas",
        ) from None
