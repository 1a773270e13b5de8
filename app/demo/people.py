"""The people of the demo, as whom everybody may sign in."""

from dataclasses import dataclass

PASSWORD = "earthquakes and rain"  # noqa: S105 - printed for everybody to use


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo."""

    name: str
    email: str
    locale: str = "en"


ADA = Person("Ada", "ada@example.org")
BEN = Person("Ben", "ben@example.org")
# They live in the stories, with Ada and Ben.
CHLOE = Person("Chloé", "chloe@example.org", "fr")
DAN = Person("Dan", "dan@example.org")
ELIF = Person("Elif", "elif@example.org")
FARID = Person("Farid", "farid@example.org", "fr")
HUGO = Person("Hugo", "hugo@example.org", "fr")
INES = Person("Inès", "ines@example.org", "fr")
KARIM = Person("Karim", "karim@example.org", "fr")
LENA = Person("Lena", "lena@example.org", "de")
MIA = Person("Mia", "mia@example.org")
ROSA = Person("Rosa", "rosa@example.org")
PEOPLE = (ADA, BEN, CHLOE, DAN, ELIF, FARID, HUGO, INES, KARIM, LENA, MIA, ROSA)
