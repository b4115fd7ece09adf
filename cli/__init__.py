"""How one asks: commands and what they print. No rule of a protocol lives here."""
