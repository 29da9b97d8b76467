"""What the cab says and shows, in the driver's language: catalogues, one file for each language."""

from edge.driver.words.words import Words, load_words

__all__ = ["Words", "load_words"]
