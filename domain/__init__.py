"""The domain: a module or folder for each noun, with its events, its refusals and its aggregate.

`kernel` has what they are written in and stored by, `services` the decisions that span several of them, `policies` the
commands that follow from events. `events` imports all nouns, so that every topic is known.
"""
