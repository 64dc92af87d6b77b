"""The demo: made-up operators, the OCPI server that they run in their own process, and a fleet."""
