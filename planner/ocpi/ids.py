"""EVSE ids and contract ids: read, compared and checked, but never refused.

Feeds write the same id with and without separators, in either case, and many that follow no
norm. An id is kept as given; only its comparable form is normal; what is odd about it is said in
``warnings``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SEPARATORS = re.compile(r"[\s*.\-_/]+")


@dataclass(frozen=True, slots=True)
class EvseId:
    """An EVSE id in its parts; these are empty where the id follows no norm.

    ``form`` is ``iso`` (eMI3, ISO 15118), ``din`` (DIN SPEC 91286) or empty.
    """

    given: str
    form: str
    country: str
    operator: str
    outlet: str
    warnings: tuple[str, ...] = ()

    @property
    def party(self) -> str | None:
        """``CC*PPP`` of the operator that the id names, None where it names none."""
        return f"{self.country}*{self.operator}" if self.form == "iso" else None


@dataclass(frozen=True, slots=True)
class ContractId:
    """A contract id (EMAID) in its parts; these are empty where the id follows no norm.

    ``form`` is ``iso`` (eMI3, ISO 15118: nine characters), ``din`` (DIN SPEC 91286: six) or
    empty; ``check`` is the check digit as given, empty without one.
    """

    given: str
    form: str
    country: str
    provider: str
    instance: str
    check: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def party(self) -> str | None:
        """``CC*PPP`` of the provider that the id names, None where it names none."""
        return f"{self.country}*{self.provider}" if self.form else None

    def __repr__(self) -> str:
        return f"ContractId({self.form or 'no norm'} of {self.party})"


_EVSE_ISO = re.compile(
    r"([A-Z]{2})([*.\-_]?)([A-Z0-9]{3})\2E([A-Z0-9*.\-_]{1,45})",
)
_EVSE_DIN = re.compile(r"\+?(\d{1,3})\*(\d{3,6})\*(\d[\d*]{0,31})")


@lru_cache(maxsize=4096)
def read_evse_id(text: str) -> EvseId:
    """Read an EVSE id.

    Source: eMI3 part 2 (business objects), ISO 15118-2 annex H: two letters, three of the
    operator, ``E``, up to thirty characters and optional separators ``*``; DIN SPEC 91286: the
    country's telephone code, the operator and the outlet in digits, separators not optional.
    """
    given = text.strip()
    upper = given.upper()
    if shape := _EVSE_ISO.fullmatch(upper):
        country, separator, operator, outlet = shape.groups()
        warnings = []
        if separator not in ("", "*"):
            warnings.append(f"{given} is parted by {separator!r} where the norm has '*'")
        if given != upper:
            warnings.append(f"{given} has small letters")
        if len(outlet) > _OUTLET_LENGTH:
            warnings.append(f"{given} is longer than the norm allows")
        return EvseId(given, "iso", country, operator, outlet, tuple(warnings))
    if shape := _EVSE_DIN.fullmatch(upper):
        return EvseId(given, "din", f"+{shape[1]}", shape[2], shape[3])
    return EvseId(given, "", "", "", "", (f"{given!r} is no EVSE id of any norm",))


_OUTLET_LENGTH = 30


def normalise_evse_id(text: str) -> str:
    """Give the form by which EVSE ids are compared: capitals, without separators.

    In DIN's form separators carry meaning and stay. Source: eMI3 part 2: ids are equal where
    they are without separators and regardless of case.
    """
    upper = text.strip().upper()
    if _EVSE_DIN.fullmatch(upper):
        return upper if upper.startswith("+") else f"+{upper}"
    return _SEPARATORS.sub("", upper)


def party_of_evse_id(text: str) -> str | None:
    """Give ``CC*PPP`` of the operator in an EVSE id; a hint, since ids outlive operators."""
    return read_evse_id(text).party


_ISO_LENGTH, _DIN_LENGTH = 14, 11
_SEPARATED = re.compile(
    r"([A-Z]{2})[*\-. ]([A-Z0-9]{3})[*\-. ]([A-Z0-9]{9}|[A-Z0-9]{6})(?:[*\-. ]?([A-Z0-9]))?",
)
_COMPACT = re.compile(r"[A-Z]{2}[A-Z0-9]{9,13}")


def read_contract_id(text: str) -> ContractId:
    """Read a contract id, with or without separators and check digit.

    Source: eMI3 part 2 and ISO 15118-2 annex H (two letters, three of the provider, nine
    characters, a check digit); DIN SPEC 91286 (six characters instead of nine).
    """
    given = text.strip()
    upper = given.upper()
    if shape := _SEPARATED.fullmatch(upper):
        country, provider, instance, check = (part or "" for part in shape.groups())
    elif _COMPACT.fullmatch(upper) and len(upper) in _COMPACT_LENGTHS:
        length = _ISO_LENGTH if len(upper) >= _ISO_LENGTH else _DIN_LENGTH
        country, provider = upper[:2], upper[2:5]
        instance, check = upper[5:length], upper[length:]
    else:
        warning = "the contract id follows no norm"
        return ContractId(given, "", "", "", "", warnings=(warning,))
    code = country + provider + instance
    form, right = (
        ("iso", iso_check_digit(code))
        if len(code) == _ISO_LENGTH
        else ("din", din_check_digit(code))
    )
    wrong = bool(check) and check != right
    warnings = (f"the check digit is {check} and should be {right}",) if wrong else ()
    return ContractId(given, form, country, provider, instance, check, warnings)


_COMPACT_LENGTHS = (_DIN_LENGTH, _DIN_LENGTH + 1, _ISO_LENGTH, _ISO_LENGTH + 1)


def normalise_contract_id(text: str) -> str:
    """Give the form by which contract ids are compared: ISO's, capitals, no check digit.

    DIN's form has ISO's as its equal: two zeros, the six characters, its own check digit.
    Source: eMI3 part 2, conversion of DIN SPEC 91286 contract ids.
    """
    contract = read_contract_id(text)
    if not contract.form:
        return _SEPARATORS.sub("", contract.given.upper())
    code = contract.country + contract.provider
    if contract.form == "iso":
        return code + contract.instance
    check = contract.check or din_check_digit(code + contract.instance)
    return f"{code}00{contract.instance}{check}"


def provider_of_contract_id(text: str) -> str | None:
    """Give ``CC*PPP`` of the provider in a contract id; a hint, never a proof of a contract."""
    return read_contract_id(text).party


def iso_check_digit(code: str) -> str:
    """Reckon the check digit of the fourteen characters of an ISO 15118 contract id.

    A character n is written 18·q₁ + 9·q₂ + 3·r₁ + r₂. The digit makes Σ q·P₁ⁱ vanish modulo 2
    and Σ r·P₂ⁱ modulo 3, with i its place from 1. Source: eMI3 part 2 annex, after Chen,
    Niemenmaa and Vinck, "A general check digit system based on finite groups" (2013).
    """
    _demand(code, _ISO_LENGTH)
    places = zip(code, _powers((0, 1, 1, 1), 2), _powers((0, 1, 1, 2), 3), strict=False)
    even, odd = (0, 0), (0, 0)
    for character, binary, ternary in places:
        number = ALPHABET.index(character)
        even = _add(even, _times((number // 18, number // 9 % 2), binary), 2)
        odd = _add(odd, _times((number // 3 % 3, number % 3), ternary), 3)
    binary, ternary = _powers((0, 1, 1, 1), 2)[14], _powers((0, 1, 1, 2), 3)[14]
    return next(
        digit
        for number, digit in enumerate(ALPHABET)
        if _add(even, _times((number // 18, number // 9 % 2), binary), 2) == (0, 0)
        and _add(odd, _times((number // 3 % 3, number % 3), ternary), 3) == (0, 0)
    )


def din_check_digit(code: str) -> str:
    """Reckon the check digit of the eleven characters of a DIN SPEC 91286 contract id.

    Letters become 10 to 35, each decimal digit counts 2ⁱ with i its place from 0, and the sum
    modulo 11 is the digit, X for ten. Source: DIN SPEC 91286, annex on check digits.
    """
    _demand(code, _DIN_LENGTH)
    digits = "".join(str(ALPHABET.index(character)) for character in code)
    total = sum(int(digit) << place for place, digit in enumerate(digits)) % 11
    return "X" if total == 10 else str(total)  # noqa: PLR2004 -- modulo 11


def _demand(code: str, length: int) -> None:
    if len(code) != length or any(character not in ALPHABET for character in code):
        raise ValueError(f"a check digit is reckoned over {length} digits and capital letters")


_Matrix = tuple[int, int, int, int]
_Pair = tuple[int, int]


@lru_cache(maxsize=2)
def _powers(matrix: _Matrix, modulus: int) -> list[_Matrix]:
    """Give the first fifteen powers of a matrix, read row by row."""
    a, b, c, d = matrix
    powers = [matrix]
    for _ in range(_ISO_LENGTH):
        w, x, y, z = powers[-1]
        product = (w * a + x * c, w * b + x * d, y * a + z * c, y * b + z * d)
        powers.append(tuple(v % modulus for v in product))  # type: ignore[arg-type] # four values
    return powers


def _times(row: _Pair, matrix: _Matrix) -> _Pair:
    return (row[0] * matrix[0] + row[1] * matrix[2], row[0] * matrix[1] + row[1] * matrix[3])


def _add(left: _Pair, right: _Pair, modulus: int) -> _Pair:
    return ((left[0] + right[0]) % modulus, (left[1] + right[1]) % modulus)
