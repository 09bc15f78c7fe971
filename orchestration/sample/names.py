"""Invented words that people and places are named with; nobody is called so.

Belongs here: word lists only.
Does not belong here: who gets which name.
"""

FAMILY_NAMES = (
    "Quillmere", "Thornwick", "Ashvale", "Brindlecot", "Farrowdene", "Gorsewell", "Hollowmoor",
    "Inkpenrow", "Jackdawley", "Kestrelby", "Larkhollin", "Mossgrave", "Nettlecomb", "Oakhampter",
    "Pebblewyn", "Quarrelane", "Rookhurstel", "Sedgewater", "Tanglebeck", "Umberfold", "Vetchlingham",
    "Wrenfallow", "Yarrowgate", "Zephyrstow", "Bramblesea", "Cloverwick", "Dunnockley", "Elderspan",
    "Fenmarchel", "Gillyforth", "Heronsway", "Ivorycroft", "Juniperly", "Knapweeden", "Loosestrif",
    "Marrowfen", "Nightjarow", "Osierholt", "Pimpernell", "Ragwortham",
)  # fmt: skip
GIVEN_NAMES = (
    "Alvara", "Bennor", "Corinth", "Delphyn", "Eskarra", "Fennick", "Gwillow", "Harkin", "Isolder",
    "Jorvik", "Kestrin", "Lumina", "Marrow", "Nerys-Test", "Orlanth", "Perrin-Test", "Quenna", "Rushka",
    "Sorrelyn", "Tarquil", "Ulvina", "Vesperin", "Wendrick", "Xanthel", "Yorrick", "Zennor", "Ambrine",
    "Briarla", "Cadmund", "Dovella",
)  # fmt: skip
PLACES = (
    "Larkspur Flats", "Millstone Ferry", "Copper Hollow", "Juniper Landing", "Saltgrass Point",
    "Three Willows", "Foxglove Ridge", "Heron Mill", "Quarry Bend", "Amber Sound", "Thistle Cross",
    "Lantern Hill",
)  # fmt: skip
