"""The kinds of values that requests are made of, strict: no number in quotes, no bare time."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from planner.formats.stamps import moment


class Body(BaseModel):
    """A JSON object in which an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _plain(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):  # noqa: PLR2004
        raise ValueError("holds control characters")
    return text


def _moment(value: Any) -> float:
    if not isinstance(value, str):
        raise ValueError("should be a time like 2026-11-23T08:00:00+01:00")  # noqa: TRY004
    return moment(value)


def _on_earth(pair: tuple[float, float]) -> tuple[float, float]:
    lon, lat = pair
    if not -180 <= lon <= 180:  # noqa: PLR2004 -- degrees
        raise ValueError("longitude lies outside -180 to 180; write [lon, lat]")
    if not -90 <= lat <= 90:  # noqa: PLR2004 -- degrees
        raise ValueError("latitude lies outside -90 to 90; write [lon, lat], longitude first")
    return pair


def _box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    _on_earth((west, south))
    _on_earth((east, north))
    if west > east or south > north:
        raise ValueError("write [west, south, east, north]")
    return box


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('write the amount as a decimal string, such as "20.00"')  # noqa: TRY004
    try:
        read = Decimal(value)
    except InvalidOperation:
        raise ValueError("is no decimal number") from None
    if not read.is_finite():
        raise ValueError("should be finite")
    return read


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(strict=True, max_length=200), AfterValidator(_plain)]
Soc = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Moment = Annotated[
    float,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 with an offset",
            "examples": ["2026-11-23T08:00:00+01:00"],
        }
    ),
]
Position = Annotated[
    tuple[
        Annotated[float, Field(strict=True, allow_inf_nan=False)],
        Annotated[float, Field(strict=True, allow_inf_nan=False)],
    ],
    AfterValidator(_on_earth),
    Field(description="[lon, lat], degrees, WGS 84", examples=[[11.576, 48.137]]),
]
Box = Annotated[
    tuple[Number, Number, Number, Number],
    AfterValidator(_box),
    Field(description="[west, south, east, north], degrees", examples=[[11, 47.5, 12.5, 48.5]]),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["20.00"]}),
]
