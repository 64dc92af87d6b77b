"""The commands of ``plugsure``, a module for each noun."""
