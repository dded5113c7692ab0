"""CA keys at rest: slots that people and machines open, and the keys sealed to them."""
