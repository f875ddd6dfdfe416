"""What victims that rest on trained models share: labels, hubs, encoders, files of the user's, exported folders."""
