"""Who fits whom, and what follows: needs, offers and people as values, judged without moving.

1. **Each by itself.** `parties` makes a posting and its owner ready to be compared.
2. **Two by two.** `constraints` lists what forbids a pair; `scoring` says how good it is, and for
   whom; `explain` says either in words.
3. **One with many.** `grid` names the few partners worth a look, `candidates` puts them in order.
4. **All with all.** `pairing` does a whole space: by `stable`, `optimal` or `fair`; what the last
   two ask of a solver stands in `assignment`, the only module that knows SciPy.
   `parcels` sends it to another process.
5. **Then.** `states` leads a match from proposal to review, `waiting` fills seats that become
   free, `commitment` warns of what a matchmaker does badly, `reputation` and `reliability` draw
   on what became of it.

Nothing here reads a clock or a database. A whole pairing is one function of values that can be
pickled, so that it can run in another process.
"""
