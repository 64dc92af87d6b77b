"""How a token starts a post: the capabilities and the connectors that its kind needs."""

from planner.model.token import TokenType

CHANNELS: dict[TokenType, tuple[str, ...]] = {
    TokenType.RFID: ("RFID_READER",),
    TokenType.APP_USER: ("REMOTE_START_STOP_CAPABLE",),
    TokenType.AD_HOC_USER: ("REMOTE_START_STOP_CAPABLE",),
    TokenType.EMAID: ("ISO_15118_2_PLUG_AND_CHARGE", "ISO_15118_20_PLUG_AND_CHARGE"),
}
"""Capabilities of which one is needed, by type of token; OTHER names no channel.

Source: OCPI 2.2.1-d2 and 2.3.0, mod_locations (Capability, ConnectorCapability), mod_tokens.
"""

ANY_CHANNEL = tuple(sorted({word for words in CHANNELS.values() for word in words}))
"""A post with none of these starts for no token, whatever its type."""

PLUG_AND_CHARGE = frozenset(
    {
        ("IEC_62196_T1", False),
        ("IEC_62196_T1_COMBO", True),
        ("IEC_62196_T2", False),
        ("IEC_62196_T2_COMBO", True),
        ("MCS", True),
        ("SAE_J3400", False),
        ("SAE_J3400", True),
    }
)
"""Connectors, by (standard, whether direct current), over which a contract can be told.

Source: ISO 15118-3:2015 (power line on the control pilot of IEC 61851-1, which these have);
ISO 15118-20:2022 with SAE J3271 for MCS. CHAdeMO and GB/T talk over CAN (IEC 61851-24:2014,
annexes A and B), older Tesla plugs in their own way, household sockets not at all.
"""
