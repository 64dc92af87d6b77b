"""Predicted consumption against published tests: how far off, and the quantile that follows.

    python bench/energy.py [--wheel FILE] > bench/results/energy.jsonl

Downloads the wheel of fastsim 2.1.5 once (``pip download``; nothing is installed), see
`bench.energy_epa`. Published ranges stand in ``energy_*.csv``, where each is from in
``energy_sources.csv``. All errors are (measured or predicted) / (the other) - 1 as their name says.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.energy_drives import by_edges, by_seconds, hill, own_car, steady
from bench.energy_epa import F64, cut, find_wheel, read_cars, read_trace
from bench.energy_records import Record, errors, line, quantiles, read, spread
from planner.energy.body import ESTIMATED_ERROR, PUBLISHED_ERROR, estimate_body
from planner.energy.calibration import calibrate
from planner.energy.catalogue import load_catalogue, shipped_path
from planner.energy.charging import AC_EFFICIENCY
from planner.energy.speed_changes import braking_m_s2
from planner.model.vehicle import Conditions, Vehicle

MILD = Conditions(temperature_c=23.0)
TEST_LOAD_KG = 100.0
"""On top of the kerb mass with driver. Source: UN GTR 15, test mass: 25 kg, options, and 15 % of
what may be loaded (some 450 kg)."""

COMBINED = np.array([0.55, 0.45])
"""Weights of UDDS and HWFET. Source: 40 CFR 600.210."""

BINS_KMH = (0.0, 30.0, 40.0, 50.0, 60.0, 75.0, 85.0, 100.0, 140.0)
COLD_F, HOT_F = -6.7, 35.0
"""20 and 95 °F, the temperatures of the EPA's and AAA's tests, °C."""


class Bench:
    """The traces and cars of the wheel, and the shipped catalogue."""

    def __init__(self, wheel: Path) -> None:
        self.town, self.motorway, self.mixed = (
            read_trace(wheel, name) for name in ("udds", "hwfet", "wltc_3b")
        )
        self.cars, self.dropped = read_cars(wheel)
        self.known = load_catalogue(shipped_path()).by_id

    def speed_changes(self) -> Iterator[Record]:
        """How much the traces brake on edges of each speed, beside what the planner takes."""
        found = []
        for trace in (self.town, self.motorway, self.mixed):
            length, speed, parts = cut(trace)
            moving, gains = (trace[1:] + trace[:-1]) / 2.0, np.diff(trace)
            force = 150.0 + 0.39 * moving**2 + 1900.0 * gains
            braked = np.maximum(0.0, -force * moving) / 1900.0
            found += [
                (metres, kmh, braked[part].sum())
                for metres, kmh, part in zip(length, speed, parts, strict=True)
            ]
        metres, kmh, braked = np.array(found).T
        for low, high in pairwise(BINS_KMH):
            here = (kmh >= low) & (kmh < high)
            yield {
                "part": "speed_changes",
                "kmh": [low, high],
                "km": round(metres[here].sum() / 1000.0, 1),
                "braked_m_s2": round(braked[here].sum() / metres[here].sum(), 4),
                "planner_m_s2": round(
                    float(braking_m_s2(kmh[here]) @ metres[here] / metres[here].sum()), 4
                ),
            }

    def epa(self) -> Iterator[Record]:
        """Cars of which the road load is all that is known, and cars of one known figure."""
        measured = np.array([(car.town_kwh, car.motorway_kwh) for car in self.cars])
        traces = (self.town, self.motorway)
        plain = [own_car(car) for car in self.cars]
        ways = {
            "second by second": [
                [by_seconds(car, own, trace) for trace in traces]
                for car, own in zip(self.cars, plain, strict=True)
            ],
            "road edges": [[by_edges(own, trace, MILD) for trace in traces] for own in plain],
            "road edges without speed changes": [
                [by_edges(own, trace, MILD, braking=False) for trace in traces] for own in plain
            ],
        }
        for name, kwh in ways.items():
            predicted = np.array(kwh) / AC_EFFICIENCY
            yield {"part": "epa", "way": name, "cars": len(plain)} | errors(measured, predicted)
        predicted = np.array(ways["road edges"]) / AC_EFFICIENCY
        fitted = predicted * ((measured @ COMBINED) / (predicted @ COMBINED))[:, None]
        told = {"part": "epa", "way": "road edges, scaled to the combined figure"}
        yield told | {"cars": len(plain)} | errors(measured, fitted)
        yield {"part": "epa", "way": "left out", "why": self.dropped}
        for car, told, got in zip(self.cars, measured, predicted, strict=True):
            both = {"measured": told.round(2).tolist(), "predicted": got.round(2).tolist()}
            yield {"part": "epa", "car": f"{car.make} {car.model}", "kg": round(car.mass_kg)} | both
        yield from self._by_make(measured)

    def _by_make(self, measured: F64) -> Iterator[Record]:
        """Choose the recuperation by all makes but one, and predict that one."""
        makes = np.array([car.make for car in self.cars])
        grid = np.arange(0.6, 0.86, 0.05)
        predicted = np.array(
            [
                [
                    [
                        by_edges(replace(own_car(car), recuperation_efficiency=r), trace, MILD)
                        for trace in (self.town, self.motorway)
                    ]
                    for car in self.cars
                ]
                for r in grid
            ]
        )
        off = np.abs(predicted / AC_EFFICIENCY / measured - 1.0).mean(axis=2)
        chosen = {
            make: int(np.argmin([of[makes != make].mean() for of in off])) for make in set(makes)
        }
        held_out = [off[chosen[make], i] for i, make in enumerate(makes)]
        yield {
            "part": "epa",
            "way": "recuperation chosen by the other makes",
            "chosen": sorted({round(float(grid[i]), 2) for i in chosen.values()}),
            "mean_absolute_error": round(float(np.mean(held_out)), 4),
        }

    def wltp(self) -> Iterator[Record]:
        """Catalogue cars on the WLTC against usable capacity / published range."""
        day = replace(MILD, payload_kg=TEST_LOAD_KG)
        rows = read("energy_wltp")
        measured = np.array([self.used(row["vehicle"], row["range_km"]) for row in rows])
        predicted = np.array([by_edges(self.free(r["vehicle"]), self.mixed, day) for r in rows])
        for row, told, got in zip(rows, measured, predicted, strict=True):
            yield line("wltp", row["vehicle"], told, got, source="fev")
        yield {"part": "wltp", "way": "all", "cars": len(rows)} | errors(measured, predicted)

    def road(self) -> Iterator[Record]:
        """Catalogue cars on roads and tracks against what testers found."""
        rows = read("energy_tests")
        measured, predicted = self._on_roads(rows, estimated=False)
        for row, told, got in zip(rows, measured, predicted, strict=True):
            more = {name: row[name] for name in ("roads", "temperature_c", "source", "assumed")}
            yield line("road", row["vehicle"], told, got, **more)
        yield {"part": "road", "way": "all", "tests": len(rows)} | errors(measured, predicted)

    def quantile(self) -> Iterator[Record]:
        """How much more than predicted 95 of 100 published tests took, by what is known."""
        day = replace(MILD, payload_kg=TEST_LOAD_KG)
        tests, ranges = read("energy_tests"), read("energy_wltp")
        for name, estimated in (("published", False), ("estimated", True)):
            measured, predicted = self._on_roads(tests, estimated=estimated)
            norm = np.array([self.used(row["vehicle"], row["range_km"]) for row in ranges])
            by_norm = np.array(
                [
                    by_edges(self.free(row["vehicle"], estimated=estimated), self.mixed, day)
                    for row in ranges
                ]
            )
            over, over_norm = measured / predicted - 1.0, norm / by_norm - 1.0
            taken = ESTIMATED_ERROR if estimated else PUBLISHED_ERROR
            both = np.concatenate((over, over_norm))
            yield quantiles(name, taken, road=over, wltp=over_norm, both=both)
        own = [own_car(car) for car in self.cars]
        traces = (self.town, self.motorway)
        kwh = np.array([[by_edges(car, trace, MILD) for trace in traces] for car in own])
        told = np.array([(car.town_kwh, car.motorway_kwh) for car in self.cars]) @ COMBINED
        over = told / (kwh @ COMBINED / AC_EFFICIENCY) - 1.0
        yield quantiles("road load only", ESTIMATED_ERROR, epa=over)

    def situations(self) -> Iterator[Record]:
        """EV Database's estimates by road and weather: what its averages mean, and our shape."""
        rows = read("energy_situations")
        km = {name: np.array([float(row[name]) for row in rows]) for name in list(rows[0])[1:]}
        cold, mild = km["cold_km"], km["mild_km"]
        halves = [
            2.0 / (1.0 / km[f"town_{when}_km"] + 1.0 / km[f"motorway_{when}_km"])
            for when in ("cold", "mild")
        ]
        yield {
            "part": "situations",
            "way": "what the average range is",
            "range_over_mean_of_cold_and_mild": spread(km["range_km"] / ((cold + mild) / 2.0)),
            "cold_over_half_and_half": spread(cold / halves[0]),
            "mild_over_half_and_half": spread(mild / halves[1]),
        }
        for road, kmh in (("town", 50.0), ("motorway", 110.0)):
            for when, temperature in (("cold", -10.0), ("mild", 23.0)):
                day = Conditions(temperature_c=temperature)
                told = np.array(
                    [self.used(row["vehicle"], row[f"{road}_{when}_km"]) for row in rows]
                )
                got = np.array([steady(self.free(row["vehicle"]), kmh, day) for row in rows])
                yield {"part": "situations", "way": f"{road} {when}", "cars": len(rows)} | errors(
                    told, got
                )

    def conditions(self) -> Iterator[Record]:
        """Cold, heat, speed and height: the planner's factor beside each published one."""
        yield from self._weather()
        for vehicle, slow, fast, ratio, source in (
            ("audi-e-tron-55-2019", 60, 100, 426 / 314, "ams"),
            ("audi-e-tron-55-2019", 100, 140, 314 / 231, "ams"),
            ("renault-zoe-r135-ze50-2019", 100, 140, 254 / 167, "ams"),
            ("citroen-e-c4-2024", 110, 130, 23.9 / 19.8, "legipermis"),
            ("mg-mg4-ev-long-range-2022", 110, 130, 25.8 / 20.8, "supertest"),
            ("mg-mg4-ev-long-range-2022", 110, 130, 1.0 / (1.0 - 0.165), "twins"),
        ):
            track = source == "ams"
            day = Conditions(temperature_c=4.5 if track else 20.0)
            car = self.free(vehicle)
            got = steady(car, fast, day, braking=not track) / steady(
                car, slow, day, braking=not track
            )
            told = {"vehicle": vehicle, "kmh": [slow, fast], "source": source}
            yield (
                {"part": "speed"} | told | {"published": round(ratio, 3), "planner": round(got, 3)}
            )
        ratios = [
            steady(self.free(name), 130.0, MILD) / steady(self.free(name), 100.0, MILD)
            for name in self.known
        ]
        yield {"part": "speed", "vehicle": "all", "kmh": [100, 130], "planner": spread(ratios)}
        yield from self._heights()

    def _weather(self) -> Iterator[Record]:
        for car in self.cars:
            if car.cold_town_kwh is not None:
                warmed = replace(own_car(car), heat_pump=True)
                yield {
                    "part": "cold",
                    "what": f"{car.make} {car.model}, UDDS at 20 °F over 75 °F, heat pump",
                    "source": "EPA test car list 2022",
                    "published": round(car.cold_town_kwh / car.town_kwh, 3),
                    "planner": round(self._factor([warmed], COLD_F, np.array([1.0, 0.0])), 3),
                }
        plain = [own_car(car) for car in self.cars]
        pumps = [replace(car, heat_pump=True) for car in plain]
        for part, what, source, published, cars, temperature in (
            ("cold", "five cars of 2018, kWh at 20 °F", "aaa2019", 1 / 0.61, plain, COLD_F),
            ("cold", "newer cars, kWh at 20 °F", "aaa2025", 1 / 0.644, pumps, COLD_F),
            ("hot", "five cars of 2018, range at 95 °F", "aaa2019", 1 / 0.83, plain, HOT_F),
            ("hot", "newer cars, kWh at 95 °F", "aaa2025", 1 / 0.896, plain, HOT_F),
        ):
            got = self._factor(cars, temperature, COMBINED)
            told = {"part": part, "what": what, "source": source}
            yield told | {"published": round(published, 3), "planner": round(got, 3)}
        for vehicle, cold_km, warm_km in (
            ("tesla-model-y-long-range-dual-motor-2022", 299, 441),
            ("ford-mustang-mach-e-awd-98-8-kwh-2022", 302, 443),
            ("hyundai-ioniq-5-long-range-awd-2021", 294, 409),
            ("volkswagen-id-4-pro-4motion-2024", 273, 412),
        ):
            driven = self.known[vehicle]
            cold, warm = (
                steady(driven, 112.65, Conditions(temperature_c=degrees))
                for degrees in (-8.0, 29.0)
            )
            told = {"part": "cold", "what": f"{vehicle}, 70 mph, -8 over 29 °C", "source": "cr"}
            yield told | {
                "published": round(warm_km / cold_km, 3),
                "planner": round(cold / warm, 3),
            }

    def _factor(self, cars: list[Vehicle], temperature_c: float, weights: F64) -> float:
        day, plain = Conditions(temperature_c=temperature_c), Conditions(temperature_c=23.9)
        traces = (self.town, self.motorway)
        there, here = (
            np.array([[by_edges(car, trace, when) for trace in traces] for car in cars]) @ weights
            for when in (day, plain)
        )
        return float(np.mean(there / here))

    def _heights(self) -> Iterator[Record]:
        for vehicle, mass_kg, up_kwh, down_kwh in (
            ("porsche-taycan-4s-plus-2020", 2500.0, 12.1, -3.7),
            ("fiat-500e-berlina-42-kwh-2020", 1500.0, 7.1, -1.9),
        ):
            car = replace(self.free(vehicle), mass_kg=mass_kg)
            up, down = (hill(car, 50.0, *heights) for heights in ((25.0, 0.0), (0.0, 25.0)))
            yield {
                "part": "climb",
                "what": f"{vehicle} at {mass_kg:g} kg, 20 km and 1,000 m, 50 km/h assumed",
                "source": "moove",
                "published_kwh": [up_kwh, down_kwh],
                "planner_kwh": [round(up, 2), round(down, 2)],
            }
        car = self.free("hyundai-ioniq-2016")
        flat, up, down = (hill(car, 60.0, *h) for h in ((0.0, 0.0), (11.5, 0.0), (0.0, 11.5)))
        yield {
            "part": "climb",
            "what": "hyundai-ioniq-2016, kWh for 100 m more or less of height",
            "source": "evromandie",
            "published_kwh": [0.43, -0.27],
            "planner_kwh": [round((up - flat) / 4.6, 3), round((down - flat) / 4.6, 3)],
        }

    def free(self, name: str, *, estimated: bool = False) -> Vehicle:
        """Return a catalogue car without its top speed, or as if its body were not known."""
        car = replace(self.known[name], max_speed_kmh=None)
        if not estimated:
            return car
        average = float(car.consumption_source.split(" of ")[1].split(" kWh")[0])
        body = estimate_body("car", car.usable_kwh, average)
        guessed = replace(
            car,
            mass_kg=body.mass_kg,
            drag_area_m2=body.drag_area_m2,
            rolling_coefficient=body.rolling_coefficient,
        )
        return calibrate(guessed, average)

    def used(self, name: str, range_km: str) -> float:
        """Return kWh/100 km of a car that empties its battery on so many kilometres."""
        return self.known[name].usable_kwh / float(range_km) * 100.0

    def _on_roads(self, rows: list[dict[str, str]], *, estimated: bool) -> tuple[F64, F64]:
        measured, predicted = [], []
        for row in rows:
            told = row["kwh_per_100_km"]
            measured.append(float(told) if told else self.used(row["vehicle"], row["range_km"]))
            day = Conditions(
                temperature_c=float(row["temperature_c"]), payload_kg=float(row["payload_kg"])
            )
            roads = [road.split(":") for road in row["roads"].split()]
            shares = np.array([float(share) for _, share in roads])
            car = self.free(row["vehicle"], estimated=estimated)
            each = np.array([steady(car, float(kmh), day) for kmh, _ in roads])
            predicted.append(float(each @ shares / shares.sum()))
        return np.array(measured), np.array(predicted)


def main() -> None:
    """Print all parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wheel", type=Path, help="the wheel of fastsim 2.1.5")
    bench = Bench(find_wheel(parser.parse_args().wheel))
    parts = (bench.speed_changes, bench.epa, bench.wltp, bench.road, bench.situations)
    for part in (*parts, bench.conditions, bench.quantile):
        for record in part():
            print(json.dumps(record, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
