"""What victims that rest on models of others share: labels, hubs, encoders, files of the user's."""
