"""What the faces work with: the store, the world as it is now, the catalogue and the clock."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from planner.energy.catalogue import FILE_NAME, load_catalogue, shipped_path
from planner.errors import UnknownWallet
from planner.faces.crew import Garage
from planner.faces.missions import Desk
from planner.feeds.client import OcpiClient
from planner.feeds.wire import Patience, Wire
from planner.formats.sealed import unseal
from planner.model.mission import Mission
from planner.model.plan import Plan
from planner.model.token import Token, Wallet
from planner.model.vehicle import Catalogue
from planner.settings import Settings
from planner.store.store import Store
from planner.store.token_names import name_token
from planner.store.vault import Vault
from planner.world import World

CHECK_EVERY_S = 0.5
"""A change in the store is seen by the next request after this long at most."""

GIVEN = "given:"
"""Ids of wallets that came with a request begin so; nobody can name or list them."""

Clock = Callable[[], float]


def key_file(settings: Settings) -> Path:
    """Where the key lies by which secrets are encrypted."""
    return settings.home / "secret.key"


def open_store(settings: Settings) -> Store:
    """Open the installation's store."""
    return Store.open(settings.database, key_file(settings))


@dataclass(eq=False)
class Office:
    """One installation as one process sees it; safe to use from several threads."""

    settings: Settings
    clock: Clock = time.time
    region: str | None = None
    _world: World | None = field(default=None, init=False, repr=False)
    _checked: float = field(default=0.0, init=False, repr=False)
    _renewing: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @cached_property
    def store(self) -> Store:
        """The store, opened once."""
        return open_store(self.settings)

    @cached_property
    def vault(self) -> Vault:
        """What seals secrets that are kept outside the store's own tables."""
        return Vault.open(key_file(self.settings))

    @property
    def catalogue(self) -> Catalogue:
        """Vehicles shipped and imported; read anew when the imported file has changed."""
        imported = self.settings.home / FILE_NAME
        stamp = imported.stat().st_mtime_ns if imported.is_file() else 0
        known = self.__dict__.get("_catalogue")
        if known is None or known[0] != stamp:
            paths = (shipped_path(), imported) if stamp else (shipped_path(),)
            known = (stamp, load_catalogue(*paths))
            self.__dict__["_catalogue"] = known
        catalogue: Catalogue = known[1]
        return catalogue

    @property
    def is_open(self) -> bool:
        """Whether a world has been loaded."""
        return self._world is not None

    @property
    def world(self) -> World:
        """The world as it is now.

        Raises
        ------
        DataMissing
            If there is no region.
        StoreError
            If the store is out of reach.
        """
        world = self._world
        if world is not None and time.monotonic() - self._checked < CHECK_EVERY_S:
            return world
        # While one thread reads the news, the others go on with the world they have.
        if not self._renewing.acquire(blocking=world is None):
            assert world is not None
            return world
        try:
            return self._renew()
        finally:
            self._renewing.release()

    def fresh_world(self) -> World:
        """Return the world with everything that was committed before this call."""
        with self._renewing:
            return self._renew()

    def _renew(self) -> World:
        asked = time.monotonic()
        world = self._world
        if world is None:
            world = World.over(self.store.snapshot(), self.settings, self.region)
        elif self.store.sequence() != world.snapshot.sequence:
            newer = self.store.snapshot(world.snapshot)
            if newer is not world.snapshot:
                world = world.renewed(newer)
        self._world, self._checked = world, asked
        return world

    def client(self, patience: Patience | None = None) -> OcpiClient:
        """Make what calls OCPI parties."""
        return OcpiClient(Wire(patience=patience, networks=self.settings.ocpi_networks))

    def desk(self, now: float | None = None) -> Desk:
        """Make what requests are read with."""
        return Desk(
            catalogue=self.catalogue,
            places=lambda: self.world.places,
            wallet=self.wallet,
            token=self.token,
            now=self.clock() if now is None else now,
            name=lambda token: name_token(self.vault, token),
            garage=self.garage,
        )

    @property
    def garage(self) -> Garage:
        """The fleet's own records; each is read once, a batch names the same ones often."""
        fleet = self.store.fleet
        return Garage(
            vehicle=cache(fleet.vehicle),
            driver=cache(fleet.driver),
            policy=cache(fleet.policy),
            has_drivers=cache(fleet.has_drivers),
        )

    def wallet(self, name: str) -> Wallet:
        """Return a stored wallet; UnknownWallet where no user could name it."""
        if ":" in name:
            raise UnknownWallet(f"there is no wallet {name!r}", remedy="Give the tokens instead")
        return self.store.wallets.get(name)

    def wallets(self) -> tuple[Wallet, ...]:
        """Return the wallets that users stored."""
        return tuple(wallet for wallet in self.store.wallets.all() if ":" not in wallet.id)

    def token(self, uid: str) -> Token | None:
        """Return the token of that uid if the stored wallets hold exactly one such."""
        held = {t.digest: t for w in self.wallets() for t in w.tokens if t.uid == uid}
        return next(iter(held.values())) if len(held) == 1 else None

    def keep_wallet(self, mission: Mission) -> None:
        """Keep, encrypted, the tokens that came with a request: its plan is checked with them."""
        wallet = mission.wallet
        if wallet.tokens and not wallet.id:
            kept = Wallet(tokens=wallet.tokens, id=GIVEN + wallet.digest)
            self.store.wallets.save(kept)

    def with_tokens(self, plan: Plan) -> Plan:
        """Put the clear tokens into a plan that was read back.

        Raises
        ------
        InvalidToken, UnknownWallet
            If they are no longer kept.
        """
        sealed = plan.mission.wallet
        if not sealed.tokens:
            return plan
        kept = self.store.wallets.get(sealed.id or GIVEN + sealed.digest)
        mission = replace(plan.mission, wallet=unseal(sealed, kept.tokens))
        return replace(plan, mission=mission)
