"""A discrete-event simulation of many workers in one folder: leases, trainings, cells, pre-emption, a shared store."""
