"""The engine that keeps read tables up with the log, in layers: each imports only those before it.

| Layer | Holds |
|---|---|
| modules here | what a table is declared with, and the values that pass between the layers |
| `state/` | the engine's own tables: checkpoints, dead letters, leases, the progress of rebuilds |
| `fold/` | events become rows: compiled fold functions, batches, table sets, isolation of poison events |
| `rebuild/` | new tables beside the live ones, swapped in, undone, cancelled, verified |
| `follow/` | the projector, its loop, and the replay of dead letters |
| `react/` | policies, which react to events with commands |
"""
