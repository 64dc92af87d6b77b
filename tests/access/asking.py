"""What is asked of a world in tests of access, and the cards that ask."""

from planner.access.chargers import Chargers, accessible
from planner.model.grade import Grade, Verdict
from planner.model.token import TokenType, Wallet
from planner.store.snapshot import Snapshot
from tests.access.worlds import CAR, NOW, info, token, wallet

RFID = token()
APP = token("app-user-1", TokenType.APP_USER)
PNC = token("DEMSPC0000011", TokenType.EMAID)
CARD = wallet(card=True)
CONNECTED = (info("CONNECTED"),)
IRVE_KW = 50.0


def ask(world: Snapshot, purse: Wallet, **more: object) -> Chargers:
    settings = {"min_grade": Grade.CONTRACTED, "now": NOW, **more}
    return accessible(world, purse, CAR, **settings)  # type: ignore[arg-type] -- keyword by keyword


def verdict(world: Snapshot, *tokens: object, **more: object) -> Verdict:
    return ask(world, wallet(*tokens), **more).verdict(0)  # type: ignore[arg-type] -- tokens only


def found(given: Verdict) -> tuple[Grade, str]:
    return given.grade, given.rule
