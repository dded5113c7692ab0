"""Operations over a real home."""
