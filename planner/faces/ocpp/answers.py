"""What each request of a charge point is answered, in 1.6 and 2.0.1.

One function for each action: payload in, payload out, and the desk told in between. Actions that
tell of nothing that a plan or a session needs are acknowledged.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from planner.errors import NotFound, PlugsureError
from planner.faces.ocpp.frames import (
    Answered,
    BadFrame,
    Call,
    read_frame,
    write_error,
    write_result,
)
from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.known_tokens import Answer
from planner.feeds.depots.meters import read_meter
from planner.feeds.depots.numbers import place_of_connector, read_moment, uid_of
from planner.feeds.depots.showing import HEARTBEAT_S
from planner.feeds.depots.transactions import News, TokenShown
from planner.ocpi.times import write_time

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
Handler = Callable[["Caller", Payload], dict[str, Any]]

_IN_16 = {Answer.NO_CREDIT: "Blocked", Answer.ELSEWHERE: "Invalid"}
"""What 1.6 has no word for. Source: OCPP 1.6 edition 2, AuthorizationStatus."""

NOBODY = frozenset({"NoAuthorization", ""})
"""Types of an idToken that names nobody: the transaction was begun by a button."""


class Caller:
    """A charge point that is connected: who it is, by which version, and the desk it talks to."""

    def __init__(self, desk: DepotDesk, name: str, version: str) -> None:
        self.desk, self.name, self.version = desk, name, version

    def answer(self, raw: str | bytes) -> str | Answered:
        """Answer a frame; the answer to a call of ours is given back as it was read."""
        try:
            read = read_frame(raw, self.version)
            return read if isinstance(read, Answered) else self._answer(read)
        except BadFrame as bad:
            log.warning("%s sent what is refused: %s", self.name, bad.said)
            return write_error(bad.id, bad.code, bad.said)

    def _answer(self, call: Call) -> str:
        handler = HANDLERS[self.version].get(call.action)
        if handler is None:
            raise BadFrame(call.id, "NotImplemented", "this action is not served here")
        try:
            return write_result(call, handler(self, call.payload))
        except NotFound as error:
            raise BadFrame(call.id, "PropertyConstraintViolation", str(error)) from error
        except PlugsureError as error:
            log.warning("%s could not be served: %s", self.name, error)
            raise BadFrame(call.id, "InternalError", "it could not be kept") from error
        except Exception as defect:
            log.exception("%s: %s failed by a defect", self.name, call.action)
            raise BadFrame(call.id, "InternalError", "this failed by a defect") from defect


# Both versions ------------------------------------------------------------------------------


def _heartbeat(caller: Caller, _: Payload) -> dict[str, Any]:
    return {"currentTime": write_time(caller.desk.clock())}


def _acknowledge(_caller: Caller, _: Payload) -> dict[str, Any]:
    return {}


def _data_transfer(_caller: Caller, _: Payload) -> dict[str, Any]:
    return {"status": "UnknownVendorId"}


def _booted(caller: Caller, made_by: list[Any]) -> dict[str, Any]:
    caller.desk.presence.boot(caller.name, " ".join(str(part) for part in made_by if part))
    now = write_time(caller.desk.clock())
    return {"currentTime": now, "interval": HEARTBEAT_S, "status": "Accepted"}


# 1.6 ----------------------------------------------------------------------------------------


def _boot_16(caller: Caller, told: Payload) -> dict[str, Any]:
    named = ("chargePointVendor", "chargePointModel", "firmwareVersion")
    return _booted(caller, [told.get(name) for name in named])


def _status_16(caller: Caller, told: Payload) -> dict[str, Any]:
    point = caller.desk.presence.point(caller.name)
    number = int(told["connectorId"])
    try:
        evse, connector = place_of_connector(point, number) if number else (0, 0)
    except NotFound as error:
        log.warning("%s", error)
        return {}
    caller.desk.presence.status(
        caller.name, evse, connector, told["status"], told.get("timestamp", "")
    )
    return {}


def _authorize_16(caller: Caller, told: Payload) -> dict[str, Any]:
    return {"idTagInfo": _tag_info(caller.desk.tokens.answer(told["idTag"]))}


def _start_16(caller: Caller, told: Payload) -> dict[str, Any]:
    number, answer = caller.desk.charging.start(
        caller.name,
        int(told["connectorId"]),
        told["idTag"],
        float(told["meterStart"]),
        told["timestamp"],
    )
    return {"transactionId": number, "idTagInfo": _tag_info(answer)}


def _stop_16(caller: Caller, told: Payload) -> dict[str, Any]:
    answer = caller.desk.charging.stop(
        caller.name,
        int(told["transactionId"]),
        float(told["meterStop"]),
        told["timestamp"],
        read_meter(told.get("transactionData")),
        told.get("idTag", ""),
    )
    return {} if answer is None else {"idTagInfo": _tag_info(answer)}


def _meter_16(caller: Caller, told: Payload) -> dict[str, Any]:
    caller.desk.charging.meter(
        caller.name,
        int(told["connectorId"]),
        told.get("transactionId"),
        read_meter(told["meterValue"]),
    )
    return {}


def _tag_info(answer: Answer) -> dict[str, str]:
    return {"status": _IN_16.get(answer, answer.value)}


# 2.0.1 --------------------------------------------------------------------------------------


def _boot_201(caller: Caller, told: Payload) -> dict[str, Any]:
    station = told["chargingStation"]
    named = ("vendorName", "model", "firmwareVersion")
    return _booted(caller, [station.get(name) for name in named])


def _status_201(caller: Caller, told: Payload) -> dict[str, Any]:
    caller.desk.presence.status(
        caller.name,
        int(told["evseId"]),
        int(told["connectorId"]),
        told["connectorStatus"],
        told["timestamp"],
    )
    return {}


def _authorize_201(caller: Caller, told: Payload) -> dict[str, Any]:
    shown = told["idToken"]
    answer = caller.desk.tokens.answer(shown["idToken"], shown["type"])
    return {"idTokenInfo": {"status": answer.value}}


def _event_201(caller: Caller, told: Payload) -> dict[str, Any]:
    at = read_moment(told["timestamp"], caller.desk.clock())
    place = told.get("evse") or {}
    evse_uid, connector = "", ""
    if place.get("id"):
        evse_uid = uid_of(caller.desk.presence.point(caller.name), int(place["id"]))
        connector = str(place.get("connectorId", 1))
    answer = caller.desk.charging.event(
        caller.name,
        told["transactionInfo"]["transactionId"],
        News(
            at=at,
            evse_uid=evse_uid,
            connector_id=connector,
            token=_token_shown(told.get("idToken") or {}, at),
            readings=tuple(read_meter(told.get("meterValue"))),
            is_end=told["eventType"] == "Ended",
        ),
    )
    return {} if answer is None else {"idTokenInfo": {"status": answer.value}}


def _token_shown(shown: Payload, at: float) -> TokenShown | None:
    kind = str(shown.get("type", ""))
    if kind in NOBODY or not shown.get("idToken"):
        return None
    return TokenShown(at=at, uid=str(shown["idToken"]), kind=kind)


_TOLD_16 = (
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignedFirmwareStatusNotification",
)
_TOLD_201 = (
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
)
"""Nothing of these is kept; in 2.0.1 the readings of a transaction come with its events."""

HANDLERS: dict[str, dict[str, Handler]] = {
    "1.6": {
        "Authorize": _authorize_16,
        "BootNotification": _boot_16,
        "DataTransfer": _data_transfer,
        "Heartbeat": _heartbeat,
        "MeterValues": _meter_16,
        "StartTransaction": _start_16,
        "StatusNotification": _status_16,
        "StopTransaction": _stop_16,
        **dict.fromkeys(_TOLD_16, _acknowledge),
    },
    "2.0.1": {
        "Authorize": _authorize_201,
        "BootNotification": _boot_201,
        "DataTransfer": _data_transfer,
        "Heartbeat": _heartbeat,
        "StatusNotification": _status_201,
        "TransactionEvent": _event_201,
        **dict.fromkeys(_TOLD_201, _acknowledge),
    },
}
