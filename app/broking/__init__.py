"""How knowledge gets from one group to another: the judgement, without memory or deeds.

1. **Who sees it.** `visibility` is one table, and the database's filter that means the same.
2. **Who may speak.** `direction` says who advises and who clarifies, and what somebody lacks.
3. **What happens to it.** `states` has the life of a thread, `expertise` that of a proof of
   knowledge, as tables.
4. **Who is asked.** `experts` suggests whom; `routing` says when it is the next one's turn.
5. **What is like it, what is found.** `similarity` compares threads, `ranking` fuses what two
   searches found; both read words as `app/text.py` cuts them up.
6. **What remains.** `reputation` adds up evidence; `consent` says what research may hold.

All of it is functions of documents and values, with time and salt as parameters. What stands in a
space's way is a `Lack`, which says what is missing; what decides says why.
"""
