"""From something observed to somebody told: the flow, and where each step lives.

1. **What is worth judging.** A reading arrives at a series, or something falls due. `wake` says,
   per instance (condition and subject), which values and which instant matter to it; the others
   are passed over by an index, so that a reading costs what it crosses.
2. **What it means.** `triggers` says whether a value breaches or has recovered.
3. **What follows.** `phases` has the words; `state` moves the instance on: first the time that
   has passed, in the order in which things fell due, then the reading. The answer is a new state
   and the transitions, the same on write, on a punctual tick, on a late tick and in a replay.
4. **What is kept and who is told.** State, alert and notices are written together, on condition
   that the old state still stands; senders work from what was written.

Steps 1 to 3 are pure: they read no clock and touch no database. Only step 4 acts.
"""
