"""The words of Plugsure as frozen values: standard library only, no behaviour that needs a world."""
