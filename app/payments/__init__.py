"""Payments: the port through which money is asked for, and the providers behind it.

1. **The port.** `port` says what a provider is asked (authorise, capture, release, refund), what it
   may answer, and when the same thing is to be asked again. Nobody else's name, card or account
   passes through it.
2. **Providers.** `development` says yes at once and moves no money; `transfer` waits for people to
   confirm by hand; `remote` asks another program over HTTP, and `answers` reads what it says.
   `providers` opens those that the settings name.
3. **What providers tell by themselves.** `signatures` checks who sent a webhook, `messages` reads
   it, `reception` answers for it. What follows from a message is decided further up.
"""
