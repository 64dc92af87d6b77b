"""A feed as it was registered, and how its last pulls went."""

from dataclasses import dataclass, field

from planner.model.station import Feed

KINDS = ("ocpi", "file", "depot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed as it was registered, and how its last pulls went.

    Attributes
    ----------
    name, kind
        ``kind`` is ``ocpi`` (pulled live), ``file``, or ``depot`` (a fleet's own charge points).
    url : str
        The party's versions URL, for ``ocpi``.
    path, tariffs_path, format : str
        For ``file``: where it lies, and ``ocpi``, ``irve``, ...
    sender, is_hub, own_of
        As in `planner.model.station.Feed`.
    parties : tuple of str
        All ``CC*PPP`` that the platform speaks for; empty where only ``sender`` is known.
    is_open : bool
        Whether it may send objects of any party: a hub, a national access point.
    version : str
        The OCPI version that was agreed on; empty before.
    token_form : str
        How it takes its token: ``base64``, ``raw``, or empty for what the version says.
    last_sync, last_attempt : float or None
        UTC epoch seconds of the last pull that succeeded, and of the last at all.
    error : str
        Why the last attempt failed; empty if it did not.
    counts : dict of str to int
        What the last sync brought, by name.
    """

    name: str
    kind: str
    url: str = ""
    path: str = ""
    tariffs_path: str = ""
    format: str = ""
    sender: str = ""
    is_hub: bool = False
    own_of: str = ""
    parties: tuple[str, ...] = ()
    is_open: bool = False
    version: str = ""
    token_form: str = ""
    last_sync: float | None = None
    last_attempt: float | None = None
    error: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def speaks_for(self, party: str) -> bool:
        """Say whether objects of this party (``CC*PPP``) may come from here."""
        return self.is_hub or self.is_open or party in self.parties or party == self.sender

    @property
    def feed(self) -> Feed:
        """What a snapshot knows of it."""
        return Feed(
            name=self.name,
            kind=self.kind,
            sender=self.sender,
            is_hub=self.is_hub,
            own_of=self.own_of,
            last_sync=self.last_sync,
            format=self.format,
        )
