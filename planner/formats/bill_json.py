"""A bill as JSON: amounts are decimal strings, unknown ones null."""

from decimal import Decimal
from typing import Any

from planner.fleet.anomalies import Anomaly
from planner.fleet.bill import Bill, Line, Sum
from planner.fleet.purse import Purse
from planner.formats.stamps import stamp

KWH = Decimal("0.001")


def bill_to_json(bill: Bill) -> dict[str, Any]:
    """Write the sums of a bill."""
    return {
        "by": bill.by,
        "totals": [sum_to_json(total) for total in bill.totals],
        "groups": [sum_to_json(group) for group in bill.groups],
        "pending_sessions": {"count": bill.pending, "energy_kwh": kwh(bill.pending_kwh)},
    }


def sum_to_json(total: Sum) -> dict[str, Any]:
    """Write a group or a total."""
    return {
        "key": total.key or None,
        "currency": total.currency or None,
        "charges": total.charges,
        "credits": total.credits,
        "energy_kwh": kwh(total.energy_kwh),
        "net": amount(total.net),
        "vat": amount(total.vat),
        "gross": amount(total.gross),
        "billed": amount(total.billed),
        "metered_charges": total.metered_charges,
        "metered_kwh": kwh(total.metered_kwh),
        "metered": amount(total.metered),
        "without_vat": total.without_vat,
        "without_net": total.without_net,
        "unpriced": total.unpriced,
        "planned": amount(total.planned),
        "billed_as_planned": amount(total.billed_as_planned),
        "difference": amount(total.difference),
        "planned_stops": total.planned_stops,
    }


def line_to_json(line: Line, purse: Purse) -> dict[str, Any]:
    """Write one line of a bill; the token appears by its label and masked."""
    entry = line.entry
    charge = entry.charge
    match = entry.match
    return {
        "cdr": charge.id,
        "basis": line.basis,
        "party": charge.party or None,
        "source": charge.source,
        "credit": charge.is_credit,
        "credit_of": charge.credit_of or None,
        "begins": stamp(charge.begins, charge.location),
        "ends": stamp(charge.ends, charge.location),
        "station": charge.station_name or charge.station_id or None,
        "evse_id": charge.evse_id or charge.evse_uid or None,
        "operator": line.operator or None,
        "provider": charge.provider or None,
        "card": purse.label(charge) or None,
        "vehicle": entry.vehicle or None,
        "driver": entry.driver or None,
        "mission": entry.mission or None,
        "plan": None if match is None else match.trip.plan,
        "matched_by": None if match is None else match.by,
        "energy_kwh": kwh(charge.energy_kwh),
        "currency": line.currency or None,
        "net": amount(line.net),
        "vat": amount(line.vat),
        "gross": amount(line.gross),
        "planned": amount(line.planned),
        "billed_as_planned": amount(line.billed_as_planned),
    }


def anomaly_to_json(anomaly: Anomaly, purse: Purse) -> dict[str, Any]:
    """Write an anomaly, with the charge that it is about."""
    entry = anomaly.entry
    charge = entry.charge
    return {
        "kind": anomaly.kind,
        "says": anomaly.says,
        "figure": anomaly.figure,
        "expected": anomaly.expected,
        "unit": anomaly.unit,
        "cost": amount(anomaly.cost),
        "currency": anomaly.currency or None,
        "cdr": charge.id,
        "is_session": charge.is_session,
        "party": charge.party or None,
        "begins": stamp(charge.begins, charge.location),
        "ends": stamp(charge.ends, charge.location),
        "station": charge.station_name or charge.station_id or None,
        "evse_id": charge.evse_id or charge.evse_uid or None,
        "card": purse.label(charge) or None,
        "vehicle": entry.vehicle or None,
        "driver": entry.driver or None,
        "mission": entry.mission or None,
    }


def kwh(energy: Decimal) -> float:
    """Write energy to the watt-hour."""
    return float(energy.quantize(KWH))


def amount(money: Decimal | None) -> str | None:
    """Write an amount with the decimals that it has."""
    return None if money is None else format(money, "f")
