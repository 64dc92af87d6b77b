"""The OCPI protocol without input or output: bytes and values in, values out.

Nothing here opens a socket, reads a clock or knows a database; `feeds` and `faces` do.
"""
