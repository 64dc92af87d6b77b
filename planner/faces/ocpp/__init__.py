"""The door for a fleet's own charge points: OCPP 1.6-J and 2.0.1 over websockets."""
