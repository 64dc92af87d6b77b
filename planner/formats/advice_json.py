"""Card advice as JSON."""

from typing import Any

from planner.fleet.advice import Advice, CardAdvice
from planner.fleet.cheapest import StopAdvice
from planner.formats.money_json import money_to_json

ONLY_TARIFFS = (
    "rests on operators' tariffs, which are the same for all cards: the provider's own price list "
    "is not known (plugsure prices import)"
)
PARTLY_TARIFFS = (
    "rests in part on operators' tariffs, which are the same for all cards: the provider's price "
    "list does not tell of every stop"
)
NO_LIST = "no price list of the provider is known (plugsure prices import): nothing on savings"


def advice_to_json(advice: Advice) -> dict[str, Any]:
    """Write what cards would bring, the most helpful first."""
    return {
        "missions": advice.missions,
        "infeasible": list(advice.infeasible),
        "failed": [{"mission": name, "detail": why} for name, why in advice.failed],
        "cards": [_card(card) for card in advice.cards],
        "stops": [_stop(stop) for stop in advice.stops],
    }


def _card(card: CardAdvice) -> dict[str, Any]:
    return {
        "provider": card.provider,
        "unlocks": list(card.unlocks),
        "cheaper": list(card.cheaper),
        "saves": {currency: format(amount, "f") for currency, amount in card.saves.items()},
        "sooner_s": round(card.sooner_s),
        "price_list": card.listed,
        "note": _note(card),
    }


def _note(card: CardAdvice) -> str:
    if card.uses_tariffs:
        return PARTLY_TARIFFS if card.listed else ONLY_TARIFFS
    return "" if card.listed else NO_LIST


def _stop(stop: StopAdvice) -> dict[str, Any]:
    return {
        "mission": stop.mission,
        "station": {"id": stop.station_id, "name": stop.station_name},
        "evse_uid": stop.evse_uid,
        "provider": stop.provider or None,
        "cost": money_to_json(stop.cost),
        "best_provider": stop.best_provider,
        "best_cost": money_to_json(stop.best),
        "held": stop.held,
        "note": ONLY_TARIFFS if stop.best.basis == "cpo_tariff" else "",
    }
