"""What the tests of real data share: the clock, agreements that are made up, and a token."""

FEED_TIME = "2026-06-07T20:00:00+00:00"
"""Shortly after the last status of the Dutch feed."""

UID = "04A1B2C3D4E5F6"
DUTCH_TOKEN = f"{UID}/NL-TST-C12345678"
FRENCH_TOKEN = f"{UID}/FR-TST-C12345678"
STRANGE_TOKEN = f"{UID}/FR-OTH-C12345678"
"""Of a provider without any agreement."""

_HEADER = "emsp,cpo,via,valid_from,valid_to,token_types\n"

DUTCH_PARTIES = ("NL*NUO", "NL*LMS", "NL*EFL", "NL*FAS", "NL*TNM")
DUTCH_ROAMING = _HEADER + "".join(
    f"NL*TST,{party},,2025-01-01,2027-01-01,RFID APP_USER\n" for party in DUTCH_PARTIES
)

FRENCH_PARTIES = ("FR*PD1", "FR*ELC", "FR*HPC", "FR*IOY")
FRENCH_ROAMING = _HEADER + "".join(
    f"FR*TST,{party},,2025-01-01,2027-01-01,RFID\n" for party in FRENCH_PARTIES
)
