"""What other sources say of a stop's station, beside the verdict that its own source earns it."""

from dataclasses import replace

from planner.model.grade import Evidence, Verdict
from planner.model.station import SaidElsewhere, Station

NAMES = {
    "hours": "opening hours",
    "max_height_m": "clearance in metres",
    "card_terminal": "payment terminal",
    "power_kw": "power",
    "standard": "plugs",
    "reserved_for": "closed group",
    "accessible_only": "kept for disabled drivers",
    "two_wheelers_only": "for two-wheelers only",
    "parking_restrictions": "parking restrictions",
    "physical_reference": "what stands on the post",
}
"""What a driver calls the fields."""


def beside(verdict: Verdict, station: Station, evse_uid: str) -> Verdict:
    """Add what other sources say of an EVSE to a verdict: all as evidence, doubts as warnings.

    What fills in a fact is no doubt, but it is said where it comes from.
    """
    here = [said for said in station.elsewhere if said.evse_uid in {evse_uid, ""}]
    if not here:
        return verdict
    told = tuple(Evidence(said.source, said.field, said.value, said.as_of) for said in here)
    doubts = tuple(dict.fromkeys(tell_elsewhere(said) for said in here if said.effect != "fills"))
    return replace(
        verdict,
        evidence=(*verdict.evidence, *told),
        warnings=(*verdict.warnings, *doubts),
    )


def tell_elsewhere(said: SaidElsewhere) -> str:
    """Tell in a sentence what another source says."""
    name = NAMES.get(said.field, said.field.replace("_", " "))
    source = said.source[:1].upper() + said.source[1:]
    ends = {
        "fills": "nobody else says it",
        "differs": "the station's own source says otherwise",
        "closes": "so it is not counted on",
    }
    return f"{source} says {name}: {said.value}; {ends[said.effect]}."
