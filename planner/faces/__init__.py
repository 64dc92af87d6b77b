"""The faces of Plugsure: page, HTTP API and command line; each thin, over the same core."""
