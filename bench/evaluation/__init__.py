"""One run: options, checks, plan, fitted victims, cells, grid."""
