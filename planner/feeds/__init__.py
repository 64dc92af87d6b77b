"""Where stations come from: parties pulled over OCPI, files, and the tables that go with them."""
