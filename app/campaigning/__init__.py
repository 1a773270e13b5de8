"""Many give to one: campaigns, support of every kind and money, judged by pure functions.

1. **What a campaign is.** `content` and `rules` say what is sound; `goals`, `tiers` (with
   `tier_checks`) and `areas` what it seeks, what a level of support gives, and where.
2. **What becomes of it.** `campaign_states` has its life and its closing as a table;
   `pledge_states`, `support_states` and `signature_states` that of each kind of support. All
   refuse alike (`steps`). What a payment provider tells, in whatever order, is read in `payments`.
3. **What it adds up to.** `ledger` moves an amount with every change, and all sums are its
   balances; `money` knows currencies, and is the only module that knows their libraries.
   `thresholds` says what a sum crosses, up or down; `forecast` where it will end.
4. **Who sees what.** `audience` says whom news are for; `filters` who is told of which campaign.

Nothing here reads a clock or a database, and no sum of money is ever a float.
"""
