"""A fleet's own depots over OCPP: what charge points say, and what the store keeps of it."""
