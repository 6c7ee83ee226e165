"""Title, painter and year of the paintings of this project, by the name of the file."""

from typing import NamedTuple

from fusion_style.models.conditions import Condition


class Painting(NamedTuple):
    """Facts about a painting.

    Attributes:
        title, painter: of the painting.
        year: a text, because it can be "about 1831" or several years.
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


def facts_of(condition: Condition) -> Painting:
    """Return what is known of a condition's painting; "" for what is not.

    Files of earlier versions do not say it themselves.
    """
    said = Painting(condition.title, condition.painter, condition.year)
    return said if condition.title else PAINTINGS.get(condition.painting, said)
