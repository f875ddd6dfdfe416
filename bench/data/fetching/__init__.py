"""`bench data fetch`: where sounds are, how they are downloaded, compared and unpacked."""
