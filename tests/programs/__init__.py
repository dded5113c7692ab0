"""Tests that ask other programs what they make of ours."""
