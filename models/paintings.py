"""Paintings that are known by the names of their files: who painted what, and when."""

from typing import NamedTuple


class Painting(NamedTuple):
    """A painting, as a wall text names it.

    Attributes:
        title, painter, year: of the painting; the year may be a span, or "about 1831".
    """

    title: str
    painter: str
    year: str


PAINTINGS = {
    "composition_vii": Painting("Composition VII", "Wassily Kandinsky", "1913"),
    "shipwreck": Painting("The Shipwreck", "J. M. W. Turner", "1805"),
    "starry_night": Painting("The Starry Night", "Vincent van Gogh", "1889"),
    "the_scream": Painting("The Scream", "Edvard Munch", "1893"),
    "udnie": Painting("Udnie", "Francis Picabia", "1913"),
    "wave": Painting("The Great Wave off Kanagawa", "Katsushika Hokusai", "about 1831"),
}
