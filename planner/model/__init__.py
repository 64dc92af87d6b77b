"""The words of Plugsure as frozen values: standard library only, nothing that needs a world."""
