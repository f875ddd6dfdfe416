"""Files that are shared, kept, checked and swept: the cache, leases, and texts of others that are not believed."""
