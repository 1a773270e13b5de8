"""What many know of the same things: entries of a pool as values, judged without memory or deeds.

1. **What can be said.** `rules` has what holds in a pool, and what is unsound; `facets` says which
   values can be taken. `words` are the words of it all.
2. **What is agreed.** `consensus` weighs what independent people say of a value; `taps` does so for
   signals of one tap, also of people without an account.
3. **How long it holds.** `freshness` renews and ages values; `questions` says what should be
   checked first, near somebody.
4. **What becomes of an entry.** `states` has its life as a table; `diffs` compares versions and
   merges edits that were made at once; `duplicates` finds entries that may be the same.
5. **Where it is.** `geometry` reads points, lines and polygons, `areas` says what lies in a circle,
   box or polygon; `cells` numbers the squares of the map by which entries are found, `clusters`
   counts them for a map.
6. **Who sees it.** `matched` is what filters look at; `filters`, with `facet_tests`, ask the same
   of the database and of each change: what entered, what left.
7. **In and out.** `formats` names what can be read and written: `geojson`, `tables`; `rows`,
   `contents`, `columns` and `values` check what a file says, `exports` writes it.

A person who gave a value is not heard on it, UNKNOWN claims nothing, and nothing here reads a
clock or a database: time, weights and ties are parameters.
"""
