"""The fleet's own records: vehicles and where they last were, drivers, and employers' policies.

Drivers and whereabouts are encrypted: they tell of people.
"""

from sqlalchemy import Table, delete, insert, select, update

from planner.errors import NotFound
from planner.model.fleet import Driver, FleetVehicle, Policy, VehicleState
from planner.store.bodies import decode, encode
from planner.store.database import Database
from planner.store.tables import fleet_drivers, fleet_vehicles, policies
from planner.store.vault import Vault


class FleetRecords:
    """What the fleet stored under its own ids; saving replaces what stood there."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def save_vehicle(self, vehicle: FleetVehicle) -> None:
        """Keep a vehicle."""
        self._save(fleet_vehicles, vehicle.id, encode(vehicle))

    def vehicle(self, name: str) -> FleetVehicle | None:
        """Give the vehicle of that id, None if there is none."""
        body = self._body(fleet_vehicles, name)
        return None if body is None else decode(body, FleetVehicle)

    def vehicles(self) -> tuple[FleetVehicle, ...]:
        """Give all vehicles, by id."""
        return tuple(decode(body, FleetVehicle) for body in self._bodies(fleet_vehicles))

    def remove_vehicle(self, name: str) -> None:
        """Delete a vehicle; NotFound if there is none of that id."""
        self._remove(fleet_vehicles, name, "vehicle")

    def save_state(self, name: str, state: VehicleState) -> None:
        """Keep where a vehicle was; NotFound if there is none of that id."""
        sealed = self._vault.seal(encode(state))
        with self._database.writing() as change:
            done = change.connection.execute(
                update(fleet_vehicles).where(fleet_vehicles.c.id == name).values(state=sealed)
            ).rowcount
        if not done:
            raise NotFound("the fleet has no vehicle of that id", place=name)

    def state(self, name: str) -> VehicleState | None:
        """Give where a vehicle last was, None if it never told."""
        wanted = select(fleet_vehicles.c.state).where(fleet_vehicles.c.id == name)
        with self._database.reading() as connection:
            sealed = connection.execute(wanted).scalar()
        return None if sealed is None else decode(self._vault.unseal(sealed), VehicleState)

    def save_driver(self, driver: Driver) -> None:
        """Keep a driver."""
        self._save(fleet_drivers, driver.id, self._vault.seal(encode(driver)))

    def driver(self, name: str) -> Driver | None:
        """Give the driver of that id, None if there is none."""
        sealed = self._body(fleet_drivers, name)
        return None if sealed is None else decode(self._vault.unseal(sealed), Driver)

    def drivers(self) -> tuple[Driver, ...]:
        """Give all drivers, by id."""
        sealed = self._bodies(fleet_drivers)
        return tuple(decode(self._vault.unseal(body), Driver) for body in sealed)

    def has_drivers(self) -> bool:
        """Say whether any driver is stored."""
        with self._database.reading() as connection:
            return connection.execute(select(fleet_drivers.c.id).limit(1)).first() is not None

    def remove_driver(self, name: str) -> None:
        """Delete a driver; NotFound if there is none of that id."""
        self._remove(fleet_drivers, name, "driver")

    def save_policy(self, policy: Policy) -> None:
        """Keep a policy."""
        self._save(policies, policy.id, encode(policy))

    def policy(self, name: str) -> Policy | None:
        """Give the policy of that id, None if there is none."""
        body = self._body(policies, name)
        return None if body is None else decode(body, Policy)

    def policies(self) -> tuple[Policy, ...]:
        """Give all policies, by id."""
        return tuple(decode(body, Policy) for body in self._bodies(policies))

    def remove_policy(self, name: str) -> None:
        """Delete a policy; NotFound if there is none of that id."""
        self._remove(policies, name, "policy")

    def _save(self, table: Table, name: str, body: bytes) -> None:
        with self._database.writing() as change:
            done = change.connection.execute(
                update(table).where(table.c.id == name).values(body=body)
            ).rowcount
            if not done:
                change.connection.execute(insert(table).values(id=name, body=body))

    def _body(self, table: Table, name: str) -> bytes | None:
        with self._database.reading() as connection:
            return connection.execute(select(table.c.body).where(table.c.id == name)).scalar()

    def _bodies(self, table: Table) -> list[bytes]:
        with self._database.reading() as connection:
            return list(connection.execute(select(table.c.body).order_by(table.c.id)).scalars())

    def _remove(self, table: Table, name: str, kind: str) -> None:
        with self._database.writing() as change:
            done = change.connection.execute(delete(table).where(table.c.id == name)).rowcount
        if not done:
            raise NotFound(f"the fleet has no {kind} of that id", place=name)
