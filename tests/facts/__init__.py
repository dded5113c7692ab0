"""Floor 0 and the configuration: rules without effects."""
