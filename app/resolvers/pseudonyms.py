"""Names for people who ask unrecognised: drawn by chance, so that they tell nothing of anybody."""

from secrets import choice

QUALITIES = """
amber autumn azure bold brave bright calm clear clever copper coral crimson curious eager early
fair fleet gentle glad golden grand green hazel honest humble indigo ivory jolly keen kind late
lively lone lucky mellow merry mild misty modest morning nimble noble northern olive patient
placid proud quick quiet ready rosy ruby rustic sage scarlet serene shy silent silver sleepy
snowy solar southern spry steady still sunny swift tidy tranquil true velvet violet warm wise
"""
CREATURES = """
alder badger beaver birch bison bittern cedar cicada clover condor crane cricket curlew cypress
deer dolphin dove dragonfly eagle egret elk falcon fern finch fox gecko grebe hare hawk hazel
hedgehog heron hornbeam ibis ibex jackdaw jay juniper kestrel kingfisher lapwing lark laurel lichen
lily linden lynx magpie maple marmot marten moth myrtle newt nightjar oriole osprey otter owl
panda pelican petrel pine plover poplar puffin quail raven robin rowan salmon seal sparrow starling
stork swallow swan swift tern thrush tortoise turtle willow wren yew zebra
"""


def new_pseudonym() -> str:
    """Return a fresh name such as `Quiet Heron`."""
    return f"{choice(QUALITIES.split())} {choice(CREATURES.split())}".title()
