"""Reports: what charging cost, every CDR, and what was odd."""

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from planner.faces.advising import missions_of_batch, missions_planned_last
from planner.faces.api.answers import Problem
from planner.faces.api.doors import JSON, Answer, Door, json_answer, office
from planner.faces.api.openapi import PROBLEM_MEDIA
from planner.faces.api.report_answers import (
    AnomaliesAnswer,
    CardsAnswer,
    ChargesAnswer,
    CostsAnswer,
)
from planner.faces.fields import Moment
from planner.faces.histories import Books, open_books
from planner.fleet.advice import advise
from planner.fleet.anomalies import Kind
from planner.fleet.bill import By, bill
from planner.fleet.judging import find_anomalies
from planner.formats.advice_json import advice_to_json
from planner.formats.bill_json import anomaly_to_json, bill_to_json, line_to_json
from planner.formats.bill_tables import (
    ANOMALY_COLUMNS,
    LINE_COLUMNS,
    SUM_COLUMNS,
    to_csv,
    to_xlsx,
)

door = Door("reports", "Reports")

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = (JSON, CSV, XLSX)


class SpanQuery(BaseModel):
    """The span of time, by the end of a charge, and the format."""

    model_config = ConfigDict(extra="forbid")

    since: Moment | None = Field(default=None, description="Ended from this time on")
    until: Moment | None = Field(default=None, description="Ended before this time")
    format: Literal["json", "csv", "xlsx"] = "json"


class CostsQuery(SpanQuery):
    """And what to add up by."""

    by: By = "vehicle"


class AnomaliesQuery(SpanQuery):
    """And of which kind."""

    kind: Kind | None = None


@door.opens(
    "GET",
    "/v1/reports/costs",
    summary="Costs by vehicle, driver, mission, provider, operator or month, planned beside billed",
    scope="reports",
    query=CostsQuery,
    answers={200: Answer(says="The sums", model=CostsAnswer, media=MEDIA)},
)
def costs(query: CostsQuery) -> Response:
    """Add up what charging cost."""
    books = _books(query)
    document = bill_to_json(bill(books.lines, query.by, books.history.pending))
    rows = [*document["groups"], *document["totals"]]
    sheets: dict[str, Any] = {"Costs": (SUM_COLUMNS, rows)}
    if query.format == "xlsx":
        sheets["Charges"] = (LINE_COLUMNS, _line_rows(books))
    return _answer(query.format, f"costs-by-{query.by}", document, sheets)


@door.opens(
    "GET",
    "/v1/reports/charges",
    summary="Every CDR with its trip, its card and its amounts",
    scope="reports",
    query=SpanQuery,
    answers={200: Answer(says="The CDRs by their end", model=ChargesAnswer, media=MEDIA)},
)
def charges(query: SpanQuery) -> Response:
    """List the CDRs."""
    rows = _line_rows(_books(query))
    sheets = {"Charges": (LINE_COLUMNS, rows)}
    return _answer(query.format, "charges", {"charges": rows}, sheets)


@door.opens(
    "GET",
    "/v1/reports/anomalies",
    summary="What is odd about charges, each with its figure and its cost, the dearest first",
    scope="reports",
    query=AnomaliesQuery,
    answers={200: Answer(says="The anomalies", model=AnomaliesAnswer, media=MEDIA)},
)
def anomalies(query: AnomaliesQuery) -> Response:
    """List what is odd."""
    books = _books(query)
    found = find_anomalies(books.history, office().clock())
    rows = [
        anomaly_to_json(one, books.history.purse)
        for one in found
        if query.kind is None or one.kind == query.kind
    ]
    sheets = {"Anomalies": (ANOMALY_COLUMNS, rows)}
    return _answer(query.format, "anomalies", {"anomalies": rows}, sheets)


class CardsQuery(BaseModel):
    """Of which missions: of a batch, else those that were planned last."""

    model_config = ConfigDict(extra="forbid")

    batch: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="Id of a batch"
    )
    most: Annotated[int, Field(ge=1, le=200)] = Field(
        default=20, description="Missions: each is planned once, and once more for each candidate"
    )


@door.opens(
    "GET",
    "/v1/reports/cards",
    summary="Which provider's card would unlock or save the most, planned on the fleet's missions",
    scope="reports",
    query=CardsQuery,
    answers={
        200: Answer(says="The cards, the most helpful first", model=CardsAnswer),
        404: Answer(says="There is no batch of that id", model=Problem, media=(PROBLEM_MEDIA,)),
    },
)
def cards(query: CardsQuery) -> Response:
    """Plan the fleet's missions with each candidate's card."""
    used = office()
    if query.batch is not None:
        missions = missions_of_batch(used, query.batch, query.most)
    else:
        missions = missions_planned_last(used, query.most)
    return json_answer(advice_to_json(advise(used.world, missions, now=used.clock())))


def _books(query: SpanQuery) -> Books:
    return open_books(office(), since=query.since, until=query.until)


def _line_rows(books: Books) -> list[dict[str, Any]]:
    return [line_to_json(line, books.history.purse) for line in books.lines]


def _answer(form: str, name: str, document: Any, sheets: dict[str, Any]) -> Response:
    if form == "json":
        return json_answer(document)
    headers = {"Content-Disposition": f'attachment; filename="plugsure-{name}.{form}"'}
    if form == "xlsx":
        return Response(to_xlsx(sheets), headers=headers, content_type=XLSX)
    columns, rows = next(iter(sheets.values()))
    return Response(to_csv(columns, rows), headers=headers, content_type=f"{CSV}; charset=utf-8")
