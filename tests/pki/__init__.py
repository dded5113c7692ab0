"""Tests of the X.509 floor: real keys, real signatures."""
